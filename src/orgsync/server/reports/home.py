"""The learning of the last days in three numbers, for a home page of any size."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.core.cache import cache
from django.db.models import Count, Sum

from orgsync.server.learning.models import DaySum
from orgsync.server.orgs.models import Organization
from orgsync.server.orgs.zones import day_of

DAYS: Final = 30
_FRESH: Final = 60
"""Seconds for which the numbers are kept: a million people's month takes a second to add up."""


@dataclass(frozen=True, slots=True)
class Learning:
    """What everybody did together."""

    people: int
    """Who did anything."""
    hours: float
    completions: int


def learning_of(organization: Organization, now: datetime) -> Learning:
    """Return what was learned in the last 30 days, today included; a minute old at most."""
    today = day_of(now, organization)
    key = f"learning-{organization.pk}-{today}"
    known: Learning | None = cache.get(key)
    if known is not None:
        return known
    mine = DaySum.objects.filter(organization_id=organization.pk, day__gt=today - timedelta(days=DAYS), day__lte=today)
    found = mine.aggregate(people=Count("learner_id", distinct=True), seconds=Sum("seconds"), done=Sum("completions"))
    made = Learning(found["people"], (found["seconds"] or 0) / 3_600, found["done"] or 0)
    cache.set(key, made, _FRESH)
    return made
