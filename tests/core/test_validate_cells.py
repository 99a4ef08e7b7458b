"""Cells are read by their kind: addresses, choices, dates, texts, and the token that clears."""

import polars as pl
import pytest
from checked_files import checked, codes, one_cell
from hypothesis import given
from hypothesis import strategies as st

from orgsync.core.dates import iso_dates


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


def test_text_may_hold_tab_and_line_breaks_and_keys_may_not() -> None:
    """
    Control characters are told from what people type into a box.
    """
    assert one_cell("profile_description", "one\r\ntwo\tthree") == ("one\r\ntwo\tthree", [])
    assert one_cell("profile_description", "bell\x07")[1] == ["control_character"]
    assert one_cell("manager_unique_user_id", "e\t2")[1] == ["control_character"]
    assert one_cell("add_to_groups", "A\nB")[1] == ["control_character"]
