"""The results file says what became of every row, and reads back as the same file."""

import csv
import io

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from small_files import layout_of, raw_file

from orgsync.core import results
from orgsync.core.csvfile import read_csv
from orgsync.core.headers import read_layout
from orgsync.core.issuerows import file_issues, issue_rows, no_issues
from orgsync.core.issues import INVALID_DATE, NO_KEY, TOO_LONG, UNKNOWN_MANAGER, FileIssue, IssueKind
from orgsync.core.normalize import normalize
from orgsync.core.results import NOT_IN_FILE, complete_outcome, write_results
from orgsync.core.rows import RawFile

NO_LEAVERS = pl.DataFrame(schema={"primary_email_address": pl.String, "unique_user_id": pl.String})
CELLS = st.text(alphabet=st.characters(codec="utf-8"), max_size=8) | st.text(alphabet="'=+-@\t\r\n\",;a ", max_size=6)

UNNAMED = "No row of the full file names this person."


def outcome_of(*statuses: str) -> pl.DataFrame:
    numbers = range(2, len(statuses) + 2)
    return pl.DataFrame(
        {"row_number": numbers, "status": statuses}, schema={"row_number": pl.Int64, "status": pl.String}
    )


def issues_of(*found: tuple[int, IssueKind, str]) -> pl.DataFrame:
    frames = [issue_rows(pl.DataFrame({"row_number": [row]}), kind, message=text) for row, kind, text in found]
    return pl.concat([no_issues(), *frames])


def written(
    raw: RawFile,
    outcome: pl.DataFrame,
    issues: pl.DataFrame | None = None,
    leavers: pl.DataFrame = NO_LEAVERS,
    *,
    carries_results: bool = False,
    failed_rows_only: bool = False,
) -> list[list[str]]:
    """Write results and read them with the strict reader."""
    layout = layout_of(list(raw.headers), carries_results=carries_results)
    found = no_issues() if issues is None else issues
    target = io.BytesIO()
    count = write_results(raw, layout, outcome, found, leavers, target, failed_rows_only=failed_rows_only)
    lines = list(csv.reader(io.StringIO(target.getvalue().decode("utf-8-sig"), newline=""), strict=True))
    assert count == len(lines) - 1
    return lines


def test_each_row_has_one_line_with_its_status_and_issues() -> None:
    """
    Input's columns and order stay; codes stand once, messages all.
    """
    raw = raw_file(["work_title", "unique_user_id"], ["Engineer, senior", "e1"], ["", "e2"], ["Chef", ""])
    issues = issues_of(
        (4, NO_KEY, "No key."),
        (2, INVALID_DATE, "No date."),
        (2, TOO_LONG, "Too long: a."),
        (2, TOO_LONG, "Too long: b."),
    )

    lines = written(raw, outcome_of("ERROR", "UPDATED", "ERROR"), issues)

    assert lines == [
        ["work_title", "unique_user_id", "Status", "Code", "Messages"],
        ["Engineer, senior", "e1", "ERROR", "invalid_date; too_long", "No date.; Too long: a.; Too long: b."],
        ["", "e2", "UPDATED", "", ""],
        ["Chef", "", "ERROR", "no_key", "No key."],
    ]


def test_issues_of_the_whole_file_stand_in_no_row() -> None:
    """
    They are messages of the job.
    """
    raw = raw_file(["unique_user_id"], ["e1"])

    lines = written(raw, outcome_of("CREATED"), file_issues([FileIssue(UNKNOWN_MANAGER, "x")]))

    assert lines[1:] == [["e1", "CREATED", "", ""]]


def test_leavers_that_no_row_names_follow_under_the_files_own_headers() -> None:
    """
    Their line says inactive, and by its code that it is ours.
    """
    headers = ["employee_id", "dept", "worker_status", "invited_email_address"]
    leavers = pl.DataFrame({"primary_email_address": ["bo@example.com", None], "unique_user_id": ["e2", "=e3"]})

    lines = written(raw_file(headers, ["e1", "X", "", ""]), outcome_of("UNCHANGED"), leavers=leavers)

    assert lines[2:] == [
        ["e2", "", "inactive", "bo@example.com", "DEACTIVATED", NOT_IN_FILE, UNNAMED],
        ["'=e3", "", "inactive", "", "DEACTIVATED", NOT_IN_FILE, UNNAMED],
    ]


def test_leavers_may_bring_a_status_of_their_own() -> None:
    """
    In a held job nobody has left yet.
    """
    leavers = pl.DataFrame({"primary_email_address": ["bo@example.com"], "unique_user_id": [None], "status": ["HELD"]})

    lines = written(raw_file(["unique_user_id"], ["e1"]), outcome_of("UNCHANGED"), leavers=leavers)

    assert lines[-1] == ["", "HELD", NOT_IN_FILE, UNNAMED]


