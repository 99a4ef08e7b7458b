"""Lists of groups and limits to groups are read alike, in bulk and one by one."""

import polars as pl
import pytest
from checked_files import checked, codes
from hypothesis import given
from hypothesis import strategies as st

from orgsync.core.groupnames import group_limits, group_names, parse_group_limit, parse_group_list


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
