"""A file without one person: their rows go, and their keys where others name them."""

import io

import polars as pl
import pytest

from orgsync.core.csvfile import read_csv
from orgsync.core.forgetting import (
    Keys,
    is_named_in,
    messages_without,
    names_person,
    plan_without,
    without_person,
    write_raw,
)
from orgsync.core.plan import PLAN_SCHEMA

ANA = Keys.of(1, ["Ana@Example.com", "ana.old@example.com"], ["E1"])
HEAD = "primary_email_address,employee_id,manager_unique_user_id,work_title,Status,Code,Messages\r\n"


def rewritten(text: str) -> str:
    target = io.BytesIO()
    write_raw(without_person(read_csv(text.encode()), ANA), target)
    return target.getvalue().decode("utf-8-sig")


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ("ANA@example.com,,,Cook", True),
        ("bo@example.com,e1,,Cook", True),
        ("bo@example.com,E2,E1,Cook", True),
        ("joana@example.com,E2,,Cook", False),
        ("bo@example.com,E2,,E1", False),
        ("bo@example.com,E2,,Deputy of ana.old@example.com.", True),
        ("ana@example.com.au,E11,,Cook", False),
    ],
)
def test_file_names_a_person_by_any_key_they_ever_had(row: str, named: bool) -> None:
    """
    As itself or as a manager, whatever the case; a longer address or an id elsewhere is somebody else.
    """
    raw = read_csv(f"primary_email_address,employee_id,manager_unique_user_id,work_title\n{row}\n".encode())

    assert names_person(raw, ANA) is named


def test_results_file_is_as_before_but_for_the_person() -> None:
    """
    Bytes of all other rows stay, quoting and formula defence included.
    """
    others = (
        'bo@example.com,E2,,"Cook, ""first""",UPDATED,,\r\n'
        'cy@example.com,E3,,\'=1+1,ERROR,invalid_value,"two\nlines"\r\n'
    )

    assert rewritten(HEAD + others + "ana@example.com,E1,E9,Cook,CREATED,,\r\n") == HEAD + others


def test_manager_cell_and_what_was_said_of_it_are_emptied() -> None:
    """
    The row of somebody else stays.
    """
    row = "bo@example.com,E2,E1,Cook,UPDATED,unknown_manager,No learner is known as the manager E1.\r\n"

    assert rewritten(HEAD + row) == HEAD + "bo@example.com,E2,,Cook,UPDATED,unknown_manager,\r\n"


def test_plan_loses_the_lines_of_the_person_and_their_address_as_manager() -> None:
    """
    Lines of a creation have no id yet: the address says whose they are.
    """
    lines = [
        ("created", -2, 2, "ana@example.com", "Ana", None, None, "{}"),
        ("value_set", 1, 2, "ana.old@example.com", "Ana", "work_title", None, "Cook"),
        ("manager_changed", 2, 3, "bo@example.com", "Bo", "manager", "ana@example.com", "?e1"),
        ("value_set", 2, 3, "bo@example.com", "Bo", "work_title", None, "E1"),
    ]
    plan = plan_without(pl.DataFrame(lines, schema=PLAN_SCHEMA, orient="row"), ANA)

    assert plan.select("learner_id", "before", "after").rows() == [(2, None, None), (2, None, "E1")]


def test_messages_that_quote_the_person_are_worded_anew() -> None:
    """
    Code, row and count stay.
    """
    messages = [
        {"code": "x", "row": 2, "message": "The manager E1 is unknown."},
        {"code": "y", "message": "Row 1 of E11."},
    ]

    assert [message["message"] for message in messages_without(messages, ANA)] == [
        "This named a person who was erased.",
        "Row 1 of E11.",
    ]
    assert is_named_in("Write to ana@example.com.", ANA)
    assert not is_named_in("Write to diana@example.com.", ANA)


def test_short_number_names_nobody_in_running_text() -> None:
    """
    There it is a row or a count; a long one is an id.
    """
    assert not is_named_in("1 row: see row 1.", Keys.of(1, [], ["1"]))
    assert is_named_in("The manager 100423 is unknown.", Keys.of(1, [], ["100423"]))
