"""Content: the list, and of each what it is, of what it consists, who sees it and who has it assigned."""

from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record_look
from orgsync.server.learning.contents import (
    PARTS_OF,
    ContentRefused,
    archive_content,
    change_content,
    make_content,
    set_audience,
    set_license,
    set_parts,
)
from orgsync.server.learning.licensed import pool_of
from orgsync.server.learning.models import Content, ContentKind
from orgsync.server.learning.queries_assignments import (
    assignments_seen,
    lines_of,
    links_of,
    page_of_people,
    people_csv,
)
from orgsync.server.learning.queries_contents import audience_groups, contents_csv, counts_of, parts_of, wholes_of
from orgsync.server.orgs.access import NOBODY, People, Permission, may, may_for_all, people_for
from orgsync.server.orgs.zones import day_of
from orgsync.server.uploads.assigning import ASSIGNABLE
from orgsync.server.web.downloads import csv_attachment
from orgsync.server.web.forms.assignments import VIEW_WORDS, StandingForm
from orgsync.server.web.forms.contents import AudienceForm, ContentForm, ContentsForm, LicenseForm, PartsForm
from orgsync.server.web.screens import AdminRequest, screen

_NEEDED: Final = {
    ContentKind.COURSE.value: Permission.MANAGE_CONTENT,
    ContentKind.PATH.value: Permission.CURATE_CONTENT,
    ContentKind.COLLECTION.value: Permission.CURATE_CONTENT,
}
"""What it takes to make or change content of a kind."""


@require_safe
@screen(Permission.SEE_CONTENT)
def index(request: AdminRequest) -> HttpResponse:
    """List the content."""
    form = ContentsForm(request.GET, request.organization)
    page = form.page(day_of(timezone.now(), request.organization))
    values = {"form": form, "page": page, "is_narrowed": form.is_narrowed, "kinds": kinds_of(request)}
    return render(request, "web/contents/index.html", {"section": "contents", **values})


@require_safe
@screen(Permission.SEE_CONTENT, for_all=True)
def download(request: AdminRequest) -> HttpResponseBase:
    """Send the content that search and filters name as a CSV file, which can be changed and imported again."""
    record_look(request.organization.pk, Action.CONTENT_EXPORTED)
    chosen = ContentsForm(request.GET, request.organization).chosen()
    today = day_of(timezone.now(), request.organization)
    return csv_attachment(contents_csv(request.organization.pk, chosen, today=today), "content")


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.SEE_CONTENT)
def new(request: AdminRequest) -> HttpResponse:
    """Make a course, a path or a collection."""
    kinds = kinds_of(request)
    if not kinds:
        raise PermissionDenied
    form = ContentForm(request.POST if request.method == "POST" else None, kinds=kinds)
    if form.is_bound and form.is_valid():
        try:
            made = make_content(request.organization, form.values(), by=request.admin.account, now=timezone.now())
        except ContentRefused as refused:
            _tell(form, refused)
        else:
            messages.success(request, _("%s is there.") % made.title, extra_tags="good")
            return redirect("web:content", content=made.pk)
    if not form.is_bound and request.GET.get("kind") in kinds:
        form.initial["kind"] = request.GET["kind"]
    return render(request, "web/contents/edit.html", {"section": "contents", "form": form})


@require_safe
@screen(Permission.SEE_CONTENT)
def detail(request: AdminRequest, content: int) -> HttpResponse:
    """Show one content, and who has it open, overdue, completed or closed."""
    found = content_or_404(request, content)
    today, people, form = day_of(timezone.now(), request.organization), seen_people(request), StandingForm(request.GET)
    links = links_of(request.organization.pk, form.chosen, today=today, within=people, content_id=found.pk)
    assignments = list(assignments_seen(request.organization.pk, people).filter(content_id=found.pk)[:200])
    groups = audience_groups(found)
    values = {
        "parts": parts_of(found),
        "wholes": wholes_of(found),
        "groups": [group for group in groups if people.is_everybody or group.pk in (people.group_ids or ())],
        "is_for_everybody": not groups,
        "pool": pool_of(found),
        "lines": lines_of(request.organization.pk, assignments, today=today, within=people),
        "counts": counts_of(request.organization.pk, [found.pk], today=today).get(found.pk)
        if people.is_everybody
        else None,
        "page": page_of_people(request.organization.pk, links, **form.place()),
        "view": form.chosen,
        "views": VIEW_WORDS,
        "today": today,
    }
    return render(request, "web/contents/detail.html", {**about(request, found), **values})


