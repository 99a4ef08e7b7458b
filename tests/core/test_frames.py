"""Frames of a million rows: what is found without making anything anew."""

import polars as pl
import pytest

from orgsync.core.frames import repeated


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], []),
        (["a", "b", "a", "c"], [True, False, True, False]),
        (["a", "b", None], [False, False, False]),
        ([None, "a", None, "a"], [False, True, False, True]),
        ([None, None], [False, False]),
        ([3, 1, 3, None], [True, False, True, False]),
    ],
)
def test_values_that_occur_again_are_found_and_nulls_are_none(
    values: list[str | int | None], expected: list[bool]
) -> None:
    assert repeated(pl.Series(values, dtype=None if any(values) else pl.String)).to_list() == expected
