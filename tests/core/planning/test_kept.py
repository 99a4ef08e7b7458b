"""What a file may not change: values set by hand, and those that a higher feed speaks for."""

from dataclasses import replace

import polars as pl
import pytest

from orgsync.core.directory import CLAIM_SCHEMA, OVERRIDE_SCHEMA, Directory, FeedAbove
from orgsync.core.edits import Edit, check_edits, write_edits
from orgsync.core.plan import Plan, Policy
from orgsync.core.planning.build import build_plan
from tests.factories import TODAY, change_lines, codes, make_directory, plan_of, statuses

ANA = {"id": 1, "email": "ana@example.com", "unique_user_id": "E1", "department_name": "Sales"}
BO = {"id": 2, "email": "bo@example.com", "unique_user_id": "E2", "manager_id": 1}


def with_overrides(directory: Directory, *targets: tuple[int, str]) -> Directory:
    return replace(directory, overrides=pl.DataFrame(list(targets), schema=OVERRIDE_SCHEMA, orient="row"))


def below(directory: Directory, *fields: str) -> Directory:
    """Put a feed that speaks for `fields`, and claims everybody, above the one whose file is planned."""
    claims = [(learner_id, 7) for learner_id in directory.learners["learner_id"]]
    return replace(
        directory,
        claims_above=pl.DataFrame(claims, schema=CLAIM_SCHEMA, orient="row"),
        feeds_above=(FeedAbove(7, "HR", frozenset(fields)),),
    )


def plan_edits(directory: Directory, *edits: Edit) -> Plan:
    file = check_edits(write_edits(edits), license_keys=directory.pools["pool_key"].to_list())
    return build_plan(file.checked, file.layout, directory, Policy(by_hand=True, today=TODAY))


def test_blank_cell_clears_no_override() -> None:
    """
    Where blank means empty, it means nothing for a value that a person set.
    """
    directory = with_overrides(make_directory(ANA), (1, "department_name"))

    plan = plan_of("unique_user_id,department_name\nE1,\n", directory, blank_clears=frozenset({"department_name"}))

    assert plan.is_empty
    assert codes(plan) == ["kept_by_hand"]


def test_override_keeps_an_empty_value_empty() -> None:
    """
    A person decided that there is none.
    """
    directory = with_overrides(make_directory(ANA), (1, "work_title"))

    plan = plan_of("unique_user_id,work_title\nE1,Cook\n", directory)

    assert plan.is_empty
    assert codes(plan) == ["kept_by_hand"]


def test_same_value_is_no_disagreement() -> None:
    """
    Nobody is warned about a cell that says what stands.
    """
    directory = below(make_directory(ANA, BO), "department_name", "manager", "primary_email_address")

    plan = plan_of(
        """
        unique_user_id,primary_email_address,department_name,manager_unique_user_id,manager_primary_email_address
        E1,ANA@example.com,Sales,,
        E2,bo@example.com,,E1,ana@example.com
        """,
        directory,
    )

    assert plan.is_empty
    assert codes(plan) == []


def test_lower_feed_cannot_bring_back_whom_the_higher_calls_inactive() -> None:
    """
    Status is an attribute like any other where the higher feed speaks for it.
    """
    directory = below(make_directory(ANA | {"is_active": False, "worker_status": "inactive"}), "worker_status")

    plan = plan_of("unique_user_id,worker_status\nE1,active\n", directory)

    assert plan.is_empty
    assert codes(plan) == ["owned_by_other_feed"]


def test_row_in_error_gets_no_warning_on_top() -> None:
    """
    Nothing of it counts, so nothing of it is ignored.
    """
    directory = below(make_directory(ANA), "department_name")

    plan = plan_of("unique_user_id,primary_email_address,department_name\nE1,nobody,Marketing\n", directory)

    assert codes(plan) == ["invalid_email"]


def test_address_that_is_kept_is_not_taken() -> None:
    """
    Who wants the address of somebody who keeps theirs is told so; who may not move frees nothing.
    """
    directory = with_overrides(make_directory(ANA, BO), (2, "primary_email_address"))

    plan = plan_of(
        """
        unique_user_id,primary_email_address
        E2,bob@example.com
        E1,bo@example.com
        """,
        directory,
    )

    assert statuses(plan) == ["UNCHANGED", "ERROR"]
    assert plan.is_empty


def test_edit_by_hand_obeys_neither_override_nor_order() -> None:
    """
    It is the word of a person, which is what an override keeps.
    """
    directory = below(with_overrides(make_directory(ANA), (1, "department_name")), "department_name")

    plan = plan_edits(directory, Edit(1, "ana@example.com", values={"department_name": None}))

    assert change_lines(plan) == [("value_cleared", 1, "department_name", "Sales", None)]
    assert plan.writes.claims.is_empty()


def test_edit_gives_up_an_id_that_another_takes() -> None:
    """
    In one plan, as when an id was given to the wrong record.
    """
    plan = plan_edits(
        make_directory(ANA, BO),
        Edit(1, "ana@example.com", drops_user_id=True),
        Edit(2, "bo@example.com", new_user_id="E1"),
    )

    assert change_lines(plan) == [
        ("id_changed", 1, "unique_user_id", "E1", None),
        ("id_changed", 2, "unique_user_id", "E2", "E1"),
    ]


@pytest.mark.parametrize("says", [True, False])
def test_license_by_hand_takes_and_frees_seats_like_any_other(says: bool) -> None:
    """
    A denied seat goes to whoever waits; one that is granted waits when there is none.
    """
    directory = make_directory(
        ANA,
        BO,
        pools=[{"id": 1, "key": "license_english_status", "seats": 1}],
        licenses=[
            {"learner": 1, "state": "active"},
            *([] if says else [{"learner": 2, "state": "waiting", "position": 1}]),
        ],
    )
    who = Edit(2 if says else 1, "x@example.com", licenses={"license_english_status": says})

    plan = plan_edits(directory, who)

    moved = plan.writes.licenses.select("learner_id", "before", "after").rows()
    assert sorted(moved) == ([(2, None, "waiting")] if says else [(1, "active", "denied"), (2, "waiting", "active")])
