"""What is read ahead is of the moment at which the plan is made, however long the file takes."""

import pytest
from directory_world import World
from django.db import connection

from orgsync.server.directory import ahead
from orgsync.server.directory.ahead import ReadAhead
from orgsync.server.directory.everybody import CountedDirectory
from orgsync.server.directory.needs import read_claims
from orgsync.server.directory.revision import raise_revision
from orgsync.server.directory.snapshot import consistent_read, read_directory


def test_plan_and_reading_ahead_see_one_moment(committed_world: World) -> None:
    """A person who joins between the two is in neither; what was counted ahead is what would be counted now."""
    world = committed_world
    world.add_people("ana", "bo")
    with ReadAhead(world.id, world.feed.pk, ["work_title", "groups"]) as reading:
        snapshot = reading.snapshot()
        world.add_people("cy")
        with consistent_read(snapshot):
            directory = read_directory(world.id, feed_id=world.feed.pk)
            counted = CountedDirectory(world.id, world.feed.pk)
            assert reading.claims().equals(read_claims(world.id, world.feed.pk))
            for names in (["work_title"], ["work_title", "country_code"]):
                assert reading.counted.people(names).equals(counted.people(names))
            assert reading.counted.licenses().equals(counted.licenses())
            assert reading.counted.memberships().equals(counted.memberships())

    assert directory.learners.height == 2


def test_what_fails_ahead_rises_where_it_is_asked_for(committed_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attempt fails and is tried again; the connection is given back, and nothing waits for ever."""

    def fail(*_: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")

    monkeypatch.setattr(ahead, "read_claims", fail)
    with (
        pytest.raises(Exception, match="division by zero"),
        ReadAhead(committed_world.id, committed_world.feed.pk, []) as reading,
    ):
        reading.claims()

    raise_revision(committed_world.id)
