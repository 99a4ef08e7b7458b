"""Each guard that counts: what trips it, and its neighbour that does not."""

from collections.abc import Mapping
from dataclasses import replace

import polars as pl
import pytest

from orgsync.core.checking import check_file
from orgsync.core.directory import Directory
from orgsync.core.guards import EFFECTS, GUARDS, UNDO, Case, FeedHistory, HoldReason, fill_of, reasons_to_hold
from orgsync.core.model import Mode
from orgsync.core.plan import Policy
from orgsync.core.planning.build import build_plan
from tests.factories import TODAY, make_directory

KEYS = "unique_user_id"
KNOWN = FeedHistory(has_applied=True)


def people(count: int, **more: object) -> list[dict[str, object]]:
    return [{"id": n, "email": f"p{n}@example.com", "unique_user_id": f"E{n}"} | more for n in range(1, count + 1)]


def csv(header: str, numbers: range, *cells: str) -> str:
    return f"{header}\n" + "".join(",".join([f"E{n}", *(cell.format(n=n) for cell in cells)]) + "\n" for n in numbers)


def case_of(
    text: str, directory: Directory, *, mode: Mode = Mode.CHANGES, history: FeedHistory = KNOWN, job: str = "file"
) -> Case:
    file = check_file(text.encode(), license_keys=directory.pools["pool_key"].to_list())
    plan = build_plan(file.checked, file.layout, directory, Policy(mode=mode, today=TODAY))
    issues = pl.concat([file.issues, plan.issues])
    fill = fill_of(file.checked, file.layout)
    return Case(plan, file.layout, issues, directory, mode, history, fill, job)


def reasons(text: str, directory: Directory, **more: object) -> dict[str, HoldReason]:
    return {reason.code: reason for reason in reasons_to_hold(case_of(text, directory, **more))}  # type: ignore[arg-type]


def week(**past: int) -> FeedHistory:
    return replace(KNOWN, week=pl.DataFrame([(code, "", n) for code, n in past.items()], schema=EFFECTS, orient="row"))


def held(text: str, directory: Directory, **more: object) -> list[str]:
    return list(reasons(text, directory, **more))


TEN = make_directory(*people(10, work_title="Cook", manager_id=10))


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("leavers", "unique_user_id,worker_status\n{rows}|inactive"),
        ("emails_changed", "unique_user_id,primary_email_address\n{rows}|x{n}@example.com"),
        ("managers_changed", "unique_user_id,manager_unique_user_id\n{rows}|E9"),
        ("values_changed", "unique_user_id,work_title\n{rows}|Chef"),
        ("values_cleared", "unique_user_id,work_title\n{rows}|#CLEAR#"),
    ],
)
def test_more_than_half_holds_and_half_does_not(code: str, text: str) -> None:
    """
    Six of ten, then five of ten.
    """
    header, _, cell = text.partition("\n{rows}|")

    assert code in held(csv(header, range(1, 7), cell), TEN)
    assert held(csv(header, range(1, 6), cell), TEN) == []


def test_many_who_come_back_hold() -> None:
    """
    Three leavers come back to five active people: more than half; two are not held.
    """
    world = make_directory(
        *people(5), *[person | {"is_active": False, "worker_status": "inactive"} for person in people(8)[5:]]
    )
    header = "unique_user_id,worker_status"

    assert "reactivations" in held(csv(header, range(6, 9), "active"), world)
    assert held(csv(header, range(6, 8), "active"), world) == []


def test_first_manager_and_manager_who_appears_are_no_change() -> None:
    """
    Ten people get a manager for the first time, three of them one whom they waited for.
    """
    waiting = [person | {"pending_manager_id": "E99"} for person in people(3)]
    world = make_directory(*waiting, *people(10)[3:])
    text = csv("unique_user_id,manager_unique_user_id", range(1, 10), "E10")

    assert held(text, world) == []


def test_one_small_department_is_named() -> None:
    """
    Three of four in Legal leave, three of a hundred in all.
    """
    world = make_directory(*people(4, department_name="Legal"), *people(100, department_name="Sales")[4:])

    found = reasons(csv("unique_user_id,worker_status", range(1, 4), "inactive"), world)

    assert list(found) == ["leavers"]
    assert found["leavers"].details == ("Legal",)
    assert found["leavers"].message == ("3 of 100 active people of this feed would leave. Departments: Legal (3 of 4).")


