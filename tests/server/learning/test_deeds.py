"""What people did comes in once, in any order, and adds up to where they stand."""

import uuid
from datetime import UTC, datetime, timedelta
from itertools import islice, permutations

import pytest

from orgsync.server.learning.models import Activity, Progress, Source, Verb
from orgsync.server.learning.recording import Deed, record
from orgsync.server.orgs.models import Organization
from tests.job_world import NOW, make_organization

pytestmark = pytest.mark.django_db

ANA, COURSE = 1, 7


def deed(verb: Verb, minute: int, **fields: int) -> Deed:
    return Deed(ANA, COURSE, verb, NOW + timedelta(minutes=minute), uuid.uuid4(), **fields)


def standing(organization: Organization) -> dict[str, object]:
    return Progress.objects.filter(organization_id=organization.pk).values().get()


def test_told_twice_counts_once() -> None:
    """The same id again changes nothing, and is not among the new ones."""
    organization = make_organization()
    first = deed(Verb.PROGRESSED, 1, seconds=60, percent=40)

    assert record(organization, [first, first], source=Source.XAPI, now=NOW) == {first.id}
    assert record(organization, [first], source=Source.FILE, now=NOW) == set()
    assert (standing(organization)["seconds"], standing(organization)["percent"]) == (60, 40)


def test_order_of_arrival_does_not_matter() -> None:
    """Whatever comes first, the person stands where their deeds in the order of time lead."""
    deeds = [
        deed(Verb.VIEWED, 1, seconds=30),
        deed(Verb.COMPLETED, 3),
        deed(Verb.LIKED, 4),
        deed(Verb.UNLIKED, 5),
        deed(Verb.PROGRESSED, 2, seconds=30, percent=50),
    ]
    found = []
    for number, order in enumerate(islice(permutations(deeds), 0, None, 13)):
        organization = make_organization(f"Acme {number}")
        for one in order:
            record(organization, [one], source=Source.PAGE, now=NOW)
        found.append({name: value for name, value in standing(organization).items() if name != "organization_id"})

    assert all(one == found[0] for one in found)
    assert (found[0]["percent"], found[0]["seconds"], found[0]["liked_at"]) == (100, 60, None)
    assert found[0]["completed_at"] == NOW + timedelta(minutes=3)


def test_day_is_that_of_the_organization() -> None:
    """Half past eleven in the evening in UTC is the next day in Lisbon's summer."""
    organization = make_organization(time_zone="Europe/Lisbon")
    late = Deed(ANA, COURSE, Verb.VIEWED, datetime(2026, 7, 1, 23, 30, tzinfo=UTC), uuid.uuid4())

    record(organization, [late], source=Source.PAGE, now=NOW)

    assert str(Activity.objects.get(organization_id=organization.pk).day) == "2026-07-02"
