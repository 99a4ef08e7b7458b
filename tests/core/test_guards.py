"""Guards hold what looks like an accident and let ordinary nights through."""

import polars as pl
import pytest

from orgsync.core.approval import exceeds_approval
from orgsync.core.guards import Case, FeedHistory, Limit, limits_of, reasons_to_hold
from orgsync.core.headers import read_layout
from orgsync.core.model import Mode
from tests.factories import make_directory, plan_of


def people(count: int, **more: object) -> list[dict[str, object]]:
    return [{"id": n, "email": f"p{n}@example.com", "unique_user_id": f"E{n}"} | more for n in range(1, count + 1)]


def held_for(text: str, directory: object, *, mode: str = "full", **history: object) -> list[str]:
    plan = plan_of(text, directory, mode=mode)  # type: ignore[arg-type]
    layout = read_layout(text.split("\n", 1)[0].split(","))
    case = Case(plan, layout, plan.issues, directory, Mode(mode), FeedHistory(**history))  # type: ignore[arg-type]
    return [reason.code for reason in reasons_to_hold(case)]


def rows(*numbers: int) -> str:
    return "primary_email_address,unique_user_id\n" + "".join(f"p{n}@example.com,E{n}\n" for n in numbers)


@pytest.mark.parametrize(
    ("count", "base", "is_tripped"),
    [
        (20, 100, False),  # not more than the number
        (21, 420, False),  # not more than 5 %
        (22, 420, True),
        (2, 3, False),  # more than half, but fewer than 3
        (3, 5, True),
        (3, 6, False),  # exactly half
        (1_000, 100_000, False),
        (1_001, 1_000_000, True),  # the cap
    ],
)
def test_limit(count: int, base: int, is_tripped: bool) -> None:
    """
    Number and percent together, or more than half and at least 3, or the cap.
    """
    assert Limit().is_tripped(count, base) is is_tripped


def test_truncated_full_file_is_held() -> None:
    """
    Half the company missing trips the leavers and the drop of rows.
    """
    assert held_for(rows(*range(1, 51)), make_directory(*people(100)), rows=100) == ["leavers", "row_count_drop"]


def test_ordinary_night_is_not_held() -> None:
    """
    Two leavers and two joiners among a hundred.
    """
    assert held_for(rows(*range(3, 103)), make_directory(*people(100)), rows=100) == []


def test_revocations_are_counted_per_pool() -> None:
    """
    Three of four seats of a small pool go, which the whole would hide.
    """
    pools = [{"id": 1, "key": "license_english_status"}, {"id": 2, "key": "license_french_status"}]
    licenses = [{"learner": n, "pool": 1, "state": "active"} for n in range(1, 91)]
    licenses += [{"learner": n, "pool": 2, "state": "active"} for n in range(1, 5)]
    text = "primary_email_address,license_french_status\n" + "".join(f"p{n}@example.com,inactive\n" for n in (1, 2, 3))

    held = held_for(text, make_directory(*people(100), pools=pools, licenses=licenses), mode="changes")

    assert held == ["licenses_revoked"]


def test_rows_in_error_hold() -> None:
    """
    More than a tenth and more than twenty rows that cannot be used.
    """
    text = "primary_email_address\n" + "".join(f"p{n}@example.com\n" for n in range(80)) + "broken\n" * 21

    assert held_for(text, make_directory(), mode="changes") == ["rows_in_error"]


def test_missing_column_holds_a_full_file_only() -> None:
    """
    The last file had titles.
    """
    world = make_directory(*people(3))
    history = {"fields": ("primary_email_address", "work_title")}

    assert held_for(rows(1, 2, 3), world, **history) == ["missing_column"]
    assert held_for(rows(1, 2, 3), world, mode="changes", **history) == []


def test_row_that_names_nobody_holds_a_full_file_with_leavers() -> None:
    """
    The broken row may be the leaver's.
    """
    text = rows(*range(1, 100)) + "p100#example.com,\n"

    assert held_for(text, make_directory(*people(100))) == ["unidentified_rows"]


def test_change_of_an_admin_is_always_held() -> None:
    """
    An address of an admin changes only with an owner's approval.
    """
    world = make_directory(*people(3, is_admin=True))

    assert held_for("unique_user_id,primary_email_address\nE1,x@example.com\n", world, mode="changes") == [
        "admin_change"
    ]


def test_feed_overrides_one_number_and_keeps_the_others() -> None:
    """
    Only what is named changes; a guard that does not exist is refused.
    """
    assert limits_of({"leavers": {"number": 50}})["leavers"] == Limit(number=50)
    with pytest.raises(ValueError, match="no guard leaver"):
        limits_of({"leaver": {"number": 50}})


def test_approval_is_compared_as_a_set() -> None:
    """
    As many leavers, but another person: that exceeds the approval.
    """
    world = make_directory(*people(3))
    approved = plan_of(rows(1, 2), world, mode="full").changes

    same = plan_of(rows(1, 2), world, mode="full").changes
    other = plan_of(rows(2, 3), world, mode="full").changes

    assert exceeds_approval(same, approved).is_empty()
    assert exceeds_approval(other, approved).filter(pl.col("kind") == "deactivated")["learner_id"].to_list() == [1]
