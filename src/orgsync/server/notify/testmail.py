"""A mail that an admin sends to themselves, to see whether mail arrives."""

from datetime import datetime
from typing import Final

from django.db import transaction

from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record
from orgsync.server.notify import outbox
from orgsync.server.notify.models import OutboxMail
from orgsync.server.notify.queries import ListedMail, state_of
from orgsync.server.notify.texts import contact_lines
from orgsync.server.orgs.contacts import contacts_of
from orgsync.server.orgs.models import Admin

KIND: Final = "test"
_BODY: Final = """\
This is the test mail that was asked for in the settings of {name}.

If you can read it, mails about files that are held or failed will reach you too.
"""


def send_test(admin: Admin, *, now: datetime) -> None:
    """Put a test mail to the admin's own address into the outbox: it goes the way of every other mail."""
    organization = admin.organization
    with transaction.atomic():
        outbox.add(
            organization,
            job_id=None,
            kind=KIND,
            recipients=[admin.account.email],
            subject=f"[{organization.name}] Test mail",
            body=_BODY.format(name=organization.name) + contact_lines(contacts_of(organization)),
            now=now,
        )
        record(organization.pk, Action.TEST_MAIL_SENT, {"account": admin.account_id}, at=now)


def last_test(admin: Admin) -> ListedMail | None:
    """Return the last test mail to the admin, with what became of it."""
    mine = OutboxMail.objects.filter(organization=admin.organization, kind=KIND, recipient__iexact=admin.account.email)
    mail = mine.order_by("-id").first()
    return None if mail is None else ListedMail(mail, state_of(mail))
