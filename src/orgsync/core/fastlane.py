"""The fast lane: Polars reads the file, and a proof over its lines shows that it read it right.

Polars alone pads short rows, drops an empty last cell too many and eats broken quotes, all in silence. What it
made is therefore used only after one of two proofs, each compared with the strict reader on every small file.
A file that neither proof accepts may be sound; it goes to the careful lane whole.
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

LINE_SEPARATOR: Final = "\x01"
"""Separator of the second reading, which takes whole lines; a file that holds it is not judged."""


def read_fast(utf8: bytes, headers: Sequence[str], delimiter: str) -> pl.DataFrame | None:
    """Return `row_number` and `c0`, `c1`, … of all data rows, or None when nothing proves the reading.

    `headers` are the cells of the first line as the careful lane reads it.
    """
    width = len(headers)
    if width < 2 or not _has_plain_line_ends(utf8):
        return None
    has_quotes = b'"' in utf8
    if not has_quotes and not _separators_add_up(utf8, width, delimiter):
        return None
    frame = _parse(utf8, delimiter, '"')
    if frame is None or frame.width != width or frame.row(0) != tuple(headers):
        return None
    prove = _prove_with_quotes if has_quotes else _prove_without_quotes
    return _number_rows(frame) if prove(utf8, frame, delimiter) else None


def _has_plain_line_ends(utf8: bytes) -> bool:
    return b"\0" not in utf8 and utf8.count(b"\r") == utf8.count(b"\r\n")


def _count_lines(utf8: bytes) -> int:
    return utf8.count(b"\n") + (not utf8.endswith(b"\n"))


def _separators_add_up(utf8: bytes, width: int, delimiter: str) -> bool:
    return utf8.count(delimiter.encode()) == (width - 1) * _count_lines(utf8)


def _prove_without_quotes(utf8: bytes, frame: pl.DataFrame, delimiter: str) -> bool:
    """Prove a file without quotes: no row is long, and the separators add up, so no row is short either.

    Polars refuses a long row but for one case, an empty cell too many in a last line without line end; that
    line is counted by itself.
    """
    last_line = utf8[utf8.rfind(b"\n", 0, len(utf8) - 1) + 1 :]
    return frame.height == _count_lines(utf8) and last_line.count(delimiter.encode()) == frame.width - 1


def _prove_with_quotes(utf8: bytes, frame: pl.DataFrame, delimiter: str) -> bool:
    """Prove a file with quotes: every line by itself is a whole row of the right width.

    A quoted line break fails the proof.
    """
    if LINE_SEPARATOR.encode() in utf8:
        return False
    lines = _parse(utf8, LINE_SEPARATOR, None)
    if lines is None or lines.width != 1 or lines.height != frame.height:
        return False
    line = pl.col(lines.columns[0])
    is_whole = (
        pl.when(line.str.contains('"', literal=True))
        .then(line.str.contains(_row_pattern(frame.width, delimiter)))
        .otherwise(line.str.count_matches(delimiter, literal=True) == frame.width - 1)
    )
    return bool(lines.select(is_whole.all(ignore_nulls=False)).item())


def _row_pattern(width: int, delimiter: str) -> str:
    cell = f'(?:[^"{delimiter}]*|"(?:[^"]|"")*")'
    return f"^{cell}(?:[{delimiter}]{cell}){{{width - 1}}}\r?$"


def _parse(utf8: bytes, separator: str, quote_char: str | None) -> pl.DataFrame | None:
    try:
        return pl.read_csv(
            utf8,
            has_header=False,
            separator=separator,
            quote_char=quote_char,
            infer_schema=False,
            empty_string_is_null=False,
        )
    except pl.exceptions.PolarsError:
        # A refusal is an answer here, not a failure: the careful lane reads the file and names the rows.
        return None


def _number_rows(frame: pl.DataFrame) -> pl.DataFrame:
    frame.columns = [f"c{position}" for position in range(frame.width)]
    numbers = pl.int_range(2, frame.height + 1, dtype=pl.Int64).alias("row_number")
    return frame.slice(1).select(numbers, pl.all())
