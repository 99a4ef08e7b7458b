"""A plan that takes nothing: what it leaves for later, and what it still gives."""

import pytest

from orgsync.core.plan import Plan
from tests.factories import change_lines, codes, kinds_of, make_directory, plan_of, statuses

BO = {"id": 2, "email": "bo@example.com", "unique_user_id": "E2"}


def additions_of(text: str, person: dict[str, object], *others: dict[str, object], **more: object) -> Plan:
    links = {
        name: more.pop(name) for name in ("permissions", "licenses", "pools", "groups", "memberships") if name in more
    }
    return plan_of(text, make_directory(person, *others, **links), takes_nothing=True, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "cell", "is_applied"),
    [
        ("yes", "no", False),
        ("yes", "group:Ops", False),
        ("group:Bar,group:Ops", "group:Ops", False),
        ("group:Ops", '"group:Bar,group:Ops"', True),
        ("group:Ops", "yes", True),
    ],
)
def test_scope_of_a_permission_only_widens(before: str, cell: str, is_applied: bool) -> None:
    """A scope that lacks something that it had takes that away."""
    permission = "group_permission_view_reports"
    text = f"unique_user_id,{permission}\nE2,{cell}\n"

    plan = additions_of(text, BO, permissions=[(2, permission, before)], allows_permissions=True)

    assert kinds_of(plan) == (["permission_changed"] if is_applied else [])
    assert ("removal_later" in codes(plan)) is not is_applied


def test_whoever_is_to_leave_keeps_status_and_last_day() -> None:
    """Otherwise the calendar or the next file would send them away without anybody's word."""
    person = {**BO, "worker_status": "active", "work_title": "Cook"}

    plan = additions_of("unique_user_id,worker_status,end_date,work_title\nE2,inactive,2026-02-01,Chef\n", person)

    assert change_lines(plan) == [("value_changed", 2, "work_title", "Cook", "Chef")]


def test_last_day_that_is_over_leaves_for_later_too() -> None:
    """To leave by a date is to leave."""
    plan = additions_of("unique_user_id,end_date\nE2,2026-02-01\n", BO)

    assert kinds_of(plan) == []
    assert statuses(plan) == ["SKIPPED"]


def test_last_day_to_come_is_an_addition() -> None:
    """Nobody leaves by it today."""
    assert kinds_of(additions_of("unique_user_id,end_date\nE2,2027-02-01\n", BO)) == ["value_set"]


def test_blank_that_empties_is_left_for_later() -> None:
    """Where a blank cell empties a value, it takes it away."""
    plan = additions_of(
        "unique_user_id,work_title\nE2,\n", {**BO, "work_title": "Cook"}, blank_clears=frozenset({"work_title"})
    )

    assert kinds_of(plan) == []
    assert codes(plan) == ["removal_later"]


def test_manager_who_is_replaced_by_an_unknown_one_is_an_addition() -> None:
    """The person has a manager before and after, even when the new one is still to come."""
    plan = additions_of(
        "unique_user_id,manager_unique_user_id\nE2,E9\n", {**BO, "manager_id": 1}, {"id": 1, "email": "ana@example.com"}
    )

    assert kinds_of(plan) == ["manager_changed"]


def test_absent_people_keep_everything() -> None:
    """Neither they nor their claims go, and their seats are not given away."""
    plan = additions_of(
        "primary_email_address,license_english_status\nflo@example.com,active\n",
        BO,
        mode="full",
        pools=[{"id": 1, "key": "license_english_status", "seats": 1}],
        licenses=[{"learner": 2, "state": "active"}],
    )

    assert kinds_of(plan) == ["created", "license_waiting"]
    assert plan.leavers.is_empty()
    assert plan.writes.claims["is_claimed"].to_list() == [True]
