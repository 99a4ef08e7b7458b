"""Every finding of a file comes out in one pass, and usable cells leave in their final form."""

import dataclasses

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_files import layout_of, raw_file

from orgsync.core.columns import BY_NAME
from orgsync.core.dates import iso_dates
from orgsync.core.groupnames import group_limits, group_names, parse_group_limit, parse_group_list
from orgsync.core.issues import LONG_ROW, UNKNOWN_COLUMN, FileIssue, file_issues, issue_rows
from orgsync.core.rows import CheckedRows
from orgsync.core.validate import check_rows


def checked(headers: str, *rows: list[str | None], date_formats: tuple[str, ...] = ()) -> CheckedRows:
    """Check a file whose headers are given as one text, separated by blanks."""
    names = headers.split()
    return check_rows(raw_file(names, *rows), layout_of(names), date_formats=date_formats)


def codes(found: CheckedRows) -> list[tuple[int | None, str, str | None]]:
    return found.issues.select("row_number", "code", "column").rows()


def one_cell(header: str, cell: str) -> tuple[str | None, list[str]]:
    """Check one cell in an otherwise good row; return the cell as it leaves and the codes found."""
    found = checked(f"unique_user_id {header}", ["e1", cell])
    return found.rows[layout_of([header]).columns[0].field].item(), found.issues["code"].to_list()


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


@pytest.mark.parametrize(
    "address",
    ["ana@example.com", "a.b+c@sub.example.com", "o'neil@example.com", "a@localhost", "1@1.example", "a@b-c.example"],
)
def test_addresses_by_the_rule_are_taken(address: str) -> None:
    """
    What HTML takes as an e-mail address is one.
    """
    assert one_cell("primary_email_address", address) == (address, [])


@pytest.mark.parametrize(
    "address",
    [
        *("ana", "@example.com", "ana@", "a b@example.com", "ana@example..com", "ana@-example.com"),
        *("ana@exa_mple.com", "än@example.com", "ana@example.com\nbo@example.com", "a@b@example.com"),
        *("ana@" + "x" * 64 + ".com", "<ana@example.com>", "ana@example.com,"),
    ],
)
def test_other_text_is_no_address(address: str) -> None:
    """
    One rule, documented; what breaks it is one error of that cell.
    """
    _, found = one_cell("primary_email_address", address)

    assert found in (["invalid_email"], ["control_character"])


def test_an_address_of_255_characters_is_too_long() -> None:
    """
    The limit is 254 characters.
    """
    labels = ".".join(["x" * 49] * 5)

    assert one_cell("primary_email_address", f"anas@{labels}")[1] == []
    assert one_cell("primary_email_address", f"anass@{labels}")[1] == ["too_long"]


def test_keys_with_other_letters_are_case_folded() -> None:
    """
    Folding is Unicode's, also where an address is then refused.
    """
    found = checked("primary_email_address", ["STRASSE@example.com"], ["stra\u00dfe@example.com"])

    assert found.rows["primary_email_key"].to_list() == ["strasse@example.com", "strasse@example.com"]


@pytest.mark.parametrize(
    ("header", "cell", "value"),
    [
        ("worker_status", "Inactive", "inactive"),
        ("domain_name_change", "true", "true"),
        ("permission_curate_content", "YES", "yes"),
        ("group:Sales", "No", "no"),
        ("license_english_status", "ACTIVE", "active"),
        ("group_permission_edit_groups", "Yes", "yes"),
        ("group_permission_edit_groups", "group:A,group:B", "group:A,group:B"),
    ],
)
def test_choices_are_read_without_regard_to_case(header: str, cell: str, value: str) -> None:
    """
    A choice leaves in lower case.
    """
    assert one_cell(header, cell) == (value, [])


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        ("worker_status", "terminated"),
        ("worker_status", "#CLEAR#"),
        ("license_english_status", "#CLEAR#"),
        ("license_english_status", "yes"),
        ("group:Sales", "1"),
        ("group_permission_edit_groups", "Sales"),
        ("group_permission_edit_groups", "#CLEAR#"),
    ],
)
def test_what_is_no_choice_is_an_error_and_null(header: str, cell: str) -> None:
    """
    Nothing is guessed, and a state cannot be cleared.
    """
    assert one_cell(header, cell) == (None, ["invalid_value"])


@pytest.mark.parametrize(
    ("cell", "iso"),
    [
        ("2024-02-01", "2024-02-01"),
        ("2024-2-1", "2024-02-01"),
        ("2024/02/01", "2024-02-01"),
        ("2024-02-01 00:00:00", "2024-02-01"),
        ("2024-02-01T13:30:00.000Z", "2024-02-01"),
        ("2024-02-01T13:30:00+01:00", "2024-02-01"),
        ("01.02.2024", "2024-02-01"),
        ("02/01/2024", "2024-02-01"),
        ("2024-02-30", None),
        ("1899-12-31", None),
        ("2200-01-01", None),
        ("01.02.24", None),
        ("45323", None),
        ("soon", None),
    ],
)
def test_dates_are_read_as_iso_and_as_the_organization_writes_them(cell: str, iso: str | None) -> None:
    """
    A date that cannot be read is a warning, the value is ignored, the row counts.
    """
    found = checked("unique_user_id start_date", ["e1", cell], date_formats=("%d.%m.%Y", "%m/%d/%Y"))

    assert found.rows.select("start_date", "is_valid").row(0) == (iso, True)
    assert found.issues["code"].to_list() == ([] if iso else ["invalid_date"])


