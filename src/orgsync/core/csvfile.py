"""Read a file of any shape that HR systems send: the first stage, from bytes to rows of text."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import polars as pl

from orgsync.core.carefullane import check_row_count, read_carefully
from orgsync.core.columns import fold_header
from orgsync.core.dialect import judge_dialect
from orgsync.core.encoding import Text, read_text
from orgsync.core.fastlane import holds_controls, read_fast
from orgsync.core.headers import check_headers
from orgsync.core.issuerows import file_issues, issue_rows, no_issues
from orgsync.core.issues import CELL_TOO_LARGE, EMPTY_FILE, MOJIBAKE, NO_HEADER, NUL_BYTE, UNNAMED_COLUMN, FileIssue
from orgsync.core.model import Limits
from orgsync.core.mojibake import find_mojibake, row_with
from orgsync.core.records import Records
from orgsync.core.refusal import refusal
from orgsync.core.rows import RawFile
from orgsync.core.unpacking import check_not_foreign, check_not_markup, check_size, unpack

DEFAULT_LIMITS: Final = Limits()


def read_csv(
    source: bytes | memoryview | Path,
    *,
    limits: Limits = DEFAULT_LIMITS,
    content_encoding: str | None = None,
) -> RawFile:
    """Return every data row of a file as text, with an issue for each row that is broken; none is lost.

    Reads UTF-8, UTF-16, Windows-1252 and Latin-1, plain or as gzip, with comma, semicolon, tab or pipe, and any
    line end. CRCRLF counts as one line end and is kept as CRLF inside a cell. Raise UnreadableFile with the
    issue kind's code when the bytes are no usable CSV: empty, without or with a doubled header, over a
    limit, or another kind of file.
    """
    packed = _take_bytes(source, limits)
    content = unpack(packed, limits=limits, content_encoding=content_encoding)
    del packed
    check_not_foreign(content)
    text = read_text(content)
    del content
    return _read_text(text, limits)


def _take_bytes(source: bytes | memoryview | Path, limits: Limits) -> bytes:
    if isinstance(source, Path):
        check_size(source.stat().st_size, limits)
        return source.read_bytes()
    return source if isinstance(source, bytes) else source.tobytes()


def _read_text(text: Text, limits: Limits) -> RawFile:
    if not text.utf8:
        raise refusal(EMPTY_FILE)
    check_not_markup(text.utf8)
    utf8 = _mend_line_ends(text.utf8)
    dialect = judge_dialect(utf8)
    utf8 = utf8[dialect.start :]
    records = Records(utf8, dialect.delimiter, limits)
    headers = _take_header(records, limits)

    rows, issues, lane = read_fast(utf8, headers, dialect.delimiter), no_issues(), "fast"
    if rows is None:
        lane = "careful"
        rows, issues = read_carefully(records, headers, limits)
    check_row_count(rows.height, limits)

    noticed = [*text.issues, *_find_mojibake(utf8, rows)]
    named, dropped = _count_named(headers, rows)
    found = pl.concat([file_issues([*noticed, *dropped]), issues, _find_too_large(rows, headers, limits)])
    return RawFile(
        headers=headers[:named],
        rows=rows.select("row_number", *(f"c{position}" for position in range(named))),
        issues=found.sort("row_number", nulls_last=False, maintain_order=True),
        encoding=text.encoding,
        delimiter=dialect.delimiter,
        lane=lane,
        may_hold_controls=lane != "fast" or holds_controls(utf8, dialect.delimiter),
    )


def _mend_line_ends(utf8: bytes) -> bytes:
    return utf8.replace(b"\r\r\n", b"\r\n") if b"\r" in utf8 else utf8


def _take_header(records: Records, limits: Limits) -> tuple[str, ...]:
    """Return the cells of the first row that is not blank."""
    for cells in records:
        if fault := records.take_faults().get(records.row_number):
            raise refusal(fault, where="The header row cannot be read.", limit=limits.cell_bytes)
        if any("\0" in cell for cell in cells):
            raise refusal(NUL_BYTE, where="The header row cannot be read.")
        if cells:
            check_headers(cells, limits)
            records.expect_width(len(cells))
            return tuple(cells)
    raise refusal(NO_HEADER)


def _count_named(headers: Sequence[str], rows: pl.DataFrame) -> tuple[int, list[FileIssue]]:
    """Return how many columns remain when those at the end without header and values are dropped, and say so."""
    named, dropped = len(headers), []
    while not fold_header(headers[named - 1]) and _is_blank(rows[f"c{named - 1}"]):
        dropped.append(FileIssue(UNNAMED_COLUMN, UNNAMED_COLUMN.wording.format(position=named)))
        named -= 1
    return named, dropped[::-1]


def _is_blank(cells: pl.Series) -> bool:
    return bool((cells.str.strip_chars() == "").all())


def _find_too_large(rows: pl.DataFrame, headers: Sequence[str], limits: Limits) -> pl.DataFrame:
    message = CELL_TOO_LARGE.wording.format(limit=limits.cell_bytes)
    found = [
        issue_rows(
            rows.filter(cell.str.len_bytes() > limits.cell_bytes), CELL_TOO_LARGE, column=header, message=message
        )
        for position, header in enumerate(headers)
        for cell in [pl.col(f"c{position}")]
    ]
    return pl.concat(found)


def _find_mojibake(utf8: bytes, rows: pl.DataFrame) -> list[FileIssue]:
    example = find_mojibake(utf8)
    if example is None:
        return []
    message = MOJIBAKE.wording.format(example=f"“{example}”", row=row_with(rows, example))
    return [FileIssue(MOJIBAKE, message)]
