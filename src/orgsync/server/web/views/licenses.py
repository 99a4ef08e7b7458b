"""Licenses: the pools, and of each who holds a license, who waits and why, and what came and went."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from orgsync.core.edits import Edit
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record_look
from orgsync.server.directory.criteria import Criteria
from orgsync.server.directory.invitations import Invited, count_invited, invitations_of
from orgsync.server.directory.models import Learner, Pool
from orgsync.server.directory.queries import Order, find_page
from orgsync.server.directory.queries_licenses import (
    LinkPage,
    history_of,
    holders_csv,
    links_by_learner,
    links_of,
    page_of_links,
    pool_standings,
    pools_csv,
    standing_of,
)
from orgsync.server.directory.revision import DirectoryBusy
from orgsync.server.orgs.access import Permission, may_for_all
from orgsync.server.setup import SetupRefused, ensure_pool
from orgsync.server.uploads.edits import EditRefused, edit_people
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.pools import SeatsChange, change_pool, headers_without_pool
from orgsync.server.web.charts import bar_row
from orgsync.server.web.downloads import csv_attachment
from orgsync.server.web.forms.licenses import HISTORY, SEARCHED, VIEWS, HoldersForm, NewPoolForm, PoolForm, ViewForm
from orgsync.server.web.namedpeople import edit_named
from orgsync.server.web.screens import AdminRequest, screen

DAYS: Final = 90
REFUSALS: Final = (EditRefused, SetupRefused, DirectoryBusy)


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.SEE_LICENSES)
def index(request: AdminRequest) -> HttpResponse:
    """List the pools; a POST makes one."""
    posted = _posted(request)
    header = request.GET.get("header", "")
    form = NewPoolForm(posted, request.organization, initial={"header": header, "name": _name_of(header)})
    if posted is not None and form.is_valid():
        given = form.cleaned_data
        try:
            pool = ensure_pool(request.organization, given["header"], name=given["name"], seats=given["seats"])
        except REFUSALS as refused:
            form.add_error(None, str(refused))
        else:
            told = _("The pool %s is there: the next file that has its column grants licenses of it.")
            messages.success(request, told % pool.name, extra_tags="good")
            return redirect("web:license", pool=pool.pk)
    invited = count_invited(request.organization)
    values = {
        "form": form,
        "asks": bool(header) or form.is_bound,
        "may_manage_pools": may_for_all(request.admin, Permission.MANAGE_LICENSES),
        "standings": [(one, invited.get(one.pool.pk, Invited())) for one in pool_standings(request.organization)],
        "shows_invited": bool(invited) or request.organization.invites_learners,
        "unknown": [(one, _name_of(one)) for one in headers_without_pool(request.organization)],
    }
    return render(request, "web/licenses/index.html", {"section": "licenses", **values})


def _name_of(header: str) -> str:
    """Suggest what a pool may be called by its column."""
    words = header.lower().removesuffix("_status").replace("license_", "").replace("_", " ").strip()
    return words[:1].upper() + words[1:]


@require_safe
@screen(Permission.SEE_LICENSES)
def download(request: AdminRequest) -> HttpResponseBase:
    """Send the pools with their numbers as a CSV file."""
    record_look(request.organization.pk, Action.LICENSES_EXPORTED)
    return csv_attachment(pools_csv(request.organization), "licenses")


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.SEE_LICENSES)
def detail(request: AdminRequest, pool: int) -> HttpResponse:
    """Show one pool; a POST changes its name and seats, after a word on what that means where it means something."""
    found = pool_or_404(request, pool)
    posted = _posted(request)
    form = PoolForm(posted, initial={"name": found.name, "seats": found.seats})
    values: dict[str, Any] = {"form": form}
    if posted is not None and form.is_valid():
        change = SeatsChange(standing_of(found), form.cleaned_data["seats"])
        if not change.matters or "sure" in posted:
            try:
                return _change(request, found, form)
            except REFUSALS as refused:
                form.add_error(None, str(refused))
        values["change"] = change
    return render(request, "web/licenses/detail.html", {**_about(request, found), **values, **_viewed(request, found)})


def _about(request: AdminRequest, pool: Pool) -> dict[str, Any]:
    standing = next(one for one in pool_standings(request.organization) if one.pool.pk == pool.pk)
    invited = count_invited(request.organization).get(pool.pk, Invited())
    return {"section": "licenses", "pool": pool, "standing": standing, "invited": invited}


def _viewed(request: AdminRequest, pool: Pool) -> dict[str, Any]:
    """Return what the chosen view of the pool shows."""
    form, now = ViewForm(request.GET), timezone.now()
    view = form.view
    values: dict[str, Any] = {"view": view, "views": VIEWS, "view_form": form, "is_searched": view in SEARCHED}
    values["may_manage_pools"] = may_for_all(request.admin, Permission.MANAGE_LICENSES)
    if view == HISTORY:
        last = timezone.localdate()
        days = history_of(pool, last - timedelta(days=DAYS - 1), last, timezone.get_current_timezone_name())
        rows = [
            bar_row("joiners", _("Granted"), [(one.day, one.granted) for one in days]),
            bar_row("leavers", _("Revoked"), [(one.day, one.revoked) for one in days]),
        ]
        return values | {"chart": rows, "days": days, "busy_days": [one for one in days if one.granted or one.revoked]}
    links = links_of(pool, view, now, request.people)
    page = _searched(request, pool, form, view) if view in SEARCHED else page_of_links(links, view, **form.place())
    jobs = {link.since_job_id or 0 for _person, link in page.links}
    found = UploadJob.objects.filter(organization=request.organization, id__in=jobs).select_related("feed")
    by_id = {job.pk: job for job in found}
    invitations = invitations_of(request.organization, [person.id for person, _link in page.links])
    lines = [
        (person, link, by_id.get(link.since_job_id or 0), invitations.get(person.id)) for person, link in page.links
    ]
    return values | {"page": page, "lines": lines, "now": now}


def _searched(request: AdminRequest, pool: Pool, form: ViewForm, view: str) -> LinkPage:
    criteria = Criteria(text=form.text, pool_id=pool.pk, license_state=view, within=request.people)
    page = find_page(pool.organization_id, criteria, Order(), **form.place())
    links = links_by_learner(pool, [one.id for one in page.people])
    return LinkPage([(one, links[one.id]) for one in page.people if one.id in links], page.after, page.before)


@require_safe
@screen(Permission.SEE_LICENSES)
def holders_download(request: AdminRequest, pool: int) -> HttpResponseBase:
    """Send everybody of one view of the pool as a CSV file."""
    found = pool_or_404(request, pool)
    view = ViewForm(request.GET).view
    if view == HISTORY:
        raise Http404
    record_look(request.organization.pk, Action.LICENSES_EXPORTED, {"pool": found.pk})
    return csv_attachment(
        holders_csv(links_of(found, view, timezone.now(), request.people), view), f"{found.name} {view}"
    )


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.MANAGE_LICENSES)
def people(request: AdminRequest, pool: int) -> HttpResponse:
    """Grant, revoke, or let files decide again: one person at once, several after a look at the plan."""
    found = pool_or_404(request, pool)
    form = HoldersForm(request.POST if request.method == "POST" else None, request.organization, request.people)
    done, named = edit_named(request, form, lambda who: _edit(request, found, form, who), back=_address(found))
    if done is not None:
        return done
    word = form["do"].value() or request.GET.get("do", HoldersForm.GRANT)
    values = {"form": form, "named": named, "word": word}
    return render(request, "web/licenses/people.html", {**_about(request, found), **values})


def pool_or_404(request: AdminRequest, pool_id: int) -> Pool:
    """Return a pool of the asking organization; another one's is not found."""
    found = Pool.objects.select_related("organization").filter(organization=request.organization, id=pool_id).first()
    if found is None:
        raise Http404
    return found


