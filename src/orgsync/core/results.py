"""Write the results file: the input's rows with what became of each."""

import csv
import io
from collections.abc import Iterator
from itertools import chain
from typing import Final, Protocol

import polars as pl

from orgsync.core.columns import RESULT_HEADERS, fold_header
from orgsync.core.formula import could_be_formula, defuse, defused, fuse, fused
from orgsync.core.frames import names_where
from orgsync.core.issuerows import rows_with
from orgsync.core.model import RowStatus, Severity
from orgsync.core.prefetch import made_ahead
from orgsync.core.rows import ROW_NUMBER, FileLayout, RawFile

SLICE_ROWS: Final = 25_000
_WIDTH: Final = 3
"""Slices made at a time: of one, a single core makes most."""
LINE_END: Final = "\r\n"
"""As RFC 4180 has it, and as every spreadsheet expects; our reader takes any."""
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
"""Without it Excel reads UTF-8 as the machine's old code page; our reader takes files with and without."""

NOT_IN_FILE: Final = "not_in_file"
"""Code of the lines of leavers whom no row names. Such a line is ours: it is dropped when the file comes back."""

_RESULT_KEYS: Final = frozenset(fold_header(header) for header in RESULT_HEADERS)
_SEPARATOR: Final = "; "
_LEAVER_FIELDS: Final = ("primary_email_address", "unique_user_id")


class Writable(Protocol):
    """What takes bytes in: a file, or storage."""

    def write(self, chunk: bytes | memoryview, /) -> object: ...


def complete_outcome(raw: RawFile, outcome: pl.DataFrame, issues: pl.DataFrame) -> pl.DataFrame:
    """Return (`row_number`, `status`) for every data row, in file order.

    A row that `outcome` does not name was not looked at, because the file failed before: it is ERROR when it
    has an error, else SKIPPED.
    """
    is_error = pl.col(ROW_NUMBER).is_in(rows_with(issues, Severity.ERROR).implode())
    assumed = pl.when(is_error).then(pl.lit(RowStatus.ERROR.value)).otherwise(pl.lit(RowStatus.SKIPPED.value))
    known = outcome.select(ROW_NUMBER, "status")
    rows = raw.rows.select(ROW_NUMBER).join(known, on=ROW_NUMBER, how="left", maintain_order="left")
    return rows.with_columns(status=pl.coalesce("status", assumed))


def write_results(  # noqa: PLR0917  the stages' values, in the order in which they come to be
    raw: RawFile,
    layout: FileLayout,
    outcome: pl.DataFrame,
    issues: pl.DataFrame,
    leavers: pl.DataFrame,
    target: Writable,
    *,
    failed_rows_only: bool = False,
) -> int:
    """Write the results file to `target` as UTF-8 CSV; return the number of lines under the header.

    The input's columns come in the input's order, then `Status`, `Code` and `Messages`; result columns that
    came back with the input are replaced. Each data row has one line, in input order. `outcome` has
    `row_number` and `status` (see `complete_outcome` for rows that it leaves out). `leavers` (columns
    `primary_email_address`, `unique_user_id`, and `status` where it is not DEACTIVATED) follow at the end,
    under the file's own headers and, where it has that column, with `worker_status` inactive, so that the
    file means the same when it comes back. With `failed_rows_only`, rows in error alone are written.
    Memory grows with the number of issues, not of rows.
    """
    kept = _kept_positions(raw, layout)
    target.write(BYTE_ORDER_MARK + _header_line(raw, layout, kept).encode())
    results = complete_outcome(raw, outcome, issues)
    texts = _issue_texts(issues)

    def lines_from(start: int) -> pl.DataFrame:
        found = results.slice(start, SLICE_ROWS).join(texts, on=ROW_NUMBER, how="left", maintain_order="left")
        lines = pl.concat([_cells(raw, layout, kept, start), found.drop(ROW_NUMBER)], how="horizontal")
        return lines.filter(pl.col("status") == RowStatus.ERROR.value) if failed_rows_only else lines

    starts = range(0, raw.rows.height, SLICE_ROWS)
    texts_of_rows = made_ahead(lambda start: _csv(lines_from(start)), starts, width=_WIDTH)
    texts_of_leavers = map(_csv, [] if failed_rows_only else _leaver_lines(raw, layout, kept, leavers))
    written = 0
    for height, text in chain(texts_of_rows, texts_of_leavers):
        target.write(text)
        written += height
    return written


