"""The careful lane: put records into frames, batch by batch, and report every row of the wrong shape."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

import polars as pl

from orgsync.core.issuerows import ISSUE_SCHEMA, issue_rows, no_issues
from orgsync.core.issues import LONG_ROW, NUL_BYTE, SHORT_ROW, TOO_LARGE, IssueKind
from orgsync.core.model import Limits
from orgsync.core.records import Records
from orgsync.core.refusal import refusal

BATCH: Final = 5_000
"""Records held as Python lists at a time: ten times as many take twice as long, for want of processor cache."""

FRAME: Final = 50_000
"""Rows of one chunk of the frame."""


def read_carefully(records: Records, headers: Sequence[str], limits: Limits) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows and the issues of all records that are left, which are those behind the header.

    Rows have `row_number` and `c0`, `c1`, …; missing cells of a short row are null, cells too many of a long row
    are cut, NUL bytes are removed. Raise UnreadableFile when there are more rows than the limit.
    """
    rows, issues, height = _Chunks(_frame([], [], len(headers))), _Chunks(no_issues()), 0
    remaining = iter(records)
    first = records.row_number + 1
    while batch := list(islice(remaining, BATCH)):
        found = _shape_issues(batch, first, records.take_faults(), len(headers), limits)
        frame = _frame([n for n, cells in enumerate(batch, first) if cells], _fit(batch, len(headers)), len(headers))
        if records.holds_nul:
            issues.add(_nul_issues(frame))
            frame = frame.with_columns(pl.col(pl.String).str.replace_all("\0", "", literal=True))
        rows.add(frame)
        issues.add(found)
        height += frame.height
        check_row_count(height, limits)
        first += len(batch)
    return rows.join(), issues.join()


def check_row_count(height: int, limits: Limits) -> None:
    """Raise UnreadableFile when a file has more data rows than the limit."""
    if height > limits.rows:
        raise refusal(TOO_LARGE, what="The number of rows", limit=f"{limits.rows:,}")


class _Chunks:
    """Collect small frames into chunks of a size that Polars likes."""

    def __init__(self, empty: pl.DataFrame) -> None:
        self._done = [empty]
        self._small: list[pl.DataFrame] = []

    def add(self, frame: pl.DataFrame) -> None:
        self._small.append(frame)
        if sum(small.height for small in self._small) >= FRAME:
            self._merge()

    def join(self) -> pl.DataFrame:
        self._merge()
        return pl.concat(self._done)

    def _merge(self) -> None:
        if self._small:
            self._done.append(pl.concat(self._small, rechunk=True))
            self._small = []


def _frame(row_numbers: list[int], rows: Iterable[Sequence[str | None]], width: int) -> pl.DataFrame:
    columns = list(zip(*rows, strict=True)) or [()] * width
    return pl.DataFrame(
        [
            pl.Series("row_number", row_numbers, dtype=pl.Int64),
            *(pl.Series(f"c{position}", column, dtype=pl.String) for position, column in enumerate(columns)),
        ]
    )


def _fit(batch: Sequence[list[str]], width: int) -> Iterator[Sequence[str | None]]:
    """Yield the data rows of a batch, each with as many cells as the header has."""
    for cells in batch:
        if len(cells) == width:
            yield cells
        elif cells:
            yield [*cells[:width], *[None] * (width - len(cells))]


def _shape_issues(
    batch: Sequence[list[str]], first: int, faults: dict[int, IssueKind], width: int, limits: Limits
) -> pl.DataFrame:
    """Return one issue for every row of the wrong shape; a broken quote explains a wrong width."""
    found = []
    for row_number, cells in enumerate(batch, first):
        if row_number not in faults and (not cells or len(cells) == width):
            continue
        kind = faults.get(row_number) or (SHORT_ROW if len(cells) < width else LONG_ROW)
        message = kind.wording.format(found=len(cells), expected=width, limit=limits.cell_bytes)
        found.append((row_number, kind.severity.value, kind.code, None, message))
    return pl.DataFrame(found, schema=ISSUE_SCHEMA, orient="row")


def _nul_issues(frame: pl.DataFrame) -> pl.DataFrame:
    holds_nul = pl.any_horizontal(pl.col(pl.String).str.contains("\0", literal=True).fill_null(value=False))
    return issue_rows(frame.filter(holds_nul), NUL_BYTE, message=NUL_BYTE.wording)
