"""Settings › Admins and roles: who may come in and what they may do there."""

from collections.abc import Callable
from typing import Final

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orgsync.server.admins import inviting, roles
from orgsync.server.admins.listing import AdminFilter, admins_csv, page_of_admins
from orgsync.server.admins.roles import AdminRefused
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record_look
from orgsync.server.directory.models import Learner
from orgsync.server.orgs.access import Permission, grants_of, may_manage
from orgsync.server.orgs.models import Admin, Role
from orgsync.server.web.downloads import csv_attachment
from orgsync.server.web.forms.admins import ROLE_WORDS, AdminListForm, InviteForm, RoleForm
from orgsync.server.web.screens import AdminRequest, screen

SHOWN: Final = 500


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.MANAGE_ADMINS)
def index(request: AdminRequest) -> HttpResponse:
    """List admins and open invitations; a POST invites somebody."""
    form = InviteForm(request.POST if request.method == "POST" else None, request.admin)
    if form.is_bound and form.is_valid() and _invite(request, form):
        return redirect("web:admins")
    filters = AdminListForm(request.GET)
    chosen = filters.chosen()
    page = page_of_admins(request.organization, chosen, **filters.place())
    values = {
        "form": form,
        "filters": filters,
        "page": page,
        "admins": [(one, ROLE_WORDS[Role(one.admin.role)]) for one in page.admins],
        "is_narrowed": chosen != AdminFilter(),
        "invitations": [
            (one, ROLE_WORDS[Role(one.role)])
            for one in inviting.open_invitations(request.organization, timezone.now()).order_by("-id")[:SHOWN]
        ],
    }
    return render(request, "web/admins/index.html", {"section": "admins", **values})


@require_safe
@screen(Permission.MANAGE_ADMINS)
def download(request: AdminRequest) -> HttpResponseBase:
    """Send the admins, as filtered, as a CSV file."""
    record_look(request.organization.pk, Action.ADMINS_EXPORTED)
    return csv_attachment(admins_csv(request.organization, AdminListForm(request.GET).chosen()), "admins")


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.MANAGE_ADMINS)
def detail(request: AdminRequest, admin: int) -> HttpResponse:
    """Show one admin; a POST changes role and rights, links a learner, deactivates or brings back."""
    found = _admin_or_404(request, admin)
    form = RoleForm(None, request.admin, found)
    if request.method == "POST":
        form = RoleForm(request.POST, request.admin, found)
        if told := _changed(request, found, form):
            messages.success(request, told, extra_tags="good")
            return redirect("web:admin", admin=admin)
    values = {
        "target": found,
        "form": form,
        "role": ROLE_WORDS[Role(found.role)],
        "is_own": found.account_id == request.admin.account_id,
        "may_change": may_manage(request.admin, Role(found.role), grants_of(found)),
        "learner": Learner.objects.filter(organization_id=found.organization_id, id=found.learner_id or 0).first(),
    }
    return render(request, "web/admins/detail.html", {"section": "admins", **values})


@require_POST
@screen(Permission.MANAGE_ADMINS)
def withdraw(request: AdminRequest, invitation: int) -> HttpResponse:
    """Take an open invitation back."""
    try:
        if not inviting.withdraw(request.organization, invitation, by=request.admin, now=timezone.now()):
            raise Http404
    except AdminRefused as refused:
        messages.error(request, refused.reason, extra_tags="bad")
    else:
        messages.success(request, _("The invitation is taken back; its link opens nothing."), extra_tags="good")
    return redirect("web:admins")


def _invite(request: AdminRequest, form: InviteForm) -> bool:
    given = form.cleaned_data
    try:
        made = inviting.invite(
            request.organization, given["email"], form.given_role, form.grants(), by=request.admin, now=timezone.now()
        )
    except AdminRefused as refused:
        form.add_error(refused.field or None, refused.reason)
        return False
    told = _("An invitation is on its way to %s. Its link is good for 30 days.") % made.email
    messages.success(request, told, extra_tags="good")
    return True


def _changed(request: AdminRequest, target: Admin, form: RoleForm) -> str:
    """Do what the button that was pressed says; return what was done, or "" where the page says why not."""
    act = ACTS.get(request.POST.get("do", "role"))
    if act is None:
        raise Http404
    try:
        return act(request, target, form)
    except AdminRefused as refused:
        if refused.field in form.fields:
            form.add_error(refused.field, refused.reason)
        else:
            messages.error(request, refused.reason, extra_tags="bad")
        return ""


def _give_role(request: AdminRequest, target: Admin, form: RoleForm) -> str:
    if not form.is_valid():
        return ""
    roles.change_admin(target, form.given_role, form.grants(), by=request.admin, now=timezone.now())
    return _("Saved. It counts from this moment.")


def _link(request: AdminRequest, target: Admin, form: RoleForm) -> str:  # noqa: ARG001  it says all
    roles.link_learner(target, request.POST.get("learner", ""), by=request.admin, now=timezone.now())
    return _("Saved.")


def _deactivate(request: AdminRequest, target: Admin, form: RoleForm) -> str:  # noqa: ARG001  it says all
    roles.deactivate_admin(target, by=request.admin, now=timezone.now())
    return _("%s is deactivated: sessions and invitations have ended.") % target.account.email


def _reactivate(request: AdminRequest, target: Admin, form: RoleForm) -> str:  # noqa: ARG001  it says all
    roles.reactivate_admin(target, by=request.admin, now=timezone.now())
    return _("%s may come in again.") % target.account.email


ACTS: Final[dict[str, Callable[[AdminRequest, Admin, RoleForm], str]]] = {
    "role": _give_role,
    "link": _link,
    "deactivate": _deactivate,
    "reactivate": _reactivate,
}


def _admins(request: AdminRequest) -> QuerySet[Admin]:
    return Admin.everyone.select_related("account", "organization").filter(organization=request.organization)


def _admin_or_404(request: AdminRequest, admin_id: int) -> Admin:
    found = _admins(request).filter(id=admin_id).first()
    if found is None:
        raise Http404
    return found
