"""Sending one mail of the outbox: tried for about two days, never twice but in one window."""

from typing import Final

from django.db import transaction
from django.utils import timezone
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from orgsync.core.errors import OrgSyncError
from orgsync.server import queue
from orgsync.server.notify import attachments, smtp
from orgsync.server.notify.models import OutboxMail
from orgsync.server.notify.secretmail import BLANKED, SECRET_KINDS

WAITS: Final = (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 86_400)
"""Seconds between one try and the next."""
MAX_ATTEMPTS: Final = len(WAITS) + 1


class MailNotSent(OrgSyncError):
    """A mail could not be handed over; it is tried again later."""

    def __init__(self, mail_id: int, why: str) -> None:
        self.mail_id = mail_id
        self.why = why
        super().__init__(f"Mail {mail_id} could not be sent: {why}.")


class BackOff(BaseRetryStrategy):
    """Wait longer after every try. When to stop is for the mail's row to say."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:  # noqa: ARG002
        return RetryDecision(retry_in={"seconds": WAITS[min(job.attempts, len(WAITS) - 1)]})


@app.task(name="send_mail", queue=queue.LIGHT_QUEUE, retry=BackOff())
def send_mail(mail_id: int) -> None:
    """
    Hand one mail over and note it; raise MailNotSent when it is to be tried again.

    The row stays locked meanwhile, so that a worker which was wrongly taken for dead cannot send it
    beside its successor. What remains is the moment between the server's acceptance and our commit:
    then the mail goes out again, under the same Message-ID.
    """
    with transaction.atomic():
        # Global by design: the queue knows a mail by its id alone.
        unsent = OutboxMail.objects.filter(id=mail_id, sent_at=None, attempts__lt=MAX_ATTEMPTS)
        known = unsent.select_related("organization").select_for_update(skip_locked=True, of=("self",))
        mail = known.first()
        why = _try(mail) if mail is not None else ""
    if mail is None and unsent.exists():
        raise MailNotSent(mail_id, "another process is at it")
    if why and unsent.exists():
        raise MailNotSent(mail_id, why)


def _try(mail: OutboxMail) -> str:
    """Send the mail and record what came of it; return why it was not sent, if so."""
    own = OutboxMail.objects.filter(organization_id=mail.organization_id, id=mail.pk)
    message = _message(mail)
    try:
        smtp.deliver(message)
    except smtp.NOT_ACCEPTED as error:
        why = smtp.describe(error)
        # What is refused for good is not tried again.
        attempts = MAX_ATTEMPTS if smtp.is_final(error) else mail.attempts + 1
        own.update(attempts=attempts, last_error=why)
        return why
    kept = {"body": BLANKED, "unsubscribe": ""} if mail.kind in SECRET_KINDS else {}
    own.update(attempts=mail.attempts + 1, last_error="", sent_at=timezone.now(), **kept)
    return ""


def _message(mail: OutboxMail) -> smtp.Mail:
    attachment = attachments.read(mail.organization_id, mail.attachment) if mail.attachment else None
    return smtp.Mail(
        recipient=mail.recipient,
        subject=mail.subject,
        body=mail.body,
        message_id=mail.message_id,
        created_at=mail.created_at,
        attachment=attachment,
        reply_to=mail.organization.reply_to,
        unsubscribe=mail.unsubscribe,
        stays_here=mail.organization.is_sandbox,
    )
