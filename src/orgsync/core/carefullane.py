"""The careful lane: put records into frames, batch by batch, and report every row of the wrong shape."""

from collections.abc import Sequence
from itertools import islice
from typing import Final, NamedTuple

import polars as pl

from orgsync.core.issues import (
    CELL_TOO_LARGE,
    ISSUE_SCHEMA,
    LONG_ROW,
    NUL_BYTE,
    SHORT_ROW,
    TOO_LARGE,
    IssueKind,
    issue_rows,
    no_issues,
)
from orgsync.core.model import Limits
from orgsync.core.records import Record, Records
from orgsync.core.refusal import refusal

BATCH: Final = 50_000
"""Records held as Python lists at a time; short enough that no single step takes seconds."""


class Numbered(NamedTuple):
    """A record that is a data row, and the number a spreadsheet shows beside it."""

    row_number: int
    record: Record


def read_carefully(
    records: Records, headers: Sequence[str], header_number: int, limits: Limits
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows and the issues of everything behind the header.

    Rows have `row_number` and `c0`, `c1`, …; missing cells of a short row are null, cells too many of a long row
    are cut, NUL bytes are removed. Raise UnreadableFile when there are more rows than the limit.
    """
    width, number, height = len(headers), header_number, 0
    rows, issues = [_frame([], width)], [no_issues()]
    while batch := list(islice(records, BATCH)):
        numbered = [Numbered(n, record) for n, record in enumerate(batch, number + 1) if record.cells]
        number += len(batch)
        height += len(numbered)
        check_row_count(height, limits)
        frame = _frame(numbered, width)
        issues += [_shape_issues(numbered, width, limits), _nul_issues(frame)]
        rows.append(frame.with_columns(pl.col(pl.String).str.replace_all("\0", "", literal=True)))
    return pl.concat(rows), pl.concat(issues)


def check_row_count(height: int, limits: Limits) -> None:
    """Raise UnreadableFile when a file has more data rows than the limit."""
    if height > limits.rows:
        raise refusal(TOO_LARGE, what="The number of rows", limit=f"{limits.rows:,}")


def _frame(numbered: Sequence[Numbered], width: int) -> pl.DataFrame:
    cells = zip(*(_fit(record.cells, width) for _, record in numbered), strict=True)
    columns = list(cells) or [()] * width
    return pl.DataFrame(
        [
            pl.Series("row_number", [row_number for row_number, _ in numbered], dtype=pl.Int64),
            *(pl.Series(f"c{position}", column, dtype=pl.String) for position, column in enumerate(columns)),
        ]
    )


def _fit(cells: Sequence[str], width: int) -> Sequence[str | None]:
    return cells if len(cells) == width else [*cells[:width], *[None] * (width - len(cells))]


def _shape_issues(numbered: Sequence[Numbered], width: int, limits: Limits) -> pl.DataFrame:
    found = [
        (row_number, kind.severity.value, kind.code, None, _message(kind, len(record.cells), width, limits))
        for row_number, record in numbered
        if (kind := _fault_of(record, width))
    ]
    return pl.DataFrame(found, schema=ISSUE_SCHEMA, orient="row")


def _fault_of(record: Record, width: int) -> IssueKind | None:
    """Return the one thing that is wrong with the shape of a row; a broken quote explains a wrong width."""
    if record.fault or len(record.cells) == width:
        return record.fault
    return SHORT_ROW if len(record.cells) < width else LONG_ROW


def _message(kind: IssueKind, found: int, expected: int, limits: Limits) -> str:
    if kind is CELL_TOO_LARGE:
        return kind.wording.format(limit=limits.cell_bytes)
    return kind.wording.format(found=found, expected=expected)


def _nul_issues(frame: pl.DataFrame) -> pl.DataFrame:
    holds_nul = pl.any_horizontal(pl.col(pl.String).str.contains("\0", literal=True).fill_null(value=False))
    return issue_rows(frame.filter(holds_nul), NUL_BYTE, message=NUL_BYTE.wording)
