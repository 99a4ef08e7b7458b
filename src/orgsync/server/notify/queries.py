"""What pages ask about the outbox: which mails there are, and what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.db.models import Q, QuerySet

from orgsync.server.notify.models import OutboxMail
from orgsync.server.notify.tasks import MAX_ATTEMPTS
from orgsync.server.orgs.models import Organization

PAGE: Final = 50
SHOWN_FOR: Final = timedelta(days=30)


class MailState(StrEnum):
    """What became of a mail."""

    SENT = "sent"
    WAITING = "waiting"
    """Not sent yet, and tried again by itself."""
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class MailFilter:
    """Which mails are meant; what is empty does not narrow."""

    is_unsent: bool = False
    text: str = ""
    """The beginning of the recipient's address."""


@dataclass(frozen=True, slots=True)
class ListedMail:
    """A mail with what became of it. Of a mail in a list the text is not read."""

    mail: OutboxMail
    state: MailState


@dataclass(frozen=True, slots=True)
class MailPage:
    """One page of the outbox, the newest mail first."""

    mails: Sequence[ListedMail]
    older: int | None
    """Id of the mail behind which the next page begins; null on the last."""


def page_of_mails(
    organization: Organization, chosen: MailFilter, *, now: datetime, older_than: int | None = None
) -> MailPage:
    """Return the page behind a mail, or the newest one, of the last 30 days."""
    found = mails_chosen(organization, chosen, now=now)
    if older_than is not None:
        found = found.filter(id__lt=older_than)
    mails = list(found.defer("body").order_by("-id")[: PAGE + 1])
    return MailPage(
        [ListedMail(mail, state_of(mail)) for mail in mails[:PAGE]], mails[PAGE - 1].pk if len(mails) > PAGE else None
    )


def mails_chosen(organization: Organization, chosen: MailFilter, *, now: datetime) -> QuerySet[OutboxMail]:
    """Return the mails of the last 30 days that a filter means, in no order."""
    narrowed = Q(sent_at=None) if chosen.is_unsent else Q()
    if chosen.text:
        narrowed &= Q(recipient__istartswith=chosen.text)
    return OutboxMail.objects.filter(narrowed, organization=organization, created_at__gte=now - SHOWN_FOR)


def count_given_up(organization: Organization, *, now: datetime) -> int:
    """Return how many mails of the last 30 days were given up."""
    unsent = OutboxMail.objects.filter(organization=organization, sent_at=None, attempts__gte=MAX_ATTEMPTS)
    return unsent.filter(created_at__gte=now - SHOWN_FOR).count()


def mail_of(organization: Organization, mail_id: int) -> ListedMail | None:
    """Return one mail with its text, however old; another organization's is None."""
    mail = OutboxMail.objects.filter(organization=organization, id=mail_id).first()
    return None if mail is None else ListedMail(mail, state_of(mail))


def state_of(mail: OutboxMail) -> MailState:
    """Say what became of a mail."""
    if mail.sent_at is not None:
        return MailState.SENT
    return MailState.GIVEN_UP if mail.attempts >= MAX_ATTEMPTS else MailState.WAITING