def test_failed_rows_only() -> None:
    """
    The second download holds what is left to mend, and nobody who left.
    """
    raw = raw_file(["unique_user_id"], ["e1"], ["e2"], ["e3"])
    leavers = pl.DataFrame({"primary_email_address": ["bo@example.com"], "unique_user_id": ["e9"]})

    lines = written(raw, outcome_of("ERROR", "UPDATED", "ERROR"), leavers=leavers, failed_rows_only=True)

    assert [line[:2] for line in lines[1:]] == [["e1", "ERROR"], ["e3", "ERROR"]]


def test_old_result_columns_are_replaced() -> None:
    """
    A results file that comes back does not grow, and its defence is not doubled.
    """
    headers = ["work_phone_number", "Status", "Code", "unique_user_id", "Messages"]
    raw = raw_file(headers, ["'+351 555", "ERROR", "no_key", "e1", "Old."])

    lines = written(raw, outcome_of("UPDATED"), carries_results=True)

    assert lines == [
        ["work_phone_number", "unique_user_id", "Status", "Code", "Messages"],
        ["'+351 555", "e1", "UPDATED", "", ""],
    ]


def test_a_column_of_the_senders_own_called_status_stays_under_another_name() -> None:
    """
    Two headers of one name would be refused when the file comes back.
    """
    lines = written(raw_file(["unique_user_id", "status"], ["e1", "A"]), outcome_of("UPDATED"))

    assert lines == [["unique_user_id", "status (sent)", "Status", "Code", "Messages"], ["e1", "A", "UPDATED", "", ""]]


def test_headers_and_messages_cannot_become_formulas() -> None:
    """
    Whatever is echoed back is only text.
    """
    raw = raw_file(["unique_user_id", "=cmd()"], ["e1", ""])

    lines = written(raw, outcome_of("ERROR"), issues_of((2, TOO_LONG, "=cmd() is long")))

    assert lines[0][1] == "'=cmd()"
    assert lines[1][4] == "'=cmd() is long"


def test_rows_of_a_failed_file_are_skipped_or_in_error() -> None:
    """
    A file that fails before its rows were looked at still answers for each of them.
    """
    raw = raw_file(["unique_user_id"], ["e1"], [""], ["e3"])

    outcome = complete_outcome(raw, outcome_of(), issues_of((3, NO_KEY, "No key."), (4, INVALID_DATE, "No date.")))

    assert outcome.rows() == [(2, "SKIPPED"), (3, "ERROR"), (4, "SKIPPED")]


def test_slices_do_not_show(monkeypatch) -> None:
    """
    The file is the same wherever the writer cuts it.
    """
    raw = raw_file(["unique_user_id"], *([f"e{n}"] for n in range(7)))
    outcome, issues = outcome_of(*["UPDATED"] * 7), issues_of((4, INVALID_DATE, "No date."))
    whole = written(raw, outcome, issues)

    monkeypatch.setattr(results, "SLICE_ROWS", 3)

    assert written(raw, outcome, issues) == whole


@given(st.lists(st.tuples(CELLS, CELLS), max_size=6))
def test_results_read_back_as_the_same_cells(rows: list[tuple[str, str]]) -> None:
    """
    Out as results and in again loses nothing: phone numbers, apostrophes, line breaks, blanks, letters.
    """
    headers = ["work_phone_number", "profile_description"]
    sent = raw_file(headers, *(list(cells) for cells in rows))
    outcome = outcome_of(*["UPDATED"] * len(rows))

    lines = written(sent, outcome)
    back = raw_file(lines[0], *lines[1:])

    assert written(back, outcome, carries_results=True) == lines
    read_back = normalize(back, layout_of(lines[0], carries_results=True)).rows
    assert read_back.equals(normalize(sent, layout_of(headers)).rows)


def test_the_reader_takes_a_results_file_back_without_loss() -> None:
    """
    Through bytes, byte order mark, line ends and headers: nothing to repair, nothing to warn of.
    """
    headers = ["primary_email_address", "work_phone_number", "profile_description"]
    sent = raw_file(
        headers,
        ["ana@example.com", "+351 555 0100", "two\nlines, and “quotes”"],
        ["bo@example.com", "'+351", "''=1+1"],
        ["Zoë@example.com", "-", '"'],
    )
    target = io.BytesIO()
    write_results(sent, layout_of(headers), outcome_of(*["UPDATED"] * 3), no_issues(), NO_LEAVERS, target)

    back = read_csv(target.getvalue())
    layout = read_layout(back.headers)

    assert layout.carries_results
    assert layout.issues.is_empty()
    assert back.issues.is_empty()
    cells = normalize(back, layout).rows
    assert cells.select(headers).equals(normalize(sent, layout_of(headers)).rows.select(headers))