def _kept_positions(raw: RawFile, layout: FileLayout) -> list[int]:
    """Return the input's columns that stay: all, but for result columns of ours that came back."""
    positions = range(len(raw.headers))
    if not layout.carries_results:
        return list(positions)
    return [position for position in positions if fold_header(raw.headers[position]) not in _RESULT_KEYS]


def _header_line(raw: RawFile, layout: FileLayout, kept: list[int]) -> str:
    headers = [raw.headers[position] for position in kept]
    sent = [fuse(header) for header in headers] if layout.is_defused else headers
    # A sender's own column Status would make a duplicate header, and the file could not come back.
    distinct = [f"{header} (sent)" if fold_header(header) in _RESULT_KEYS else header for header in sent]
    line = io.StringIO()
    csv.writer(line, lineterminator=LINE_END).writerow([*map(defuse, distinct), *RESULT_HEADERS])
    return line.getvalue()


def _issue_texts(issues: pl.DataFrame) -> pl.DataFrame:
    """Return (`row_number`, `code`, `messages`): the issues of each row in one line, each code once."""
    return (
        issues.filter(pl.col(ROW_NUMBER).is_not_null())
        .group_by(ROW_NUMBER)
        .agg(
            code=pl.col("code").unique(maintain_order=True).str.join(_SEPARATOR),
            messages=pl.col("message").str.join(_SEPARATOR),
        )
    )


def _cells(raw: RawFile, layout: FileLayout, kept: list[int], start: int) -> pl.DataFrame:
    """Return the input's cells of one slice of rows, without formula defence."""
    cells = raw.rows.slice(start, SLICE_ROWS).select(raw.cell(position) for position in kept)
    return cells.select(fused(pl.col(name)) for name in cells.columns) if layout.is_defused else cells


def _leaver_lines(raw: RawFile, layout: FileLayout, kept: list[int], leavers: pl.DataFrame) -> Iterator[pl.DataFrame]:
    values: dict[str, pl.Expr] = {
        field: pl.col(field).cast(pl.String) for field in _LEAVER_FIELDS if field in leavers.columns
    }
    values["worker_status"] = pl.lit("inactive")
    first_position = {column.field: column.position for column in reversed(layout.columns)}
    under = {first_position[field]: value for field, value in values.items() if field in first_position}
    cells = {raw.cell(position): under.get(position, pl.lit(None, pl.String)) for position in kept}
    status = pl.col("status") if "status" in leavers.columns else pl.lit(RowStatus.DEACTIVATED.value)
    code, message = pl.lit(NOT_IN_FILE), pl.lit("No row of the full file names this person.")
    for part in leavers.iter_slices(SLICE_ROWS):
        lines = part.with_columns(**cells, status=status, code=code, messages=message)
        yield lines.select(*cells, "status", "code", "messages")


def _csv(lines: pl.DataFrame) -> tuple[int, memoryview]:
    """Return the number of lines and their CSV, safe to open in a spreadsheet; an empty cell is nothing at all."""
    # Hardly a column needs either, and to look is a fraction of the work of making them all anew.
    safe = lines.with_columns(defused(pl.col(name)) for name in names_where(lines, could_be_formula))
    blank = names_where(lines, lambda cells: cells == "")
    safe = safe.with_columns(pl.when(pl.col(name) != "").then(pl.col(name)) for name in blank)
    text = io.BytesIO()
    safe.write_csv(text, include_header=False, line_terminator=LINE_END)
    return lines.height, text.getbuffer()
