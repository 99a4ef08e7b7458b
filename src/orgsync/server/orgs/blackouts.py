"""Days on which every job is held, whatever it would do."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self

from django.db import transaction
from django.utils import timezone

from orgsync.core.errors import OrgSyncError
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record
from orgsync.server.orgs.models import Organization
from orgsync.server.orgs.zones import day_of


class WrongBlackout(OrgSyncError):
    """The days given are no span, or there is none like that."""


@dataclass(frozen=True, slots=True, order=True)
class Blackout:
    """A span of days, the first and the last included, in the organization's time zone."""

    first: date
    last: date
    why: str

    @property
    def message(self) -> str:
        return f"Nothing is applied until {self.last.isoformat()}, that day included: {self.why}."

    @classmethod
    def of(cls, stored: dict[str, str]) -> Self:
        return cls(date.fromisoformat(stored["from"]), date.fromisoformat(stored["until"]), stored["why"])

    def stored(self) -> dict[str, str]:
        return {"from": self.first.isoformat(), "until": self.last.isoformat(), "why": self.why}


def blackouts_of(organization: Organization) -> list[Blackout]:
    """Return the organization's blackouts, the earliest first."""
    stored: list[dict[str, Any]] = organization.blackouts
    return sorted(map(Blackout.of, stored))


def blackout_at(organization: Organization, moment: datetime) -> Blackout | None:
    """Return the blackout that a moment is in, by the organization's calendar; of several the one that ends last."""
    day = day_of(moment, organization)
    covering = [span for span in blackouts_of(organization) if span.first <= day <= span.last]
    return max(covering, key=lambda span: span.last, default=None)


def add_blackout(organization: Organization, first: date, last: date, why: str) -> Blackout:
    """Hold every job on these days; raise WrongBlackout when they are no span or no reason is given."""
    why = why.strip().rstrip(".")
    if last < first:
        raise WrongBlackout(f"The last day, {last}, is before the first, {first}.")
    if not why:
        raise WrongBlackout("Say why: those who wait for a file will read it.")
    added = Blackout(first, last, why)
    with transaction.atomic():
        locked = Organization.objects.select_for_update().get(id=organization.pk)
        _store(locked, sorted({*blackouts_of(locked), added}), added=[added.stored()])
    return added


def remove_blackout(organization: Organization, first: date) -> list[Blackout]:
    """Take back the blackouts that begin on the day and return them; raise WrongBlackout when there is none."""
    with transaction.atomic():
        locked = Organization.objects.select_for_update().get(id=organization.pk)
        spans = blackouts_of(locked)
        gone = [span for span in spans if span.first == first]
        if not gone:
            raise WrongBlackout(f"No blackout begins on {first}.")
        _store(locked, [span for span in spans if span.first != first], removed=[span.stored() for span in gone])
    return gone


def _store(organization: Organization, spans: list[Blackout], **noted: list[dict[str, str]]) -> None:
    Organization.objects.filter(id=organization.pk).update(blackouts=[span.stored() for span in spans])
    record(organization.pk, Action.BLACKOUT_CHANGED, noted, at=timezone.now())
