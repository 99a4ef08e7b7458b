"""Sample files are valid, the same for ever, and differ from day to day by exactly what was asked."""

import hashlib
import io
from typing import Any

import polars as pl
import pytest

from orgsync.core import sample
from orgsync.core.csvfile import read_csv
from orgsync.core.errors import UnreadableFile
from orgsync.core.headers import read_layout
from orgsync.core.rows import CheckedRows
from orgsync.core.sample import SAMPLE_COLUMNS, LeaverStyle, write_sample
from orgsync.core.sample_wrong import WrongKind
from orgsync.core.validate import check_rows

KEY = "unique_user_id"


def content(people: int = 200, seed: int = 7, **more: Any) -> bytes:
    target = io.BytesIO()
    rows = write_sample(target, people=people, seed=seed, **more)
    assert more.get("wrong") or rows == target.getvalue().count(b"\n") - 1
    return target.getvalue()


def checked(**more: Any) -> CheckedRows:
    raw = read_csv(content(**more))
    return check_rows(raw, read_layout(raw.headers))


def cells(**more: Any) -> pl.DataFrame:
    return pl.read_csv(content(**more), infer_schema=False, empty_string_is_null=False)


def test_a_sample_is_a_valid_file() -> None:
    """
    Every row and header is taken as it is, without a warning.
    """
    found = checked(people=2_000)

    assert found.issues.is_empty()
    assert found.rows.height == 2_000
    assert found.rows["is_valid"].all()


def test_keys_are_unique() -> None:
    """
    No two people share an id or an address, joiners included.
    """
    rows = checked(people=2_000, day=5, joiners=100).rows

    assert rows.height == rows[KEY].n_unique() == rows["primary_email_key"].n_unique()


def test_the_same_arguments_give_the_same_bytes_for_ever() -> None:
    """
    Demonstrations, tests and measurements on different machines speak of the same people.
    """
    digest = hashlib.sha256(content(people=100, seed=1, day=3)).hexdigest()

    assert digest == "230fbad3b5550acb83d430a082a2df9b0e3702e89953b19cb15db4c512417755"
    assert content(seed=1) != content(seed=2)


