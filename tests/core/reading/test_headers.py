"""Headers are matched as people write them, and whoever is not understood hears of it."""

from typing import Any

import pytest
from lanes import LIMITS

from orgsync.core.columns import BY_NAME, COLUMNS, CellKind
from orgsync.core.csvfile import read_csv
from orgsync.core.errors import UnreadableFile
from orgsync.core.headers import check_headers, holds_our_words, is_known_header, read_layout
from orgsync.core.model import Limits
from orgsync.core.rows import FileLayout


def read(*headers: str, **options: Any) -> FileLayout:
    """Read a layout that has a key column beside the headers of the test."""
    return read_layout(["unique_user_id", *headers], **options)


def fields(layout: FileLayout) -> list[str]:
    """Return the fields of all columns but the key."""
    return [column.field for column in layout.columns if column.position]


def codes(layout: FileLayout) -> list[str]:
    """Return the codes of all issues."""
    return layout.issues["code"].to_list()


@pytest.mark.parametrize("name", [name for name in BY_NAME if BY_NAME[name].kind is not CellKind.IGNORED])
def test_catalogue_spelling_is_read_in_silence(name: str) -> None:
    """Every header and alias of the catalogue means its column's canonical name."""
    layout = read_layout([name, "existing_email_address"])

    assert layout.columns[0].field == BY_NAME[name].name
    assert layout.columns[0].header == name
    assert codes(layout) == []


@pytest.mark.parametrize(
    "header", ["Work_Title", "work title", " WORK  TITLE ", "\ufeffwork_title", "work\u200b_title", "work\u00a0title"]
)
def test_other_spelling_is_read_with_a_warning(header: str) -> None:
    """Case, blanks, byte order marks and zero-width characters do not matter; both spellings are named."""
    layout = read(header)

    assert fields(layout) == ["work_title"]
    assert codes(layout) == ["header_spelling"]
    assert layout.issues["column"][0] == header
    assert header in layout.issues["message"][0]
    assert "read as work_title" in layout.issues["message"][0]


def test_aliases_share_a_field() -> None:
    """Two columns of one field both stay, for the cells to be compared."""
    layout = read_layout(["primary_email_address", "invited_email_address", "employee_id"])

    assert [column.field for column in layout.columns] == [
        "primary_email_address",
        "primary_email_address",
        "unique_user_id",
    ]
    assert layout.fields == ("primary_email_address", "unique_user_id")


def test_custom_attributes_have_one_name_whatever_the_spelling() -> None:
    """The field is the folded header, so that the next file means the same attribute."""
    layout = read("attribute_office_site", "Attribute_Cost Center")

    assert fields(layout) == ["attribute_office_site", "attribute_cost_center"]
    assert codes(layout) == ["header_spelling"]


@pytest.mark.parametrize("header", ["attribute_", f"attribute_{'x' * 65}"])
def test_custom_attribute_without_or_with_too_long_a_name_is_unknown(header: str) -> None:
    """A name has 1 to 64 characters."""
    assert codes(read(header)) == ["unknown_column"]


def test_group_columns_keep_the_name_as_written() -> None:
    """Blanks around the name go; case and blanks within stay, because they are the group's own."""
    layout = read("group:Sales Team", "Group: R_D ")

    assert fields(layout) == ["group:Sales Team", "group:R_D"]
    assert codes(layout) == ["header_spelling"]


def test_group_without_a_name_is_unknown() -> None:
    """A bare prefix names nothing."""
    assert codes(read("group:")) == ["unknown_column"]


def test_license_columns_fold_to_their_pool() -> None:
    """Case, blanks and underscores do not matter, and no spelling is wrong."""
    layout = read("license_english_status", "North America_License_English_Status")

    assert fields(layout) == ["license:license_english_status", "license:north_america_license_english_status"]
    assert codes(layout) == []


def test_license_of_no_pool_is_ignored_with_a_warning() -> None:
    """Given the pools, only their columns are used."""
    layout = read("license_english_status", "license_german_status", license_keys={"license_english_status"})

    assert fields(layout) == ["license:license_english_status"]
    assert codes(layout) == ["unknown_license"]
    assert layout.issues["column"][0] == "license_german_status"


def test_custom_attribute_that_looks_like_a_license_is_an_attribute() -> None:
    """The prefix decides."""
    assert fields(read("attribute_license_english_status")) == ["attribute_license_english_status"]


@pytest.mark.parametrize("header", ["seat_id", "Last access date", "last_access_date", "sales_license_current_status"])
def test_columns_of_downloads_are_ignored_in_silence(header: str) -> None:
    """They come back in files that people edit."""
    layout = read(header)

    assert fields(layout) == []
    assert codes(layout) == []


def test_admin_permission_is_known_but_not_supported() -> None:
    """It says so rather than pretend."""
    assert codes(read("admin_permission")) == ["not_supported"]


@pytest.mark.parametrize(
    ("header", "hint"),
    [
        ("Status", "worker_status"),
        ("email", "primary_email_address"),
        ("work_titel", "work_title"),
        ("First Name", "preferred_first_name"),
        ("department", "department_name"),
        ("manager_email_address", "manager_primary_email_address"),
    ],
)
def test_unknown_column_is_ignored_with_the_nearest_header(header: str, hint: str) -> None:
    """One warning each, with what was probably meant."""
    layout = read(header)

    assert fields(layout) == []
    assert codes(layout) == ["unknown_column"]
    assert layout.issues["message"][0].endswith(f"Did you mean {hint}?")


