"""Values move; addresses and ids may go from one person to another in any order."""

from datetime import date

import pytest
from directory_world import MONDAY, TUESDAY, WEDNESDAY, World, make_world, make_writes, new_person, rows_of

from orgsync.server.directory.misfit import WritesMisfit
from orgsync.server.directory.models import Learner, LearnerChange


def address(name: str) -> dict[str, object]:
    return {"primary_email_address": f"{name}@example.com", "email_key": f"{name}@example.com"}


def test_only_the_columns_of_the_plan_are_written(world: World) -> None:
    """What the file does not have stays as it is."""
    world.apply(make_writes(creates=[new_person(2, "ana", work_title="Head", end_date="2027-01-31")]))

    world.apply(make_writes(updates=[{"learner_id": 1, "work_title": None, "start_date": "2026-03-01"}]))

    ana = world.learner(1)
    assert (ana.work_title, ana.start_date, ana.end_date) == (None, date(2026, 3, 1), date(2027, 1, 31))
    assert ana.primary_email_address == "ana@example.com"


def test_null_and_the_empty_string_stay_apart(world: World) -> None:
    """An update may set either."""
    world.apply(make_writes(creates=[new_person(2, "ana"), new_person(3, "bo")]))
    cleared = [{"learner_id": 1, "job_level": None}, {"learner_id": 2, "job_level": ""}]

    world.apply(make_writes(updates=cleared))

    assert [world.learner(n).job_level for n in (1, 2)] == [None, ""]


def test_custom_attributes_are_merged(world: World) -> None:
    """A null clears one, a value sets one, and those that the file lacks stay."""
    world.apply(make_writes(creates=[new_person(2, "ana", attribute_a="1", attribute_b="2", attribute_c="3")]))

    world.apply(make_writes(updates=[{"learner_id": 1, "attribute_a": None, "attribute_b": "two", "attribute_d": ""}]))

    assert world.learner(1).custom == {"attribute_b": "two", "attribute_c": "3", "attribute_d": ""}


def test_two_people_swap_addresses(world: World) -> None:
    """Neither address is taken before it is free."""
    ana, bo = world.add_people("ana", "bo")

    world.apply(make_writes(updates=[{"learner_id": ana, **address("bo")}, {"learner_id": bo, **address("ana")}]))

    assert [world.learner(n).email_key for n in (ana, bo)] == ["bo@example.com", "ana@example.com"]


def test_a_chain_of_addresses_ends_with_a_new_person(world: World) -> None:
    """The address that the last one gives up goes to somebody whom the same plan creates."""
    ana, bo = world.add_people("ana", "bo")
    updates = [{"learner_id": ana, **address("bo")}, {"learner_id": bo, **address("cy")}]

    world.apply(make_writes(updates=updates, creates=[new_person(2, "ana")]))

    assert rows_of(Learner, world, "id", "email_key") == [
        (1, "bo@example.com"),
        (2, "cy@example.com"),
        (3, "ana@example.com"),
    ]


def test_ids_move_in_a_circle_and_one_is_given_up(world: World) -> None:
    """A unique user id may be taken over, swapped and cleared in one plan."""
    people = [new_person(row, f"p{row}", unique_user_id=f"E{row}") for row in (2, 3, 4, 5)]
    world.apply(make_writes(creates=people))
    moves = {1: "E3", 2: "E4", 3: "E2", 4: None}

    world.apply(
        make_writes(
            updates=[{"learner_id": n, "unique_user_id": key} for n, key in moves.items()],
            creates=[new_person(9, "heir", unique_user_id="E5")],
        )
    )

    assert {n: world.learner(n).unique_user_id for n in (1, 2, 3, 4, 5)} == {**moves, 5: "E5"}


def test_leaving_and_coming_back_are_dated(world: World) -> None:
    """The moment of leaving is kept while a person is away, and goes when they return."""
    ana, bo = world.add_people("ana", "bo")
    leave = make_writes(updates=[{"learner_id": ana, "is_active": False}])

    world.apply(leave, at=TUESDAY)
    world.apply(leave, at=WEDNESDAY)
    assert [world.learner(n).deactivated_at for n in (ana, bo)] == [TUESDAY, None]

    world.apply(make_writes(updates=[{"learner_id": ana, "is_active": True}]), at=WEDNESDAY)
    assert world.learner(ana).deactivated_at is None


def test_a_manager_may_be_somebody_whom_the_plan_creates(world: World) -> None:
    """Link and log both name the real id; other values of the log are left alone."""
    (ana,) = world.add_people("ana")
    changes = [(ana, 3, "manager", None, "-2"), (ana, 3, "work_title", "-2", "-2b"), (ana, 3, "job_level", None, "-2")]

    world.apply(
        make_writes(creates=[new_person(2, "boss")], updates=[{"learner_id": ana, "manager_id": -2}], changes=changes)
    )

    assert world.learner(ana).manager_id == 2
    assert rows_of(LearnerChange, world, "attribute", "after") == [
        ("job_level", "-2"),
        ("manager", "2"),
        ("work_title", "-2b"),
    ]


def test_the_log_says_who_what_when_and_where_from(world: World) -> None:
    """One line a value with job and row; NULL before is no value, not an empty one; ids grow."""
    ana, bo = world.add_people("ana", "bo")
    changes = [(bo, 4, "work_title", None, ""), (ana, None, "status", "active", "inactive")]

    world.apply(make_writes(changes=changes), at=TUESDAY, job_id=12)

    columns = ("learner_id", "row_number", "attribute", "before", "after", "at", "job_id")
    assert list(LearnerChange.objects.filter(organization_id=world.id).order_by("id").values_list(*columns)) == [
        (ana, None, "status", "active", "inactive", TUESDAY, 12),
        (bo, 4, "work_title", None, "", TUESDAY, 12),
    ]


def test_people_of_another_organization_are_out_of_reach(world: World) -> None:
    """The same ids exist there; only ours are written."""
    world.add_people("ana")
    other = make_world("Other")
    other.add_people("ana")

    world.apply(make_writes(updates=[{"learner_id": 1, "work_title": "Head"}]))

    assert (world.learner(1).work_title, other.learner(1).work_title) == ("Head", None)


def test_an_update_of_somebody_who_is_gone_is_refused(world: World) -> None:
    """A plan that does not fit the directory leaves no trace."""
    (ana,) = world.add_people("ana")

    with pytest.raises(WritesMisfit) as refused:
        world.apply(
            make_writes(updates=[{"learner_id": ana, "work_title": "X"}, {"learner_id": 99, "work_title": "X"}])
        )

    assert (refused.value.expected, refused.value.found) == (2, 1)
    assert (world.learner(ana).work_title, world.learner(ana).created_at) == (None, MONDAY)
