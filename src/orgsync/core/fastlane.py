"""The fast lane: Polars reads the file, and a proof over its lines shows that it read it right.

Polars alone pads short rows, drops an empty last cell too many and eats broken quotes, all in silence. What it
made is therefore used only after one of two proofs, each compared with the strict reader on every small file.
A file that neither proof accepts may be sound; it goes to the careful lane whole.
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

_AT_ONCE: Final = 1 << 20
"""Bytes that stay in the processor's cache while they are looked through."""
LINE_SEPARATOR: Final = "\x01"
"""Separator of the reading that takes whole lines; a file that holds it is not judged."""


def read_fast(utf8: bytes, headers: Sequence[str], delimiter: str) -> pl.DataFrame | None:
    """Return `row_number` and `c0`, `c1`, … of all data rows, or None when nothing proves the reading.

    `headers` are the cells of the first line as the careful lane reads it.
    """
    width = len(headers)
    if width < 2 or not _has_plain_line_ends(utf8):
        return None
    # The proof goes first, so that its lines are gone from memory before the cells are made.
    count_rows = _count_rows_with_quotes if b'"' in utf8 else _count_rows_without_quotes
    height = count_rows(utf8, width, delimiter)
    if height is None:
        return None
    frame = _parse(utf8, delimiter, '"')
    if frame is None or frame.shape != (height, width) or frame.row(0) != tuple(headers):
        return None
    return _number_rows(frame)


def holds_controls(utf8: bytes, delimiter: str) -> bool:
    """Say whether a cell of a file that the fast lane took may hold a C0 control, tab and line breaks included.

    Such a file has line breaks between rows only, so that the other controls are looked for, all in one pass.
    """
    others = bytes({*range(32), 127} - {ord("\n"), ord("\r"), ord(delimiter)})
    pieces = (utf8[start : start + _AT_ONCE] for start in range(0, len(utf8), _AT_ONCE))
    found = any(len(piece.translate(None, others)) < len(piece) for piece in pieces)
    # A tab between cells is no control in them; in quotes it is one, and nothing here tells the two apart.
    return found or (delimiter == "\t" and b'"' in utf8)


def _has_plain_line_ends(utf8: bytes) -> bool:
    if b"\0" in utf8:
        return False
    return b"\r" not in utf8 or utf8.count(b"\r") == utf8.count(b"\r\n")


def _count_rows_without_quotes(utf8: bytes, width: int, delimiter: str) -> int | None:
    """Return how many rows Polars must find for its reading to be right, or None when it cannot be.

    Polars refuses a row that is long, and the separators add up, so no row is short either. The one long row
    that it does not refuse has an empty cell too many in a last line without line end; that line is counted
    by itself.
    """
    separator = delimiter.encode()
    lines = utf8.count(b"\n") + (not utf8.endswith(b"\n"))
    last_line = utf8[utf8.rfind(b"\n", 0, len(utf8) - 1) + 1 :]
    adds_up = utf8.count(separator) == (width - 1) * lines and last_line.count(separator) == width - 1
    return lines if adds_up else None


def _count_rows_with_quotes(utf8: bytes, width: int, delimiter: str) -> int | None:
    """Return the number of lines when every line by itself is a whole row of the right width, else None.

    A quoted line break fails the proof.
    """
    if LINE_SEPARATOR.encode() in utf8:
        return None
    lines = _parse(utf8, LINE_SEPARATOR, None)
    if lines is None or lines.width != 1:
        return None
    line = pl.col(lines.columns[0])
    is_whole = (
        pl.when(line.str.contains('"', literal=True))
        .then(line.str.contains(_row_pattern(width, delimiter)))
        .otherwise(line.str.count_matches(delimiter, literal=True) == width - 1)
    )
    # One column is one core's work, unless it comes in pieces.
    proof = lines.lazy().select(is_whole.all(ignore_nulls=False)).collect(engine="streaming")
    return lines.height if proof.item() is True else None


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
