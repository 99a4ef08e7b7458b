"""What files of content and of activity have in common: headers whatever their case, and rows by column."""

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from orgsync.core.csvfile import read_csv
from orgsync.core.errors import UnreadableFile
from orgsync.core.formula import fuse

Line = tuple[int, dict[str, str]]
"""A row's number, and its cells by column: trimmed, and what our own files do against formulas taken away."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The rows of a file that can be read, or why nothing of it can."""

    rows: Sequence[Line] = ()
    named: frozenset[str] = frozenset()
    """Columns that the file has."""
    unknown: Sequence[str] = ()
    """Headers that mean nothing."""
    fault: str = ""


def template_of(columns: Collection[str], example: Mapping[str, str]) -> bytes:
    """Return a file with every column and one example."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(columns), restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerow(example)
    return text.getvalue().encode()


def read_lines(source: bytes, columns: Collection[str], *, needed: Collection[str], most: int) -> Lines:
    """Read the known columns of a file; without a needed one, or with more rows than the most, nothing of it."""
    try:
        raw = read_csv(source)
    except UnreadableFile as error:
        return Lines(fault=f"{error.reason} {error.hint}".strip())
    headers = {header.strip().casefold(): place for place, header in enumerate(raw.headers)}
    named = frozenset(headers.keys() & set(columns))
    unknown = [header for header in raw.headers if header.strip().casefold() not in columns]
    if missing := [name for name in columns if name in needed and name not in named]:
        return Lines((), named, unknown, f"These columns are needed: {', '.join(missing)}. Start from the template.")
    if raw.rows.height > most:
        return Lines((), named, unknown, f"A file has at most {most:,} rows: send several.")
    places = ("row_number", *(raw.cell(place) for place in range(len(raw.headers))))
    rows = [
        (number, {name: fuse(str(cells[headers[name]] or "")).strip() for name in named})
        for number, *cells in raw.rows.select(*places).iter_rows()
    ]
    return Lines(rows, named, unknown)
