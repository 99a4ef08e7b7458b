"""Every finding of a file comes out in one pass, and usable cells leave in their final form."""

import dataclasses

import polars as pl
from checked_files import checked, codes
from hypothesis import given
from hypothesis import strategies as st
from small_files import layout_of, raw_file

from orgsync.core.columns import BY_NAME
from orgsync.core.issuerows import file_issues, issue_rows
from orgsync.core.issues import LONG_ROW, UNKNOWN_COLUMN, FileIssue
from orgsync.core.validate import check_rows


def test_a_good_row_leaves_in_its_final_form() -> None:
    """
    Keys are folded, choices lower case, dates ISO, blanks null, and nothing is found.
    """
    found = checked(
        "primary_email_address unique_user_id work_title worker_status start_date license_English_status",
        ["Ana@Example.com ", "E1", "", "Active", "2024-02-01", "INACTIVE"],
    )

    assert found.issues.is_empty()
    assert found.rows.row(0, named=True) == {
        "row_number": 2,
        "is_valid": True,
        "primary_email_address": "Ana@Example.com",
        "unique_user_id": "E1",
        "work_title": None,
        "worker_status": "active",
        "start_date": "2024-02-01",
        "license:license_english_status": "inactive",
        "other_email_key": None,
        "other_user_id": None,
        "primary_email_key": "ana@example.com",
        "has_scientific_id": False,
    }


def test_everything_wrong_with_a_row_is_found_in_one_pass() -> None:
    """
    Nobody has to send a file five times to hear of five mistakes.
    """
    found = checked(
        "primary_email_address unique_user_id worker_status start_date work_title",
        ["not an address", "e\x01", "on leave", "soon", "x" * 256],
        ["bo@example.com", "e2", "active", "2024-02-01", "Engineer"],
    )

    assert set(codes(found)) == {
        (2, "invalid_email", "primary_email_address"),
        (2, "control_character", "unique_user_id"),
        (2, "invalid_value", "worker_status"),
        (2, "invalid_date", "start_date"),
        (2, "too_long", "work_title"),
    }
    assert found.rows["is_valid"].to_list() == [False, True]


def test_a_bad_row_keeps_its_keys() -> None:
    """
    A person whose row is wrong is present, not absent.
    """
    found = checked("primary_email_address unique_user_id worker_status", ["Ana@example.com", "e1", "gone"])

    assert found.rows.select("is_valid", "primary_email_key", "unique_user_id").row(0) == (
        False,
        "ana@example.com",
        "e1",
    )


def test_a_row_without_any_key_is_an_error() -> None:
    """
    One key is enough, also the old address of an e-mail change.
    """
    found = checked(
        "primary_email_address existing_email_address unique_user_id work_title",
        ["", "", " ", "Engineer"],
        ["ana@example.com", "", "", ""],
        ["", "old@example.com", "", ""],
        ["", "", "e1", ""],
    )

    assert codes(found) == [(2, "no_key", None)]


def test_a_domain_change_may_not_change_the_name_before_the_at() -> None:
    """
    The promise holds without regard to case, and only where it is made.
    """
    found = checked(
        "existing_email_address primary_email_address domain_name_change",
        ["ana@old.example.com", "Ana@example.com", "TRUE"],
        ["ana@old.example.com", "anna@example.com", "true"],
        ["ana@old.example.com", "anna@example.com", "FALSE"],
        ["", "anna@example.com", "TRUE"],
    )

    assert codes(found) == [(3, "domain_only", "primary_email_address")]


def test_rewritten_ids_are_marked_and_only_new_ones_refused_at_once() -> None:
    """
    Whether 1.2E+05 is an error depends on who matches; as a new id it always is one.
    """
    found = checked(
        "unique_user_id new_unique_user_id", ["1.2E+05", ""], ["1E+10", ""], ["1,2E+05", ""], ["E5", "1E+10"]
    )

    assert found.rows["has_scientific_id"].to_list() == [True, True, True, False]
    assert codes(found) == [(5, "scientific_id", "new_unique_user_id")]


def test_near_duplicate_values_of_a_custom_attribute_get_a_warning() -> None:
    """
    One warning for each rarer spelling, at its first row; the rows count.
    """
    offices = [
        "Sydney office",
        "Sydney Office",
        "Oslo",
        "Sydney Office",
        "sydney  office",
        "Sydney office ",
        "Sydney Office",
    ]
    found = checked("unique_user_id attribute_site", *([f"e{n}", office] for n, office in enumerate(offices)))

    assert codes(found) == [
        (2, "near_duplicate_value", "attribute_site"),
        (6, "near_duplicate_value", "attribute_site"),
    ]
    assert "“Sydney office” differs only in case or blanks from “Sydney Office”" in found.issues["message"][0]
    assert found.rows["is_valid"].all()


def test_question_marks_inside_names_suggest_lost_letters() -> None:
    """
    One warning of the whole file names the first rows.
    """
    found = checked(
        "unique_user_id preferred_first_name preferred_last_name work_title",
        ["e1", "Ana", "Silva", "Who?"],
        ["e2", "Jos?", "Silva", ""],
        ["e3", "Ana", "????", ""],
        ["e4", "Ana", "?", ""],
    )

    assert codes(found) == [(None, "lossy_encoding", None)]
    assert "3, 4" in found.issues["message"].item()


def test_issues_of_reader_and_headers_come_along() -> None:
    """
    A row that could not be taken apart is in error, and nothing more is said of its cells.
    """
    headers = ["unique_user_id", "worker_status"]
    raw = raw_file(headers, ["e1", "smith"], ["e2", "smith"])
    raw = dataclasses.replace(raw, issues=issue_rows(raw.rows.head(1), LONG_ROW, message="too long"))
    unknown = file_issues([FileIssue(UNKNOWN_COLUMN, "unknown", "dept")])
    layout = dataclasses.replace(layout_of(headers), issues=unknown)

    found = check_rows(raw, layout)

    assert [(row, code) for row, code, _ in codes(found)] == [
        (None, "unknown_column"),
        (2, "long_row"),
        (3, "invalid_value"),
    ]
    assert found.rows["is_valid"].to_list() == [False, False]
    assert found.rows["unique_user_id"].to_list() == ["e1", "e2"]


def test_a_file_without_rows_is_checked_too() -> None:
    """
    Every kind of column survives an empty file.
    """
    found = checked(" ".join(name for name in BY_NAME if " " not in name) + " attribute_x group:A license_x_status")

    assert found.rows.is_empty()
    assert found.issues.is_empty()


@given(
    st.lists(
        st.tuples(*[st.none() | st.text(max_size=8) | st.sampled_from(["#CLEAR#", "yes", "a@b.example", '"A,'])] * 5),
        max_size=8,
    )
)
def test_any_cells_can_be_checked_and_no_row_is_lost(rows: list[tuple[str | None, ...]]) -> None:
    """
    Whatever a file holds, each row comes out, and is valid exactly when it has no error.
    """
    headers = ["primary_email_address", "groups", "start_date", "license_a_status", "preferred_last_name"]
    found = check_rows(raw_file(headers, *(list(cells) for cells in rows)), layout_of(headers))

    errors = set(found.issues.filter(pl.col("severity") == "ERROR")["row_number"])
    assert found.rows["row_number"].to_list() == list(range(2, len(rows) + 2))
    assert {number for number, valid in found.rows.select("row_number", "is_valid").rows() if not valid} == errors
