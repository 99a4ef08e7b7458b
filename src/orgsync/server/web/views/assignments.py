"""Content › Assignments: what is assigned to whom, how people stand, assign and end."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record_look
from orgsync.server.learning.licensed import shortfall_of
from orgsync.server.learning.models import Assignment
from orgsync.server.learning.queries_assignments import (
    assignments_csv,
    assignments_seen,
    lines_of,
    links_of,
    page_of_people,
    people_csv,
)
from orgsync.server.orgs.access import Permission
from orgsync.server.orgs.zones import day_of
from orgsync.server.uploads.assigning import AssignmentRefused, assign, end_assignments
from orgsync.server.web.downloads import csv_attachment
from orgsync.server.web.forms.assignments import VIEW_WORDS, AssignForm, AssignmentsForm, StandingForm
from orgsync.server.web.screens import AdminRequest, screen
from orgsync.server.web.views.contents import about, content_or_404, seen_people


@require_safe
@screen(Permission.SEE_CONTENT)
def index(request: AdminRequest) -> HttpResponse:
    """List the assignments, the newest first."""
    form, people = AssignmentsForm(request.GET), seen_people(request)
    page = form.page(assignments_seen(request.organization.pk, people))
    today = day_of(timezone.now(), request.organization)
    lines = lines_of(request.organization.pk, page.assignments, today=today, within=people)
    values = {"form": form, "page": page, "lines": lines, "is_narrowed": form.is_narrowed}
    return render(request, "web/assignments/index.html", {"section": "assignments", **values})


@require_safe
@screen(Permission.SEE_CONTENT)
def download(request: AdminRequest) -> HttpResponseBase:
    """Send the assignments that search and filter name as a CSV file, with how many people stand how."""
    record_look(request.organization.pk, Action.CONTENT_EXPORTED)
    people, today = seen_people(request), day_of(timezone.now(), request.organization)
    chosen = AssignmentsForm(request.GET).chosen(assignments_seen(request.organization.pk, people))
    return csv_attachment(
        assignments_csv(request.organization.pk, list(chosen), today=today, within=people), "assignments"
    )


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.SEE_CONTENT)
def detail(request: AdminRequest, assignment: int) -> HttpResponse:
    """Show one assignment and how people stand with it; a POST ends it, after a look at the plan."""
    found = _assignment_or_404(request, assignment)
    if request.method == "POST":
        return _end(request, found)
    today, people, form = day_of(timezone.now(), request.organization), seen_people(request), StandingForm(request.GET)
    links = links_of(request.organization.pk, form.chosen, today=today, within=people, assignment_id=found.pk)
    values = {
        "line": lines_of(request.organization.pk, [found], today=today, within=people)[0],
        "page": page_of_people(request.organization.pk, links, **form.place()),
        "view": form.chosen,
        "views": VIEW_WORDS,
        "today": today,
    }
    content = content_or_404(request, found.content_id)
    shown = {**about(request, content), "section": "assignments", "assignment": found}
    return render(request, "web/assignments/detail.html", {**shown, **values})


@require_safe
@screen(Permission.SEE_CONTENT)
def people_download(request: AdminRequest, assignment: int) -> HttpResponseBase:
    """Send everybody of one view of the assignment as a CSV file."""
    found = _assignment_or_404(request, assignment)
    today, view = day_of(timezone.now(), request.organization), StandingForm(request.GET).chosen
    record_look(request.organization.pk, Action.CONTENT_EXPORTED, {"assignment": found.pk})
    links = links_of(request.organization.pk, view, today=today, within=seen_people(request), assignment_id=found.pk)
    return csv_attachment(people_csv(request.organization.pk, links), f"assignment {found.pk} {view}")


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.RECOMMEND_CONTENT)
def new(request: AdminRequest, content: int) -> HttpResponse:
    """Say to whom a content is assigned, and by when; the plan is shown before anybody gets it."""
    found = content_or_404(request, content)
    if request.method == "POST" and request.POST.get("do") == "find":
        form = AssignForm.looking(request.POST, request.organization, request.people)
    else:
        posted = request.POST if request.method == "POST" else None
        form = AssignForm(
            posted, request.organization, request.people, initial={"groups": request.GET.getlist("group")}
        )
    if form.is_bound and form.is_valid():
        try:
            job = assign(
                request.organization,
                found,
                form.audiences(),
                form.terms(),
                by=request.admin.account,
                now=timezone.now(),
            )
        except AssignmentRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.info(request, _("Nothing is assigned yet. Look at the plan when it is made, then approve it."))
            if short := shortfall_of(found, form.audiences()):
                told = {"without": short.without, "all": short.reached, "license": short.pool.name}
                words = _("%(without)d of %(all)d have no license “%(license)s”: they could not start it.")
                messages.warning(request, words % told, extra_tags="warn")
            return redirect("web:job", job=job.public_id)
    return render(request, "web/assignments/new.html", {**about(request, found), "form": form})


def _assignment_or_404(request: AdminRequest, number: int) -> Assignment:
    found = assignments_seen(request.organization.pk, seen_people(request)).filter(id=number).first()
    if found is None:
        raise Http404
    return found


def _end(request: AdminRequest, found: Assignment) -> HttpResponse:
    try:
        job = end_assignments(request.organization, [found], by=request.admin.account, now=timezone.now())
    except AssignmentRefused as refused:
        messages.error(request, str(refused), extra_tags="bad")
        return redirect("web:assignment", assignment=found.pk)
    messages.info(request, _("Nothing has ended yet. Look at the plan when it is made, then approve it."))
    return redirect("web:job", job=job.public_id)
