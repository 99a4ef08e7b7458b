"""Outbox: the mails of the last 30 days, and what became of each."""

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from orgsync.server.notify.queries import MailFilter, count_given_up, mail_of, page_of_mails
from orgsync.server.notify.secretmail import BLANKED, SECRET_KINDS
from orgsync.server.notify.tasks import MAX_ATTEMPTS
from orgsync.server.orgs.access import Permission
from orgsync.server.uploads.previews import public_id_of_job
from orgsync.server.web.forms.outbox import MailFilterForm
from orgsync.server.web.screens import AdminRequest, screen


@require_safe
@screen(Permission.SEE_OUTBOX)
def index(request: AdminRequest) -> HttpResponse:
    """List the mails, the newest first."""
    now, form = timezone.now(), MailFilterForm(request.GET)
    chosen, older_than = form.chosen(), form.older_than_id()
    values = {
        "form": form,
        "page": page_of_mails(request.organization, chosen, now=now, older_than=older_than),
        "given_up": count_given_up(request.organization, now=now),
        "is_narrowed": chosen != MailFilter(),
        "is_later": older_than is not None,
        "has_server": bool(settings.SMTP_URL),
    }
    return render(request, "web/outbox/index.html", {"section": "outbox", **values})


@require_safe
@screen(Permission.SEE_OUTBOX)
def detail(request: AdminRequest, mail: int) -> HttpResponse:
    """Show one mail with its text."""
    found = mail_of(request.organization, mail)
    if found is None:
        raise Http404
    values = {
        "mail": found.mail,
        "text": BLANKED if found.mail.kind in SECRET_KINDS else found.mail.body,
        "state": found.state,
        "job": public_id_of_job(request.organization, found.mail.job_id),
        "has_server": bool(settings.SMTP_URL),
        "most_attempts": MAX_ATTEMPTS,
    }
    return render(request, "web/outbox/detail.html", {"section": "outbox", **values})
