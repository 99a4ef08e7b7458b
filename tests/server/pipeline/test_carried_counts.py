"""Counts that are kept go with what a job changes, or are not used any more."""

from collections.abc import Callable

import pytest

from orgsync.core.model import JobStatus
from orgsync.server.directory import carrying, recounting
from orgsync.server.directory.models import Feed
from orgsync.server.directory.recounting import keep_counts, recount
from tests.server.pipeline.counts import check_counts
from tests.server.pipeline.pipeline_world import MONDAY, World

HEAD = "primary_email_address,department_name,work_title,groups,license_english_status\n"
FIRST = HEAD + "".join(f"{name}@example.com,Kitchen,Cook,A,active\n" for name in ("ana", "bo", "cy", "di", "ed"))
SECOND = HEAD + (
    "ana@example.com,Hall,,B,active\n"  # another department and group, no title
    "bo@example.com,Kitchen,Cook,A,inactive\n"  # no license
    "cy@example.com,Kitchen,Cook,A,active\n"
    "di@example.com,Kitchen,Chef,A,active\n"
    "flo@example.com,,Cook,,active\n"  # joins, without a department; Ed leaves
)


@pytest.fixture
def world(make: Callable[..., World]) -> World:
    """Five people whose counts are kept for two feeds."""
    world = make()
    Feed.objects.create(organization=world.organization, name="Contractors", rank=5)
    world.set_feed(guards={})
    world.send(FIRST)
    keep_counts(world.id, list(Feed.objects.filter(**world.mine)))
    return world


def test_counts_of_every_feed_follow_what_a_job_did(world: World) -> None:
    assert world.send(SECOND).status == JobStatus.DONE
    assert check_counts(world) == 2
    assert world.send(FIRST).status == JobStatus.DONE
    assert check_counts(world) == 2


def test_counts_are_dropped_where_too_many_are_touched(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "MOST", 3)

    world.send(SECOND)

    assert check_counts(world) == 0


def test_a_new_column_has_everybody_counted_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was counted lacks it, though nothing else is wrong with it."""
    monkeypatch.setattr(recounting, "WORTH_IT", 2)
    named, *rows = FIRST.splitlines()
    wider = [f"{named},job_function", *(f"{row},Catering" for row in rows)]
    assert world.send("\n".join(wider)).status == JobStatus.DONE
    assert check_counts(world) == 2

    assert [recount(MONDAY), recount(MONDAY)] == [1, 0]
    assert check_counts(world) == 2
