"""The counts of a job add up, and its messages are short."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from orgsync.core.issuerows import file_issues, issue_rows, no_issues
from orgsync.core.issues import INVALID_DATE, LOSSY_ENCODING, NO_KEY, UNKNOWN_COLUMN, FileIssue
from orgsync.core.model import RowStatus
from orgsync.core.summary import Summary, summarize, wire_messages


def outcome_of(statuses: list[RowStatus]) -> pl.DataFrame:
    schema = {"row_number": pl.Int64, "status": pl.String}
    return pl.DataFrame(list(enumerate(map(str, statuses), start=2)), schema=schema, orient="row")


def leavers_of(count: int) -> pl.DataFrame:
    return pl.DataFrame({"primary_email_address": [f"p{number}@example.com" for number in range(count)]})


def test_every_status_is_counted_where_it_belongs() -> None:
    """
    Created counts among updated, removed and erased among deleted, held among skipped.
    """
    summary = summarize(outcome_of(list(RowStatus)), no_issues(), leavers_of(2))

    assert summary == Summary(updated=2, deleted=5, warning=0, total=9, error=1, created=1, unchanged=1, skipped=2)


@given(st.lists(st.sampled_from(RowStatus)), st.integers(0, 5))
def test_counts_add_up(statuses: list[RowStatus], leavers: int) -> None:
    """
    Each person counts once, whatever the outcome.
    """
    found = summarize(outcome_of(statuses), no_issues(), leavers_of(leavers))

    counted = found.updated + found.deleted + found.unchanged + found.error + found.skipped
    assert counted == found.total + leavers
    assert found.total == len(statuses)


def test_a_row_with_two_warnings_counts_once() -> None:
    """
    Errors and issues of the file are no warnings of rows.
    """
    rows = outcome_of([RowStatus.UPDATED] * 3)
    warned = issue_rows(rows.head(2), INVALID_DATE, message="No date.")
    wrong = issue_rows(rows.tail(1), NO_KEY, message="No key.")
    whole = file_issues([FileIssue(LOSSY_ENCODING, "Lost.")])

    assert summarize(rows, pl.concat([warned, warned, wrong, whole]), leavers_of(0)).warning == 2


def test_messages_of_the_file_come_first_and_repeats_are_grouped() -> None:
    """
    412 rows with one mistake are one message with its count and first row.
    """
    rows = outcome_of([RowStatus.UPDATED] * 412)
    issues = pl.concat(
        [
            issue_rows(rows, INVALID_DATE, column="start_date", message="No date."),
            issue_rows(rows.tail(1), NO_KEY, message="No key."),
            file_issues([FileIssue(UNKNOWN_COLUMN, "Unknown.", "dept"), FileIssue(LOSSY_ENCODING, "Lost.")]),
        ]
    )

    messages = wire_messages(issues)

    assert [(m["code"], m["row"], m["count"]) for m in messages] == [
        ("unknown_column", 1, 1),
        ("lossy_encoding", None, 1),
        ("no_key", 413, 1),
        ("invalid_date", 2, 412),
    ]
    assert messages[3] == {
        "level": "WARNING",
        "code": "invalid_date",
        "message": "No date.",
        "row": 2,
        "column": "start_date",
        "count": 412,
    }


def test_only_so_many_kinds_found_in_rows_are_sent() -> None:
    """
    The limit never cuts messages of the file.
    """
    rows = outcome_of([RowStatus.UPDATED])
    of_rows = [issue_rows(rows, INVALID_DATE, column=f"c{number}", message="No date.") for number in range(5)]
    whole = file_issues([FileIssue(LOSSY_ENCODING, "Lost.")] * 3)

    assert len(wire_messages(pl.concat([*of_rows, whole]), limit=2)) == 5
