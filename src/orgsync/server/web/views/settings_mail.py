"""Settings › Mail, and who is told of what."""

from typing import Any

from django.conf import settings as server
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orgsync.server.notify.queries import MailState, count_given_up
from orgsync.server.notify.smtp import parse_url
from orgsync.server.notify.testmail import last_test, send_test
from orgsync.server.orgs.access import Permission
from orgsync.server.orgs.telling import NobodyTold, set_told, tellable_admins
from orgsync.server.web.forms.told import ToldForm
from orgsync.server.web.screens import AdminRequest, screen
from orgsync.server.web.settingspages import show


def mail_standing(request: AdminRequest) -> dict[str, Any]:
    """Return what stands beside the settings of mail: the server, the sender, the last test."""
    smtp = parse_url(server.SMTP_URL) if server.SMTP_URL else None
    given_up = count_given_up(request.organization, now=timezone.now())
    return {"smtp": smtp, "mail_from": server.MAIL_FROM, "given_up": given_up, **_test(request)}


@require_POST
@screen(Permission.MANAGE_SETTINGS)
def send(request: AdminRequest) -> HttpResponse:
    """Send a test mail to whoever asks."""
    send_test(request.admin, now=timezone.now())
    return redirect("web:settings-section", slug="mail")


@require_safe
@screen(Permission.MANAGE_SETTINGS)
def outcome(request: AdminRequest) -> HttpResponse:
    """Show what has become of the test mail: the part of the page that asks again until it is known."""
    return render(request, "web/settings/_test.html", _test(request))


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.MANAGE_SETTINGS)
def told(request: AdminRequest) -> HttpResponse:
    """Show which admin is told of what; a POST changes it."""
    admins = tellable_admins(request.organization)
    form = ToldForm(request.POST if request.method == "POST" else None, admins)
    if form.is_bound and form.is_valid():
        try:
            set_told(request.organization, form.wanted())
        except NobodyTold as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Saved."), extra_tags="good")
            return redirect("web:settings-told")
    return show(request, "told", {"form": form}, "told")


def _test(request: AdminRequest) -> dict[str, Any]:
    found = last_test(request.admin)
    return {
        "test": found,
        "has_server": bool(server.SMTP_URL) and not request.organization.is_sandbox,
        "is_waiting": found is not None and found.state is MailState.WAITING and not found.mail.attempts,
    }
