"""The inverse of a job as a plan, made from what the change log tells and the directory as it is."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from orgsync.core.undoing.build import plan_undo
from orgsync.core.undoing.trace import CREATED, VALUES, Trace
from tests.factories import make_directory


def wrote(*lines: tuple[int, str, str | None, str | None, bool]) -> pl.DataFrame:
    return pl.DataFrame(list(lines), schema=VALUES, orient="row")


def test_value_that_is_as_before_needs_nothing() -> None:
    """
    Somebody has put the title back by hand already: neither a change nor a conflict.
    """
    directory = make_directory({"id": 1, "email": "ana@example.com", "work_title": "Cook"})

    undo = plan_undo(Trace(values=wrote((1, "work_title", "Cook", "Baker", False))), directory)

    assert undo.plan.is_empty
    assert undo.plan.issues.is_empty()
    assert undo.people.is_empty()


def test_created_manager_of_somebody_who_stays_is_kept() -> None:
    """
    Nothing has happened to the manager, but somebody has been given them since: they are deactivated, not removed.
    """
    directory = make_directory(
        {"id": 1, "email": "ana@example.com", "manager_id": 2}, {"id": 2, "email": "boss@example.com"}
    )
    created = pl.DataFrame([(2, False)], schema=CREATED, orient="row")

    undo = plan_undo(Trace(created=created), directory)

    assert undo.plan.writes.removed.is_empty()
    assert undo.plan.changes["kind"].to_list() == ["deactivated"]
    assert undo.plan.issues["code"].to_list() == ["undo_keeps_person"]


def test_manager_who_is_gone_cannot_come_back() -> None:
    """
    The person keeps the manager whom they have.
    """
    directory = make_directory(
        {"id": 1, "email": "ana@example.com", "manager_id": 2}, {"id": 2, "email": "boss@example.com"}
    )

    undo = plan_undo(Trace(values=wrote((1, "manager", "99", "2", True))), directory)

    assert undo.plan.is_empty
    assert undo.plan.issues["code"].to_list() == ["undo_conflict"]


def test_both_references_of_a_manager_who_was_waited_for_come_back() -> None:
    """
    The log keeps id and address apart, also where the id looks like an address.
    """
    directory = make_directory(
        {"id": 1, "email": "ana@example.com"},
        {"id": 2, "email": "bo@example.com"},
        {"id": 3, "email": "cy@example.com"},
    )
    values = wrote(
        (1, "manager", "?E9 <boss@example.com>", None, True),
        (2, "manager", "?boss@id <>", None, True),
        (3, "manager", "?boss@example.com", None, True),
    )

    updates = plan_undo(Trace(values=values), directory).plan.writes.updates

    assert updates.select("pending_manager_id", "pending_manager_email").rows() == [
        ("E9", "boss@example.com"),
        ("boss@id", None),
        (None, "boss@example.com"),
    ]


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(5)), st.sets(st.integers(0, 4)))
def test_addresses_go_back_unless_somebody_keeps_them(order: list[int], kept: set[int]) -> None:
    """
    Five addresses went round. Some people have decided on theirs since and keep it: who wants that one back, or one
    that such a person keeps in turn, stays too, and is listed; all others have their old one again.
    """
    before = [f"P{number}@example.com" for number in range(5)]
    now = [before[place] for place in order]
    directory = make_directory(*({"id": number + 1, "email": now[number]} for number in range(5)))
    logged = [number for number in range(5) if order[number] != number]
    values = [(n + 1, "primary_email_address", before[n], now[n], n not in kept) for n in logged]

    plan = plan_undo(Trace(values=wrote(*values)), directory).plan

    stay = kept & set(logged)
    while more := {number for number in logged if order.index(number) in stay} - stay:
        stay |= more
    final = dict(enumerate(now, 1))
    final |= dict(plan.writes.updates.select("learner_id", "primary_email_address").iter_rows())
    assert [final[n + 1] for n in range(5)] == [now[n] if n in stay else before[n] for n in range(5)]
    assert plan.issues.height == len(stay)
