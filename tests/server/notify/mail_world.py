"""Mail to be sent, and the SMTP server that takes it."""

from typing import Any

from orgsync.server.notify import outbox
from orgsync.server.notify.models import OutboxMail
from orgsync.server.orgs.models import Organization
from tests.job_world import NOW
from tests.mailbox import Mailbox, smtp_server

__all__ = ["Mailbox", "add_mails", "smtp_server"]


def add_mails(organization: Organization, *recipients: str, **fields: Any) -> list[OutboxMail]:
    """Put one mail for each recipient into the outbox; return the rows."""
    defaults = {"job_id": 7, "kind": "done", "subject": "Upload processed", "body": "Two rows.\n", "now": NOW}
    outbox.add(organization, recipients=recipients, **defaults | fields)
    return list(OutboxMail.objects.filter(organization=organization).order_by("id"))
