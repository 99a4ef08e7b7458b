"""What an approved plan lets a later plan do: compared line by line, never by number."""

import polars as pl
import pytest

from orgsync.core.approval import exceeds_additions, exceeds_approval, lines_beyond, removals_of
from orgsync.core.plan import PLAN_SCHEMA

Line = tuple[str, int | None, str | None, str | None]


def plan(*lines: Line) -> pl.DataFrame:
    """Make a plan of (kind, learner, target, after)."""
    named = ({"kind": kind, "learner_id": who, "target": target, "after": after} for kind, who, target, after in lines)
    return pl.DataFrame([dict.fromkeys(PLAN_SCHEMA) | line for line in named], schema=PLAN_SCHEMA)


def lines(found: pl.DataFrame) -> list[tuple[str, int | None, str | None]]:
    return found.select("kind", "learner_id", "target").rows()


def leaves(who: int) -> Line:
    return ("deactivated", who, "status", "inactive")


def test_as_many_others_exceed_an_approval() -> None:
    """Two were to leave and two leave, but one of them is somebody else."""
    assert lines(exceeds_approval(plan(leaves(1), leaves(3)), plan(leaves(1), leaves(2)))) == [
        ("deactivated", 3, "status")
    ]


def test_another_kind_of_the_same_person_exceeds_an_approval() -> None:
    """To lose a group is not to leave, and one group is not another."""
    approved = plan(leaves(1), ("group_left", 2, "Kitchen", None))

    found = exceeds_approval(plan(("group_left", 1, "Kitchen", None), ("group_left", 2, "Bar", None)), approved)

    assert lines(found) == [("group_left", 1, "Kitchen"), ("group_left", 2, "Bar")]


def test_fewer_removals_and_other_additions_are_covered() -> None:
    """An approval of the whole is about what it takes away."""
    approved = plan(leaves(1), leaves(2))

    assert exceeds_approval(plan(leaves(2), ("value_set", 9, "work_title", "Chef")), approved).is_empty()


@pytest.mark.parametrize("kind", ["manager_changed", "permission_changed"])
def test_losing_without_a_successor_is_a_removal(kind: str) -> None:
    """To get another manager or scope takes nothing away; to have none any more does."""
    assert removals_of(plan((kind, 1, None, "ana@example.com"))).is_empty()
    assert lines(exceeds_approval(plan((kind, 1, None, None)), plan((kind, 1, None, "ana@example.com")))) == [
        (kind, 1, None)
    ]


def test_additions_are_those_that_were_shown() -> None:
    """A value of somebody else, or another value of the same person, was not shown."""
    approved = plan(leaves(1), ("value_set", 2, "work_title", "Chef"))
    more = plan(("value_set", 2, "work_title", "Chef"), ("value_set", 3, "work_title", "Chef"))

    assert exceeds_additions(more[:1], approved).is_empty()
    assert lines(exceeds_additions(more, approved)) == [("value_set", 3, "work_title")]
    assert lines(exceeds_additions(plan(("value_set", 2, "country_code", "PT")), approved)) == [
        ("value_set", 2, "country_code")
    ]


def test_removal_is_no_addition_even_where_it_was_shown() -> None:
    """Additions take nothing away, whatever the whole plan would."""
    assert lines(exceeds_additions(plan(leaves(1)), plan(leaves(1)))) == [("deactivated", 1, "status")]


def test_waiting_for_a_seat_is_covered_by_getting_one() -> None:
    """Seats that removals would free are not free without them."""
    approved = plan(("license_granted", 2, "English", "active"))

    assert exceeds_additions(plan(("license_waiting", 2, "English", "waiting")), approved).is_empty()
    assert not exceeds_additions(plan(("license_waiting", 3, "English", "waiting")), approved).is_empty()


def test_group_that_a_rule_gives_meanwhile_is_covered_only_for_who_keeps_something() -> None:
    """Who leaves by the rest may join a rule's group until then; anybody else may not."""
    approved = plan(leaves(1))
    joins = plan(("group_joined", 1, "Ops", "Ops"), ("group_joined", 2, "Ops", "Ops"))

    assert lines(exceeds_additions(joins, approved)) == [("group_joined", 2, "Ops")]


def test_difference_shows_every_new_line_in_the_order_of_the_plan() -> None:
    """Additions and removals alike; what was there before is left out."""
    found = lines_beyond(plan(("created", -2, None, None), leaves(1), leaves(4)), plan(leaves(1)))

    assert lines(found) == [("created", -2, None), ("deactivated", 4, "status")]
