"""Cells come into one form: blanks, invisible characters, Unicode, merged columns, formula defence."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_files import layout_of, raw_file

from orgsync.core.formula import could_be_formula, defuse, fuse
from orgsync.core.normalize import fold_key, fold_keys, normalize


def cleaned(header: str, cell: str | None, *, carries_results: bool = False) -> str | None:
    layout = layout_of([header], carries_results=carries_results)
    value: str | None = normalize(raw_file([header], [cell]), layout).rows[layout.columns[0].field].item()
    return value


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("  Ana\t", "Ana"),
        ("\u00a0Ana\u202f\u3000", "Ana"),
        ("\ufeffAna\u200b", "Ana"),
        ("\u202aAna\u202c", "Ana"),
        ("Sydney\u00a0Office", "Sydney Office"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("", None),
        (" \u00a0\u200b ", None),
        (None, None),
        ("two\nlines", "two\nlines"),
    ],
)
def test_text_is_trimmed_visible_and_composed(cell: str | None, expected: str | None) -> None:
    """
    Blanks at the ends and invisible characters go, letters are composed, and nothing left is null.
    """
    assert cleaned("work_title", cell) == expected


@pytest.mark.parametrize(
    "name", ["\u0645\u06cc\u200c\u0631\u0648\u0645", "\u0915\u094d\u200d\u0937", "\u0dc1\u0dca\u200d\u0dbb\u0dd3"]
)
def test_joiners_stay_where_a_script_spells_with_them(name: str) -> None:
    """
    Persian, Devanagari and Sinhala names keep their joiners.
    """
    assert cleaned("preferred_first_name", name) == name


def test_joiners_go_where_no_script_needs_them() -> None:
    """
    A joiner between Latin letters, or at the start, is rubbish from a web page.
    """
    assert cleaned("preferred_first_name", "\u200dA\u200c\u200dna\u200d") == "Ana"


def test_joiners_never_stay_in_a_key() -> None:
    """
    An id is what a person can see of it.
    """
    assert cleaned("unique_user_id", "\u0645\u200c1") == "\u06451"


def test_formula_defence_is_undone_only_in_files_that_carry_it() -> None:
    """
    One apostrophe goes from a results file that comes back; any other file keeps what it says.
    """
    assert cleaned("work_phone_number", "'+351 555", carries_results=True) == "+351 555"
    assert cleaned("work_phone_number", "''+351 555", carries_results=True) == "'+351 555"
    assert cleaned("work_phone_number", "'+351 555") == "'+351 555"
    assert cleaned("preferred_last_name", "'t Hooft", carries_results=True) == "'t Hooft"


@given(st.text() | st.text(alphabet="'=+-@\t\ra", max_size=6))
def test_fuse_takes_away_exactly_what_defuse_added(cell: str) -> None:
    """
    No text changes on the way out and back, and none leaves as a formula.
    """
    assert fuse(defuse(cell)) == cell
    assert not defuse(cell).startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.lists(st.text() | st.text(alphabet="'=+-@\t\ra >A0", max_size=6), min_size=1))
def test_columns_are_judged_as_single_cells_are(cells: list[str]) -> None:
    """
    What is looked for in a whole column is exactly what the defence would change.
    """
    judged = pl.DataFrame({"cell": cells}).select(could_be_formula(pl.col("cell"))).to_series()
    assert judged.to_list() == [defuse(cell) != cell for cell in cells]


def test_two_columns_of_one_field_are_merged() -> None:
    """
    Each row may fill either column; addresses may differ in case.
    """
    headers = ["primary_email_address", "invited_email_address"]
    raw = raw_file(headers, ["", "ana@example.com"], ["bo@example.com", ""], ["Cy@example.com", "cy@EXAMPLE.com"])

    normalized = normalize(raw, layout_of(headers))

    assert normalized.rows["primary_email_address"].to_list() == [
        "ana@example.com",
        "bo@example.com",
        "Cy@example.com",
    ]
    assert normalized.issues.is_empty()


def test_different_addresses_in_one_row_are_an_error_that_keeps_both_keys() -> None:
    """
    Both people are present, so that neither is taken for a leaver.
    """
    headers = ["primary_email_address", "invited_email_address"]
    raw = raw_file(headers, ["ana@example.com", "ana@example.com"], ["ana@example.com", "Bo@example.com"])

    normalized = normalize(raw, layout_of(headers))

    assert normalized.issues.select("row_number", "code").rows() == [(3, "emails_differ")]
    assert normalized.rows["other_email_key"].to_list() == [None, "bo@example.com"]


def test_three_id_columns_that_differ_are_an_error() -> None:
    """
    Ids are case sensitive, so a difference in case is a difference.
    """
    headers = ["unique_user_id", "employee_id", "employee_user_id"]
    raw = raw_file(headers, ["e1", "", "e1"], ["e1", "E1", ""])

    normalized = normalize(raw, layout_of(headers))

    assert normalized.issues.select("row_number", "code").rows() == [(3, "ids_differ")]
    assert normalized.rows["other_user_id"].to_list() == [None, "E1"]


@given(st.lists(st.none() | st.text()))
def test_keys_fold_alike_in_bulk_and_one_by_one(values: list[str | None]) -> None:
    """
    The fast way for ASCII gives what `fold_key` gives.
    """
    folded = fold_keys(pl.Series(values, dtype=pl.String))

    assert folded.to_list() == [None if value is None else fold_key(value) for value in values]


@given(st.text())
def test_a_folded_key_folds_to_itself(text: str) -> None:
    """
    Stored keys can be folded again without harm.
    """
    assert fold_key(fold_key(text)) == fold_key(text)