def test_one_emptied_group_is_named() -> None:
    """
    Three of five leave the choir; that is few of all memberships.
    """
    groups = [{"id": 1, "name": "Choir"}, {"id": 2, "name": "Everybody"}]
    members = [(n, 1, 1) for n in range(1, 6)] + [(n, 2, 1) for n in range(1, 101)]
    world = make_directory(*people(100), groups=groups, memberships=members)
    header = "unique_user_id,remove_from_groups"

    found = reasons(csv(header, range(1, 4), "Choir"), world)

    assert found["group_removals"].message == "3 of 105 memberships would end. Groups: Choir (3 of 5)."
    assert held(csv(header, range(1, 3), "Choir"), world) == []


def test_base_of_values_is_who_has_one() -> None:
    """
    Three of five who have a title lose it, though a hundred people have none.
    """
    world = make_directory(*people(5, work_title="Cook"), *people(100)[5:])

    found = reasons(csv("unique_user_id,work_title", range(1, 4), "#CLEAR#"), world)

    assert found["values_cleared"].message == "3 of 5 values would be cleared. Attributes: work_title (3 of 5)."


def test_full_file_is_measured_by_the_people_of_its_feed() -> None:
    """
    A feed of ten among a hundred shifts a column: all its titles, a tenth of the company's.
    """
    others = people(100, work_title="Cook", is_claimed_here=False, is_claimed_elsewhere=True)
    world = make_directory(*people(10, work_title="Cook"), *others[10:])
    text = csv("unique_user_id,work_title", range(1, 11), "Sales")

    assert held(text, world, mode=Mode.FULL) == ["values_changed"]
    assert held(text, world, mode=Mode.CHANGES) == []


@pytest.mark.parametrize(("joining", "codes"), [(25, []), (26, ["joiners"])])
def test_joiners_above_a_quarter_hold(joining: int, codes: list[str]) -> None:
    """
    More than twenty, and more than 25 %.
    """
    text = "primary_email_address\n" + "".join(f"new{n}@example.com\n" for n in range(joining))

    assert held(text, make_directory(*people(100))) == codes


def test_first_file_of_a_feed_may_bring_and_rewrite() -> None:
    """
    Joiners, titles and groups of a first load hold nothing; leavers do.
    """
    known = csv("unique_user_id,primary_email_address,work_title,groups", range(1, 11), "p{n}@example.com", "Chef", "")
    text = known + "".join(f"N{n},n{n}@example.com,Chef,Group {n}\n" for n in range(150))
    first = FeedHistory()

    assert held(text, TEN) == ["values_changed", "joiners", "new_groups"]
    assert held(text, TEN, history=first) == []
    assert held(csv("unique_user_id,worker_status", range(1, 7), "inactive"), TEN, history=first) == ["leavers"]


@pytest.mark.parametrize(("count", "codes"), [(100, []), (101, ["new_groups"])])
def test_more_than_a_hundred_new_groups_hold(count: int, codes: list[str]) -> None:
    """
    As when a column of numbers is taken for groups.
    """
    assert held(csv("unique_user_id,groups", range(1, count + 1), "Group {n}"), make_directory(*people(200))) == codes


def test_more_than_a_hundred_new_attributes_hold() -> None:
    """
    A limit of the organization's, because a file may have a hundred new ones at most.
    """
    names = [f"attribute_a{n}" for n in range(4)]
    text = f"unique_user_id,{','.join(names)}\nE1,1,2,3,4\n"
    case = case_of(text, make_directory(*people(5)))

    assert [r.code for r in reasons_to_hold(case, {"new_attributes": {"number": 3}})] == ["new_attributes"]
    assert reasons_to_hold(case, {"new_attributes": {"number": 4}}) == ()


@pytest.mark.parametrize(("count", "codes"), [(100, []), (101, ["new_values"])])
def test_more_than_a_hundred_new_values_hold(count: int, codes: list[str]) -> None:
    """
    Departments that nobody is in yet.
    """
    world = make_directory(*people(500, department_name="Sales"))

    assert held(csv("unique_user_id,department_name", range(1, count + 1), "D{n}"), world) == codes


def test_values_of_ones_own_are_always_new() -> None:
    """
    A badge number is nobody else's: new ones are no accident, and neither are telephone numbers.
    """
    badges = [person | {"attribute_badge": f"B{person['id']}"} for person in people(600)]
    text = csv("unique_user_id,attribute_badge,work_phone_number", range(1, 121), "C{n}", "+1 {n}")

    assert held(text, make_directory(*badges)) == []


