"""What people did adds up by day as it comes in, and is never anything else than the activity adds up to."""

import random
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from orgsync.server.learning.daysums import find_sum_faults, verify_sums
from orgsync.server.learning.models import DaySum, Progress, Source, Verb
from orgsync.server.learning.recording import Deed, record, void
from orgsync.server.orgs.models import Organization
from tests.job_world import NOW, make_organization

pytestmark = pytest.mark.django_db

MEASURES = ("views", "seconds", "starts", "completions", "likes", "shares")


def some_deeds(seed: int, count: int = 60) -> list[Deed]:
    """Deeds of three people with three contents within six days; a completed path may be completed again."""
    chance = random.Random(seed)
    return [
        Deed(
            learner_id=chance.randint(1, 3),
            content_id=chance.randint(1, 3),
            verb=chance.choice(list(Verb)),
            at=NOW + timedelta(minutes=chance.randint(0, 6 * 24 * 60)),
            id=uuid.UUID(int=chance.getrandbits(128)),
            seconds=chance.choice((0, 30, 600)),
            percent=chance.choice((None, 20, 80)),
        )
        for _ in range(count)
    ]


def faults(organization: Organization) -> dict[str, int]:
    with connection.cursor() as cursor:
        return find_sum_faults(cursor, organization.pk)


def days(organization: Organization) -> list[dict[str, Any]]:
    return list(DaySum.objects.filter(organization_id=organization.pk).order_by("day", "learner_id").values())


@pytest.mark.parametrize("seed", range(4))
def test_sums_are_what_the_activity_adds_up_to(seed: int) -> None:
    """In whatever portions and order deeds come, some of them twice, and some voided."""
    organization = make_organization()
    deeds = some_deeds(seed)

    for portion in (deeds[:1], deeds[1:20], deeds[10:21], deeds[21:]):
        record(organization, portion, source=Source.XAPI, now=NOW)
        assert faults(organization) == {}
    void(organization, {deed.id for deed in deeds[::3]}, now=NOW)

    assert faults(organization) == {}
    assert sum(day["seconds"] for day in days(organization)) == sum(
        deed.seconds for place, deed in enumerate(deeds) if place % 3
    )


def test_each_content_counts_once_and_a_like_may_be_taken_back() -> None:
    """Begun on the first day, completed on the first day; views and shares count each time."""
    organization = make_organization()
    verbs = (Verb.VIEWED, Verb.COMPLETED, Verb.COMPLETED, Verb.LIKED, Verb.SHARED, Verb.SHARED, Verb.UNLIKED)
    for hours, verb in enumerate(verbs):
        one = Deed(1, 7, verb, NOW + timedelta(hours=hours), uuid.uuid4(), seconds=60)
        record(organization, [one], source=Source.PAGE, now=NOW)

    (day,) = days(organization)

    assert [day[measure] for measure in MEASURES] == [1, 420, 1, 1, 0, 2]


def test_what_does_not_add_up_is_found_and_mended() -> None:
    """Somebody wrote past `record`: told by number, gone after adding up anew."""
    organization = make_organization()
    record(organization, some_deeds(1), source=Source.FILE, now=NOW)
    DaySum.objects.filter(organization_id=organization.pk, learner_id=1).update(views=99)
    Progress.objects.filter(organization_id=organization.pk, learner_id=2).delete()

    found = verify_sums(organization.pk, repair=True)

    assert len(found) == 3
    assert all(found.values())
    assert faults(organization) == {}
