"""What each person wants to hear, and what of theirs others may hear."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from django.core import signing

from orgsync.server.learning.models import Digest, Hearing, LearnerChoices
from orgsync.server.orgs.models import Organization
from orgsync.server.orgs.zones import day_of

_SALT: Final = "orgsync.learner-unsubscribe"


class MailKind(StrEnum):
    """Mails that one click stops."""

    SHARES = "shares"
    DIGEST = "digest"


STOPPED: Final[dict[MailKind, dict[str, Any]]] = {
    MailKind.SHARES: {"shares": Hearing.FEED.value},
    MailKind.DIGEST: {"digest": Digest.OFF.value},
}


@dataclass(frozen=True, slots=True)
class Unsubscribing:
    """What a link at the foot of a mail stops, and for whom."""

    organization_id: int
    learner_id: int
    kind: MailKind


def choices_of(organization_id: int, learner_id: int) -> LearnerChoices:
    """Return what the person has chosen, or the defaults, unsaved."""
    mine = {"organization_id": organization_id, "learner_id": learner_id}
    return LearnerChoices.objects.filter(**mine).first() or LearnerChoices(**mine)


def choose(organization_id: int, learner_id: int, values: dict[str, Any]) -> None:
    """Set some choices; those that are not named stay as they are."""
    LearnerChoices.objects.update_or_create(
        organization_id=organization_id, learner_id=learner_id, defaults=values, create_defaults=values
    )


def welcome(organization: Organization, learner_id: int, *, now: datetime) -> None:
    """Begin digests with somebody's first sign-in: what was before is not told any more."""
    mine = {"organization_id": organization.pk, "learner_id": learner_id}
    values = {"wants_digest": True, "digested_until": now, "digested_on": day_of(now, organization)}
    found, is_new = LearnerChoices.objects.get_or_create(**mine, defaults=values)
    if not is_new and not found.wants_digest:
        LearnerChoices.objects.filter(**mine).update(**values)


def is_quiet(choices: LearnerChoices, hour: int) -> bool:
    """Tell whether an hour of the organization's day is one in which the person wants no mail."""
    begin, end = choices.quiet_from, choices.quiet_until
    if begin is None or end is None or begin == end:
        return False
    return begin <= hour < end if begin < end else hour >= begin or hour < end


def unsubscribe_token(what: Unsubscribing) -> str:
    """Return the part of an address that stops a kind of mail for a person without signing in."""
    return signing.dumps([what.organization_id, what.learner_id, what.kind.value], salt=_SALT)


def read_token(token: str) -> Unsubscribing | None:
    """Return what a token stops; None where we did not make it. It does not expire: old mails have to work."""
    try:
        organization_id, learner_id, kind = signing.loads(token, salt=_SALT)
    except signing.BadSignature:
        return None
    return Unsubscribing(organization_id, learner_id, MailKind(kind))


def unsubscribe(what: Unsubscribing) -> None:
    """Stop the mails, as often as it is asked."""
    choose(what.organization_id, what.learner_id, STOPPED[what.kind])