def full(**history: object) -> Mapping[str, object]:
    return {"mode": Mode.FULL, "history": replace(KNOWN, **history)}  # type: ignore[arg-type]


@pytest.mark.parametrize(("filled", "codes"), [(10, []), (9, ["fill_rate_drop"])])
def test_column_that_is_half_empty_holds(filled: int, codes: list[str]) -> None:
    """
    From all of twenty people to fewer than half.
    """
    lines = [f"E{n},{'Cook' if n <= filled else ''}" for n in range(1, 21)]
    text = "unique_user_id,work_title\n" + "\n".join(lines) + "\n"

    assert held(text, make_directory(*people(20)), **full(fill={"work_title": 1.0})) == codes


def test_few_emptied_cells_and_columns_of_events_hold_nothing() -> None:
    """
    Two of two cells; and a column that only says what happens.
    """
    text = csv("unique_user_id,work_title,existing_email_address", range(1, 21), "", "")
    fill = {"work_title": 0.1, "existing_email_address": 0.9}

    assert held(text, make_directory(*people(20)), **full(fill=fill)) == []


def test_days_before_are_added_and_told_apart() -> None:
    """
    Eight leave tonight and 80 left in the days before, of a thousand then: that is a leak.
    """
    world = make_directory(*people(920))
    text = csv("unique_user_id,worker_status", range(1, 9), "inactive")

    found = reasons(text, world, history=week(leavers=80))

    assert found["leavers"].message == (
        "88 of 1,000 active people of this feed would leave in 7 days. 80 of them were applied before this plan."
    )
    assert held(text, world, history=week(leavers=40)) == []
    assert held("unique_user_id\nE1\n", world, history=week(leavers=80)) == []


def test_undo_is_not_added_to_the_days_before() -> None:
    """
    It takes back what leaked.
    """
    text = csv("unique_user_id,worker_status", range(1, 9), "inactive")

    assert held(text, make_directory(*people(920)), history=week(leavers=80), job=UNDO) == []


def test_guards_of_files_leave_other_jobs_alone() -> None:
    """
    An undo reads the file that it undoes, whose rows may well be wrong.
    """
    text = "unique_user_id,primary_email_address\n" + "E1,broken\n" * 5
    history = replace(KNOWN, fields=("work_title",), rows=500)

    assert held(text, TEN, mode=Mode.FULL, history=history)[:1] == ["leavers"]
    assert {"rows_in_error", "missing_column", "row_count_drop"} <= set(
        held(text, TEN, mode=Mode.FULL, history=history)
    )
    assert held(text, TEN, mode=Mode.CHANGES, history=history, job=UNDO) == []


def test_feed_stands_over_organization_and_both_over_the_defaults() -> None:
    """
    The organization lets 30 of a hundred leave, the feed 10.
    """
    case = case_of(csv("unique_user_id,worker_status", range(1, 26), "inactive"), make_directory(*people(100)))
    organization, feed = {"leavers": {"number": 30}}, {"leavers": {"number": 10}}

    assert [reason.code for reason in reasons_to_hold(case)] == ["leavers"]
    assert reasons_to_hold(case, organization) == ()
    assert [reason.code for reason in reasons_to_hold(case, organization, feed)] == ["leavers"]


@pytest.mark.parametrize("code", [guard.code for guard in GUARDS if guard.has_limit])
def test_no_numbers_switch_a_guard_off(code: str) -> None:
    """
    More than half trips whatever is set.
    """
    case = case_of(csv("unique_user_id,worker_status", range(1, 7), "inactive"), TEN)
    huge = {code: {"number": 10**9, "percent": 100, "cap": 10**9}}

    assert [reason.code for reason in reasons_to_hold(case, huge)] == ["leavers"]


@pytest.mark.parametrize("numbers", [{"number": -1}, {"percent": "5"}, {"number": None}, {"cap": True}, {"most": 3}])
def test_wrong_numbers_are_refused(numbers: dict[str, object]) -> None:
    """
    A limit that cannot be compared would guard nothing.
    """
    with pytest.raises(ValueError, match="guard leavers"):
        reasons_to_hold(case_of("unique_user_id\nE1\n", TEN), {"leavers": numbers})