@pytest.mark.parametrize("header", ["xyzzy", "Q", "x" * 5_000, "_license_" * 3_000])
def test_unknown_column_without_a_likeness_has_no_hint(header: str) -> None:
    """Long nonsense is cut in the message."""
    layout = read(header)

    assert codes(layout) == ["unknown_column"]
    assert "Did you mean" not in layout.issues["message"][0]
    assert len(layout.issues["message"][0]) < 200


def test_column_without_header_is_left_out() -> None:
    """Its position is named as a person counts."""
    layout = read("", "work_title")

    assert fields(layout) == ["work_title"]
    assert codes(layout) == ["nameless_column"]
    assert "Column 2 " in layout.issues["message"][0]


def test_results_columns_together_are_ignored() -> None:
    """A results file may come back."""
    layout = read("Status", "Code", "Messages")

    assert layout.carries_results
    assert fields(layout) == []
    assert codes(layout) == []


def test_part_of_the_results_columns_is_unknown() -> None:
    """Two of three are somebody's own columns."""
    layout = read("Status", "Code")

    assert not layout.carries_results
    assert codes(layout) == ["unknown_column", "unknown_column"]


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["CREATED", "UNCHANGED", "HELD"], True),
        (["CREATED", "", " ERROR "], True),
        ([], True),
        (["CREATED", "active"], False),
        (["created"], False),
        (["", ""], False),
    ],
)
def test_our_words_are_told_from_those_of_others(statuses: list[str], expected: bool) -> None:
    """Only a column that says nothing but our words makes a results file."""
    rows = "".join(f"{n},{status},,\n" for n, status in enumerate(statuses))

    raw = read_csv(f"unique_user_id,Status,Code,Messages\n{rows}".encode())

    assert holds_our_words(raw) is expected


def test_file_without_status_column_holds_no_words_of_ours() -> None:
    """Nothing to look at is no."""
    assert not holds_our_words(read_csv(b"unique_user_id\n1\n"))


@pytest.mark.parametrize("order", [1, -1])
def test_deletion_file_has_exactly_two_headers(order: int) -> None:
    """In either order; its columns are the address and the id."""
    layout = read_layout(["primary_email_address", "unique_id"][::order])

    assert layout.is_deletion_file
    assert [column.field for column in layout.columns] == ["primary_email_address", "unique_user_id"][::order]
    assert [column.header for column in layout.columns] == ["primary_email_address", "unique_id"][::order]


@pytest.mark.parametrize(
    "headers",
    [
        ["primary_email_address", "unique_id", "work_title"],
        ["primary_email_address", "Unique_ID"],
        ["primary_email_address"],
        ["invited_email_address", "unique_id"],
    ],
)
def test_anything_but_the_two_headers_asks_nobody_to_be_erased(headers: list[str]) -> None:
    """Erasing is never guessed from a likeness."""
    assert not read_layout(headers).is_deletion_file


@pytest.mark.parametrize("headers", [["work_title"], ["new_unique_user_id"], ["unique_id", "work_title"]])
def test_file_without_a_key_column_is_refused(headers: list[str]) -> None:
    """Nobody could be told from anybody."""
    with pytest.raises(UnreadableFile) as refused:
        read_layout(headers)

    assert refused.value.code == "no_key_column"


def test_too_many_custom_attributes_are_refused() -> None:
    """The reason names the number."""
    with pytest.raises(UnreadableFile) as refused:
        read("attribute_a", "attribute_b", "attribute_c", limits=Limits(custom_attributes=2))

    assert refused.value.code == "too_large"
    assert "custom attribute columns (3)" in refused.value.reason


@pytest.mark.parametrize(
    ("headers", "positions"),
    [
        (["groups", "work_title", "groups"], "1 and 3"),
        (["groups", "Groups ", "GROUPS"], "1 and 2 and 3"),
        (["license_english_status", "License English Status"], "1 and 2"),
        (["group:Sales", "group: sales"], "1 and 2"),
        (["attribute_a b", "attribute_a_b"], "1 and 2"),
        (["xyzzy", "xyzzy"], "1 and 2"),
    ],
)
def test_header_that_stands_twice_is_refused(headers: list[str], positions: str) -> None:
    """Exact and folded spelling count; all positions are named."""
    with pytest.raises(UnreadableFile) as refused:
        check_headers(headers)

    assert refused.value.code == "duplicate_header"
    assert positions in refused.value.reason


@pytest.mark.parametrize(
    "headers",
    [
        ["primary_email_address", "invited_email_address"],
        ["unique_user_id", "employee_id", "employee_user_id"],
        ["group:A B", "group:A_B"],
        ["", " ", "a"],
    ],
)
def test_headers_that_differ_are_no_duplicates(headers: list[str]) -> None:
    """Aliases, groups with different names, and columns without a header."""
    check_headers(headers, LIMITS)


def test_every_column_of_the_catalogue_is_known() -> None:
    """The delimiter is judged by what the layout would understand."""
    names = [name for column in COLUMNS for name in (column.name, *column.aliases)]

    assert all(map(is_known_header, [*names, "Status", "attribute_x", "group:X", "license_english_status"]))
    assert not any(map(is_known_header, ["", "xyzzy", "unique_user_id,work_title", "x" * 400]))
