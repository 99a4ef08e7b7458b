"""What happened to a learner, as one list."""

from datetime import timedelta

import pytest
from directory_world import MONDAY, TUESDAY, WEDNESDAY, World, make_world, make_writes, new_person

from orgsync.core.directory import REASON_FILE, REASON_HAND
from orgsync.server.directory import timeline
from orgsync.server.directory.models import Learner
from orgsync.server.directory.timeline import Fact, Origin, Subject, origins_of, timeline_of


def ana_of(world: World) -> Learner:
    return world.learner(1)


def test_moments_come_newest_first_with_all_their_facts(world: World) -> None:
    """Creation, values, memberships and licenses of one job at one time are one moment."""
    group, pool = world.add_group("Cooks"), world.add_pool()
    world.apply(make_writes(creates=[new_person(2, "ana")], memberships=[(-2, group, 0, REASON_FILE)]), job_id=7)
    world.apply(
        make_writes(
            updates=[{"learner_id": 1, "row_number": 5, "work_title": "Chef"}],
            changes=[(1, 5, "work_title", "Cook", "Chef")],
            licenses=[(1, pool, None, "waiting", 1)],
        ),
        at=TUESDAY,
        job_id=8,
    )
    world.apply(make_writes(licenses=[(1, pool, "waiting", "active", None)]), at=WEDNESDAY, job_id=None)

    found = timeline_of(ana_of(world)).moments

    assert [(moment.at, moment.job_id) for moment in found] == [(WEDNESDAY, None), (TUESDAY, 8), (MONDAY, 7)]
    assert found[0].facts == [Fact(Subject.LICENSE, pool, "waiting", "active")]
    assert found[1].facts == [
        Fact(Subject.ATTRIBUTE, "work_title", "Cook", "Chef", 5),
        Fact(Subject.LICENSE, pool, None, "waiting"),
    ]
    assert found[2].facts == [
        Fact(Subject.LEARNER, "created", None, None, 2),
        Fact(Subject.GROUP, group, None, REASON_FILE),
    ]


def test_leaving_a_group_and_another_reason_are_told_apart(world: World) -> None:
    """A span that follows at once is a change of reasons; without one the person has left."""
    world.add_people("ana")
    stays, leaves = world.add_group("Cooks"), world.add_group("Bakers")
    world.apply(make_writes(memberships=[(1, stays, 0, REASON_FILE), (1, leaves, 0, REASON_FILE)]))
    moves = [(1, stays, REASON_FILE, REASON_FILE | REASON_HAND), (1, leaves, REASON_FILE, 0)]
    world.apply(make_writes(memberships=moves), at=TUESDAY)

    newest = timeline_of(ana_of(world)).moments[0]

    assert newest.facts == [
        Fact(Subject.GROUP, stays, REASON_FILE, REASON_FILE | REASON_HAND),
        Fact(Subject.GROUP, leaves, REASON_FILE, None),
    ]


@pytest.mark.parametrize("most", [1, 3, 500])
def test_a_long_timeline_is_read_in_parts(world: World, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """Part by part every moment is seen once, and whole."""
    monkeypatch.setattr(timeline, "MOST_MOMENTS", 2)
    monkeypatch.setattr(timeline, "MOST_CHANGES", most)
    world.add_people("ana")
    days = [MONDAY + timedelta(days=day) for day in range(1, 6)]
    for day in days:
        world.apply(make_writes(changes=[(1, 2, "work_title", None, "Cook")]), at=day)

    part = timeline_of(ana_of(world))
    seen = [*part.moments]
    while part.older is not None:
        part = timeline_of(ana_of(world), before=part.older)
        seen += part.moments

    assert [moment.at for moment in seen] == [*days[::-1], MONDAY]
    assert all(len(moment.facts) == 1 for moment in seen)


def test_an_origin_is_the_last_word_on_a_value(world: World) -> None:
    """By job or by hand; what has not changed since the creation has none."""
    world.add_people("ana")
    world.apply(make_writes(changes=[(1, 2, "work_title", None, "Cook"), (1, 2, "job_level", None, "1")]), job_id=8)
    world.apply(make_writes(changes=[(1, 2, "work_title", "Cook", "Chef")]), at=TUESDAY, job_id=None)

    assert origins_of(ana_of(world)) == {"work_title": Origin(TUESDAY, None, 2), "job_level": Origin(MONDAY, 8, 2)}


def test_somebody_of_the_same_number_elsewhere_has_another_timeline(world: World) -> None:
    """Numbers count within the organization."""
    other = make_world("Globex")
    world.add_people("ana")
    other.add_people("bo")
    world.apply(make_writes(changes=[(1, 2, "work_title", None, "Cook")]), at=TUESDAY)

    assert [moment.at for moment in timeline_of(other.learner(1)).moments] == [MONDAY]
    assert origins_of(other.learner(1)) == {}