def test_slices_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The bytes are the same wherever the writer cuts.
    """
    whole = {wrong: content(day=2, wrong=wrong) for wrong in (None, *WrongKind)}

    monkeypatch.setattr(sample, "SLICE_PEOPLE", 30)

    assert {wrong: content(day=2, wrong=wrong) for wrong in (None, *WrongKind)} == whole


@pytest.mark.parametrize("day", [2, 3, 9])
def test_one_day_differs_from_the_last_by_exactly_what_was_asked(day: int) -> None:
    """
    So many joined, so many left, so many others changed.
    """
    numbers = {"changed": 6, "joiners": 3, "leavers": 2}
    before, after = cells(day=day - 1, **numbers), cells(day=day, **numbers)

    both = before.join(after, on=KEY, suffix="_after")
    differs = [pl.col(name) != pl.col(f"{name}_after") for name in before.columns if name != KEY]
    assert after.join(before, on=KEY, how="anti").height == 3
    assert before.join(after, on=KEY, how="anti").height == 2
    assert both.filter(pl.any_horizontal(differs)).height == 6


def test_leavers_may_stay_in_the_file_as_inactive() -> None:
    """
    Some HR systems say who left, others fall silent.
    """
    numbers = {"changed": 0, "joiners": 0, "leavers": 4, "day": 3}
    silent, said = cells(**numbers), cells(**numbers, leaver_style=LeaverStyle.INACTIVE)

    left = said.filter(pl.col("worker_status") == "inactive")
    assert (said.height, silent.height, left.height) == (200, 192, 8)
    assert left.join(silent, on=KEY).is_empty()


def test_everybody_but_the_head_has_a_manager_in_the_file() -> None:
    """
    Also when many have left, joined and moved, and nobody manages themselves.
    """
    rows = cells(day=10, changed=0.05, joiners=0.05, leavers=0.05)
    manager = pl.col("manager_unique_user_id")

    assert rows.filter(manager == "").height == 1
    reports = rows.filter(manager != "")
    assert reports.join(rows, left_on="manager_unique_user_id", right_on=KEY, how="anti").is_empty()
    assert reports.filter(manager == pl.col(KEY)).is_empty()
    chiefs = reports.join(rows, left_on="manager_unique_user_id", right_on=KEY, suffix="_of_manager")
    assert chiefs["manager_primary_email_address"].equals(chiefs["primary_email_address_of_manager"])


def test_names_come_in_many_scripts_and_addresses_in_one() -> None:
    """
    What breaks on letters breaks on the sample already.
    """
    rows = cells(people=1_000)
    names = rows.select(pl.concat_str("preferred_first_name", "preferred_last_name")).to_series()

    for script in ("Latin", "Greek", "Cyrillic", "Arabic", "Hebrew", "Devanagari", "Han", "Hangul", "Hiragana"):
        assert names.str.contains(rf"\p{{{script}}}").any(), script
    assert rows["primary_email_address"].str.contains(r"^[a-z]+\.[a-z]+\d+@([a-z]+\.)?example\.com$").all()


@pytest.mark.parametrize("people", [0, 1, 2, 3, 9, 10])
def test_small_companies_work(people: int) -> None:
    """
    Down to nobody at all.
    """
    assert cells(people=people, day=1).height == people
    assert cells(people=people, day=4, joiners=2, leavers=1, changed=1).columns == list(SAMPLE_COLUMNS)


def test_columns_can_be_chosen() -> None:
    """
    In any order.
    """
    assert cells(columns=["work_title", KEY]).columns == ["work_title", KEY]


def test_a_truncated_file_has_half_the_rows() -> None:
    """
    All of them whole, so that nothing but a guard can notice.
    """
    assert cells(wrong=WrongKind.TRUNCATED).equals(cells().head(100))
    assert content(wrong=WrongKind.HEADER_ONLY) == content(people=0)
    assert content(wrong=WrongKind.EMPTY) == b""


def test_a_cut_off_file_ends_inside_a_row() -> None:
    """
    The reader sees that the last row is broken.
    """
    whole = content(wrong=WrongKind.TRUNCATED)
    broken = content(wrong=WrongKind.CUT_OFF)

    assert whole.startswith(broken)
    assert broken.count(b"\n") == 100
    assert not checked(wrong=WrongKind.CUT_OFF).rows["is_valid"].all()


def test_shifted_columns_keep_their_keys() -> None:
    """
    The first half is right, then titles are departments; rows stay valid when only texts move.
    """
    right, wrong = cells(), cells(wrong=WrongKind.SHIFTED_TEXTS)

    assert wrong.head(100).equals(right.head(100))
    assert wrong["department_name"][100:].to_list() == right["work_title"][100:].to_list()
    assert checked(wrong=WrongKind.SHIFTED_TEXTS).rows["is_valid"].all()
    assert checked(wrong=WrongKind.SHIFTED).rows["is_valid"].sum() == 100
    assert cells(wrong=WrongKind.SHIFTED)[KEY].equals(right[KEY])


def test_swapped_ids_are_all_there_at_the_wrong_people() -> None:
    """
    Each id meets the address of a neighbour.
    """
    right, wrong = cells(), cells(wrong=WrongKind.SWAPPED_IDS)

    assert set(wrong[KEY]) == set(right[KEY])
    assert (wrong[KEY] != right[KEY]).all()


def test_columns_go_missing_or_empty() -> None:
    """
    A missing column and an empty one are two accidents.
    """
    assert "department_name" not in cells(wrong=WrongKind.MISSING_COLUMN).columns
    assert set(cells(wrong=WrongKind.EMPTIED_COLUMN)["department_name"]) == {""}
    assert set(cells(wrong=WrongKind.ALL_INACTIVE)["worker_status"]) == {"inactive"}
    assert checked(wrong=WrongKind.SCIENTIFIC_IDS).rows["has_scientific_id"].all()


@pytest.mark.parametrize(
    ("wrong", "code"), [(WrongKind.WRONG_ENCODING, "lossy_encoding"), (WrongKind.MOJIBAKE, "mojibake")]
)
def test_damaged_letters_are_noticed(wrong: WrongKind, code: str) -> None:
    """
    The file is read, with a warning that names the damage.
    """
    assert code in checked(wrong=wrong).issues["code"].to_list()


@pytest.mark.parametrize("wrong", [WrongKind.HTML, WrongKind.EMPTY])
def test_what_is_no_file_is_refused(wrong: WrongKind) -> None:
    """
    A sign-in page is not an employee list.
    """
    with pytest.raises(UnreadableFile):
        read_csv(content(wrong=wrong))