@require_safe
@screen(Permission.SEE_CONTENT)
def people_download(request: AdminRequest, content: int) -> HttpResponseBase:
    """Send everybody of one view of the content as a CSV file."""
    found = content_or_404(request, content)
    today, view = day_of(timezone.now(), request.organization), StandingForm(request.GET).chosen
    record_look(request.organization.pk, Action.CONTENT_EXPORTED, {"content": found.pk})
    links = links_of(request.organization.pk, view, today=today, within=seen_people(request), content_id=found.pk)
    return csv_attachment(people_csv(request.organization.pk, links), f"{found.title} {view}")


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.SEE_CONTENT)
def edit(request: AdminRequest, content: int) -> HttpResponse:
    """Change what is said of a content."""
    found = _changeable(request, content)
    form = ContentForm(request.POST if request.method == "POST" else None, found)
    if form.is_bound and form.is_valid():
        try:
            change_content(found, form.values(), now=timezone.now())
        except ContentRefused as refused:
            _tell(form, refused)
        else:
            messages.success(request, _("Saved."), extra_tags="good")
            return redirect("web:content", content=found.pk)
    return render(request, "web/contents/edit.html", {**about(request, found), "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.CURATE_CONTENT)
def curate(request: AdminRequest, content: int) -> HttpResponse:
    """Say of what a path or a collection consists, and who sees a content."""
    found = content_or_404(request, content)
    posted = request.POST if request.method == "POST" else None
    what = request.POST.get("do") if posted is not None else None
    parts = PartsForm(posted if what == "parts" else None, found, parts_of(found))
    audience = AudienceForm(posted if what == "audience" else None, found, audience_groups(found))
    license_form = LicenseForm(posted if what == "license" else None, found)
    try:
        if parts.is_bound and parts.is_valid():
            set_parts(found, parts.cleaned_data["parts"], now=timezone.now())
        elif audience.is_bound and audience.is_valid():
            set_audience(found, audience.cleaned_data["groups"], now=timezone.now())
        elif license_form.is_bound and license_form.is_valid():
            set_license(found, license_form.chosen(), now=timezone.now())
        else:
            has_parts = PARTS_OF.get(ContentKind(found.kind))
            forms: dict[str, Any] = {"parts_form": parts if has_parts else None, "audience_form": audience}
            forms["license_form"] = license_form if license_form.pools else None
            return render(request, "web/contents/curate.html", {**about(request, found), **forms})
    except ContentRefused as refused:
        messages.error(request, str(refused), extra_tags="bad")
        return redirect("web:content-curate", content=found.pk)
    messages.success(request, _("Saved."), extra_tags="good")
    return redirect("web:content", content=found.pk)


@require_POST
@screen(Permission.SEE_CONTENT)
def archive(request: AdminRequest, content: int) -> HttpResponse:
    """Offer a content no longer, or again."""
    found = _changeable(request, content)
    try:
        archive_content(found, now=timezone.now(), archives=request.POST.get("do") != "offer")
    except ContentRefused as refused:
        messages.error(request, str(refused), extra_tags="bad")
    else:
        messages.success(request, _("Saved."), extra_tags="good")
    return redirect("web:content", content=found.pk)


def about(request: AdminRequest, content: Content) -> dict[str, Any]:
    """Return what every page of one content shows of it."""
    return {
        "section": "contents",
        "content": content,
        "may_change": may_for_all(request.admin, _NEEDED[content.kind]),
        "may_curate": may_for_all(request.admin, Permission.CURATE_CONTENT),
        "may_assign": may(request.admin, Permission.RECOMMEND_CONTENT)
        and content.kind in ASSIGNABLE
        and content.archived_at is None,
    }


def content_or_404(request: AdminRequest, content_id: int) -> Content:
    """Return a content of the asking organization; another one's is not found."""
    found = Content.objects.filter(organization=request.organization, id=content_id).first()
    if found is None:
        raise Http404
    return found


def seen_people(request: AdminRequest) -> People:
    """Return of whom the sender may see how they stand."""
    return people_for(request.admin, Permission.SEE_PEOPLE) or NOBODY


def kinds_of(request: AdminRequest) -> list[str]:
    """Return the kinds of content that the sender may make."""
    return [kind for kind, needed in _NEEDED.items() if may_for_all(request.admin, needed)]


def _changeable(request: AdminRequest, content_id: int) -> Content:
    found = content_or_404(request, content_id)
    if not may_for_all(request.admin, _NEEDED[found.kind]):
        raise PermissionDenied
    return found


def _tell(form: ContentForm, refused: ContentRefused) -> None:
    for name, problem in refused.problems.items():
        form.add_error(name if name in form.fields else None, problem)
