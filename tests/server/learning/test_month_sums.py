"""Sums of days and months are what a recount of the deeds says, whatever happened to the deeds on the way."""

import uuid
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.db import connection

from orgsync.server.directory.persontables import remove_people
from orgsync.server.learning.daysums import find_sum_faults
from orgsync.server.learning.models import DaySum, MonthSum, Source, Verb
from orgsync.server.learning.moving import give_back_learning, move_learning
from orgsync.server.learning.recording import Deed, record, void
from orgsync.server.orgs.models import Organization
from tests.job_world import NOW, make_organization
from tests.server.learning.recount import MEASURES, Sums, deeds_of_a_quarter, recount

pytestmark = pytest.mark.django_db


def stored(organization: Organization) -> tuple[Sums, Sums]:
    """The day sums and the month sums as they stand, without what came to nothing."""
    days = DaySum.objects.filter(organization_id=organization.pk).values_list("learner_id", "day", *MEASURES)
    months = MonthSum.objects.filter(organization_id=organization.pk).values_list("learner_id", "month", *MEASURES)
    found = [
        {(who, when): +Counter(dict(zip(MEASURES, sums, strict=True))) for who, when, *sums in rows}
        for rows in (days, months)
    ]
    return {key: sums for key, sums in found[0].items() if sums}, {key: sums for key, sums in found[1].items() if sums}


def recounted(deeds: list[Deed]) -> tuple[Sums, Sums]:
    return recount(deeds, lambda day: day), recount(deeds, lambda day: day.replace(day=1))


@pytest.mark.parametrize("seed", range(3))
def test_sums_follow_the_deeds_through_everything(seed: int) -> None:
    """Late arrivals, the same again, taken back, two people merged and the merge undone, one person erased."""
    organization, deeds = make_organization(), deeds_of_a_quarter(seed)
    late = sorted(deeds, key=lambda deed: deed.at)[:15]
    for portion in ([deed for deed in deeds if deed not in late], deeds[40:60], late):
        record(organization, portion, source=Source.XAPI, now=NOW)
    assert stored(organization) == recounted(deeds)

    void(organization, {deed.id for deed in deeds[::5]}, now=NOW)
    deeds = [deed for place, deed in enumerate(deeds) if place % 5]
    assert stored(organization) == recounted(deeds)

    move_learning(organization, {2: 1}, now=NOW)
    merged = [replace(deed, learner_id=1) if deed.learner_id == 2 else deed for deed in deeds]
    assert stored(organization) == recounted(merged)

    give_back_learning(organization, [2], now=NOW)
    assert stored(organization) == recounted(deeds)

    with connection.cursor() as cursor:
        remove_people(cursor, organization.pk, [3], at=NOW)
        assert stored(organization) == recounted([deed for deed in deeds if deed.learner_id != 3])
        assert find_sum_faults(cursor, organization.pk) == {}


def test_a_like_that_is_taken_back_leaves_its_month() -> None:
    """Liked in January, taken back in March: January says nothing of it any more."""
    organization = make_organization()
    for day, verb in ((date(2026, 1, 31), Verb.LIKED), (date(2026, 3, 1), Verb.UNLIKED)):
        at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        record(organization, [Deed(1, 7, verb, at, uuid.uuid4())], source=Source.PAGE, now=NOW)

    assert stored(organization) == ({}, {})
