"""Settings › Sandbox: an organization for trying things out."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from orgsync.server.directory.queries_home import people_counts
from orgsync.server.directory.revision import DirectoryBusy
from orgsync.server.orgs.access import Permission
from orgsync.server.sandbox import PEOPLE, SandboxRefused, make_sandbox, reset_sandbox
from orgsync.server.web.forms.sandbox import ResetForm, SandboxForm
from orgsync.server.web.screens import CHOSEN_ORGANIZATION, AdminRequest, screen
from orgsync.server.web.settingspages import show


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.MANAGE_SETTINGS)
def index(request: AdminRequest) -> HttpResponse:
    """Offer to make a sandbox, or, in one, to empty it."""
    return _reset(request) if request.organization.is_sandbox else _make(request)


def _make(request: AdminRequest) -> HttpResponse:
    suggested = {"name": _("%s sandbox") % request.organization.name, "people": PEOPLE}
    form = SandboxForm(request.POST if request.method == "POST" else None, initial=suggested)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            made = make_sandbox(given["name"], request.admin.account, people=given["people"])
        except SandboxRefused as refused:
            form.add_error("name", str(refused))
        else:
            request.session[CHOSEN_ORGANIZATION] = made.pk
            messages.success(request, _("This is your sandbox. Its three nights are being processed."), "good")
            return redirect("web:home")
    return show(request, "sandbox", {"form": form}, "sandbox")


def _reset(request: AdminRequest) -> HttpResponse:
    form = ResetForm(request.POST if request.method == "POST" else None, request.organization)
    if form.is_bound and form.is_valid():
        people = PEOPLE if form.cleaned_data["refills"] else None
        try:
            reset_sandbox(request.organization, request.admin.account, people=people)
        except (SandboxRefused, DirectoryBusy) as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("The sandbox is empty. What was done stays in the audit log."), "good")
            return redirect("web:home")
    values: dict[str, Any] = {"form": form, "people": people_counts(request.organization)}
    return show(request, "sandbox", values, "sandbox")
