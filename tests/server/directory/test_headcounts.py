"""Counts that are kept are those that would be counted now, or they are not used."""

from datetime import timedelta

import pytest
from directory_world import World

from orgsync.server.directory import recounting
from orgsync.server.directory.everybody import CountedBefore, CountedDirectory
from orgsync.server.directory.headcounts import best_counts
from orgsync.server.directory.recounting import keep_counts, recount
from orgsync.server.directory.revision import raise_revision
from tests.job_world import NOW

NAMES = ["work_title", "department_name"]


@pytest.fixture
def world(committed_world: World) -> World:
    """Three people of a feed that is in use and speaks of titles and departments."""
    committed_world.add_people("ana", "bo", "cy")
    committed_world.feed.named_fields = [*NAMES, "primary_email_address"]
    committed_world.feed.last_applied_at = NOW
    committed_world.feed.save()
    return committed_world


def test_kept_counts_are_what_would_be_counted_until_somebody_writes(world: World) -> None:
    now = CountedDirectory(world.id, world.feed.pk)
    keep_counts(world.id, [world.feed])

    kept = best_counts(world.id, world.feed.pk)

    assert isinstance(kept, CountedBefore)
    for names in (NAMES, NAMES[:1], [], ["country_code"]):
        assert kept.people(names).equals(now.people(names))
    assert kept.licenses().equals(now.licenses())
    assert kept.memberships().equals(now.memberships())

    raise_revision(world.id)
    assert best_counts(world.id, world.feed.pk) == now


def test_only_large_directories_in_use_are_counted_and_only_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert recount(NOW) == 0
    monkeypatch.setattr(recounting, "WORTH_IT", 2)

    assert recount(NOW + timedelta(days=41)) == 0
    assert [recount(NOW), recount(NOW)] == [1, 0]
    raise_revision(world.id)
    assert recount(NOW) == 1
