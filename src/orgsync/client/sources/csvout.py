"""Write rows as the CSV that every source ends in."""

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, Final

import polars as pl

from orgsync.client.sources.base import UnusableSource
from orgsync.client.sources.celltext import cell_text

LINE_END: Final = "\r\n"
_IN_MEMORY: Final = 8_000_000
"""Bytes of rows that wait in memory for their header; more of them wait in a file."""


def write_frame(target: BinaryIO, headers: Sequence[str], frame: pl.DataFrame) -> None:
    """Write a frame of texts under `headers`, one for each of its columns; null is an empty cell."""
    with _text(target) as text:
        csv.writer(text, lineterminator=LINE_END).writerow(headers)
    # An empty cell is written as nothing at all: without quotes our reader takes its fastest way. Where it is the
    # only cell it needs them, because an empty line is no row.
    blank = (
        frame
        if frame.width == 1
        else frame.select(pl.when(pl.col(name) != "").then(pl.col(name)) for name in frame.columns)
    )
    blank.write_csv(target, include_header=False, line_terminator=LINE_END)


def write_rows(target: BinaryIO, headers: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write rows of values under `headers`; return their number. Memory does not grow with it."""
    _check_distinct(headers)
    count = 0
    with _text(target) as text:
        writer = csv.writer(text, lineterminator=LINE_END)
        writer.writerow(headers)
        for count, row in enumerate(rows, 1):  # noqa: B007  the last number is the answer
            writer.writerow(map(cell_text, row))
    return count


def write_records(
    target: BinaryIO, records: Iterable[Mapping[str, Any]], *, first: Sequence[str] = ()
) -> tuple[int, tuple[str, ...]]:
    """Write records that may have different keys; return their number and the columns.

    The columns are `first`, then the other keys in the order in which they appear. Which ones there are is known
    only at the end, so the rows wait in a temporary file; memory does not grow with their number. Raise
    UnusableSource when there is not a single column.
    """
    places = {name: place for place, name in enumerate(first)}
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as waiting:
        count = 0
        with _text(waiting) as text:
            writer = csv.writer(text, lineterminator=LINE_END)
            for count, record in enumerate(records, 1):  # noqa: B007
                writer.writerow(_row(record, places))
        if not places:
            raise UnusableSource("The source has no record, so there is no column either; nothing was written.")
        waiting.seek(0)
        _write_padded(target, tuple(places), waiting)
    return count, tuple(places)


def _row(record: Mapping[str, Any], places: dict[str, int]) -> list[str]:
    """Return the record's cells in the order of `places`, to which its new keys are added."""
    for name in record:
        places.setdefault(name, len(places))
    row = [""] * len(places)
    for name, value in record.items():
        row[places[name]] = cell_text(value)
    return row


def _write_padded(target: BinaryIO, headers: Sequence[str], waiting: Any) -> None:
    width = len(headers)
    _check_distinct(headers)
    with _text(target) as text, _text(waiting) as rows:
        writer = csv.writer(text, lineterminator=LINE_END)
        writer.writerow(headers)
        for row in csv.reader(rows, strict=True):
            writer.writerow(row + [""] * (width - len(row)))


def _check_distinct(headers: Sequence[str]) -> None:
    for place, header in enumerate(headers):
        if header in headers[:place]:
            raise UnusableSource(f"The source has two columns {header!r}; give one of them another name.")


@contextmanager
def _text(stream: Any) -> Iterator[io.TextIOWrapper]:
    """Treat a stream of bytes as text for a while; it stays open."""
    # A lone half of a surrogate pair, which JSON can hold and UTF-8 cannot, becomes a question mark.
    text = io.TextIOWrapper(stream, encoding="utf-8", errors="replace", newline="", write_through=False)
    try:
        yield text
    finally:
        text.detach()