def _posted(request: AdminRequest) -> Any:
    """Return the form that was sent, None for a mere look; who may only look may not send one."""
    if request.method != "POST":
        return None
    if not may_for_all(request.admin, Permission.MANAGE_LICENSES):
        raise PermissionDenied
    return request.POST


def _change(request: AdminRequest, pool: Pool, form: PoolForm) -> HttpResponse:
    given = form.cleaned_data
    job = change_pool(pool, name=given["name"], seats=given["seats"], by=request.admin.account, now=timezone.now())
    messages.success(request, _("Saved."), extra_tags="good")
    return redirect("web:license", pool=pool.pk) if job is None else redirect("web:job", job=job.public_id)


def _edit(request: AdminRequest, pool: Pool, form: HoldersForm, who: Sequence[Learner]) -> UploadJob:
    word = form.cleaned_data["do"]
    licenses = {} if word == HoldersForm.LIFT else {pool.key: word == HoldersForm.GRANT}
    lifts = [f"license:{pool.pk}"] if word == HoldersForm.LIFT else []
    edits = [Edit(one.id, one.primary_email_address, licenses=licenses, lifts=lifts) for one in who]
    words = {
        HoldersForm.GRANT: _("Grant %s"),
        HoldersForm.REVOKE: _("Revoke %s"),
        HoldersForm.LIFT: _("Let files decide on %s"),
    }
    return edit_people(request.organization, edits, request.admin.account, note=words[word] % pool.name)


def _address(pool: Pool) -> str:
    return reverse("web:license", kwargs={"pool": pool.pk})