@given(st.lists(st.none() | st.dates().map(str) | st.text(max_size=12)))
def test_reading_dates_twice_changes_nothing(cells: list[str | None]) -> None:
    """
    What was read as a date reads as the same date again.
    """
    once = iso_dates(pl.Series(cells, dtype=pl.String), ["%d.%m.%Y"])

    assert iso_dates(once).to_list() == once.to_list()


def test_clear_stays_a_token_where_a_value_may_be_emptied() -> None:
    """
    The token passes texts, dates, managers and the list of groups.
    """
    headers = "unique_user_id work_title start_date manager_primary_email_address attribute_site groups"
    found = checked(headers, ["e1", *["#CLEAR#"] * 5])

    assert found.issues.is_empty()
    assert found.rows.select(headers.split()[1:]).row(0) == ("#CLEAR#",) * 5
    assert found.rows["manager_email_key"].item() is None


def test_identity_cannot_be_cleared() -> None:
    """
    A person without keys is nobody.
    """
    found = checked("unique_user_id primary_email_address domain_name_change", ["#CLEAR#"] * 3)

    assert [code for _, code, _ in codes(found)] == ["clear_identity"] * 3
    assert found.rows.select("unique_user_id", "primary_email_address", "primary_email_key").row(0) == (None,) * 3


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


def test_text_may_hold_tab_and_line_breaks_and_keys_may_not() -> None:
    """
    Control characters are told from what people type into a box.
    """
    assert one_cell("profile_description", "one\r\ntwo\tthree") == ("one\r\ntwo\tthree", [])
    assert one_cell("profile_description", "bell\x07")[1] == ["control_character"]
    assert one_cell("manager_unique_user_id", "e\t2")[1] == ["control_character"]
    assert one_cell("add_to_groups", "A\nB")[1] == ["control_character"]


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("A", ["A"]),
        (" A , B ", ["A", "B"]),
        ('"Sales, EMEA", Engineers', ["Sales, EMEA", "Engineers"]),
        ('"The ""A"" team"', ['The "A" team']),
        ('Team "A"', ['Team "A"']),
        ("A,,B,", ["A", "B"]),
        ("Sales,SALES", ["Sales"]),
        ("group:A", ["group:A"]),
        ("Zoe\u0308", ["Zo\u00eb"]),
        (",", []),
        ('"A', None),
        ('B, "A', None),
        ('"A" B', None),
        ("x" * 256, None),
    ],
)
def test_group_lists(cell: str, names: list[str] | None) -> None:
    """
    Commas separate names, quotes hold them together, and the bulk way reads the same.
    """
    assert parse_group_list(cell) == names
    assert group_names(pl.Series([cell]))["group_name"].to_list() == ([None] if names is None else names)


@given(st.lists(st.text(alphabet='ab ,"Ä:', max_size=8), max_size=6))
def test_group_lists_read_alike_in_bulk_and_one_by_one(cells: list[str]) -> None:
    """
    The split of cells without quotes is only a faster way to the same names.
    """
    lines = group_names(pl.Series(cells, dtype=pl.String))

    for cell in cells:
        read = lines.filter(pl.col("cell") == cell)["group_name"].to_list()
        assert read == ([None] if parse_group_list(cell) is None else parse_group_list(cell))


@pytest.mark.parametrize(
    ("cell", "limit"),
    [
        ("yes", "yes"),
        ("NO", "no"),
        ("group:A,group:B", ["A", "B"]),
        ('group:"A, B"', ["A, B"]),
        ('"group:A, B",Group:C', ["A, B", "C"]),
        ("group:A,B", None),
        ("group:", None),
        ("A", None),
    ],
)
def test_group_limits(cell: str, limit: str | list[str] | None) -> None:
    """
    A group permission is yes, no, or names that each begin with group:.
    """
    assert parse_group_limit(cell) == limit
    expected = {"yes": [], "no": []}.get(str(limit), [None] if limit is None else limit)
    assert group_limits(pl.Series([cell]))["group_name"].to_list() == expected


def test_a_list_that_cannot_be_read_is_an_error_and_null() -> None:
    """
    Also the token where there is no set to empty.
    """
    found = checked(
        "unique_user_id groups add_to_groups", ["e1", '"A', "B"], ["e2", "#CLEAR#", ""], ["e3", "", "#CLEAR#"]
    )

    assert codes(found) == [(2, "invalid_group_list", "groups"), (4, "invalid_group_list", "add_to_groups")]
    assert found.rows["groups"].to_list() == [None, "#CLEAR#", None]
    assert found.rows["add_to_groups"].to_list() == ["B", None, None]


def test_a_group_added_and_removed_in_one_row_is_an_error() -> None:
    """
    Lists and yes/no columns count together, names without regard to case.
    """
    found = checked(
        "unique_user_id add_to_groups remove_from_groups group:Sales",
        ["e1", "Sales, Lisbon", "LISBON", ""],
        ["e2", "Sales", "", "no"],
        ["e3", "", "sales", "yes"],
        ["e4", "Lisbon", "", "yes"],
        ["e5", "Lisbon", "", ""],
        ["e6", "", "Lisbon", ""],
    )

    assert [(row, code) for row, code, _ in codes(found)] == [(row, "group_added_and_removed") for row in (2, 3, 4)]


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
