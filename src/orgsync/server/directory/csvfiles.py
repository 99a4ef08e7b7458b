"""Lists as CSV files, written line by line: UTF-8 with mark, CRLF, cells that no spreadsheet runs."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Final

from orgsync.core.formula import defuse
from orgsync.core.results import BYTE_ORDER_MARK, LINE_END

_LINES: Final = 1_000
"""Lines in one piece of the stream."""


def csv_file(headers: Sequence[str], lines: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """Yield the file; nothing is an empty cell, a moment is ISO 8601 in UTC."""
    yield BYTE_ORDER_MARK + _written([headers])
    cells = (tuple(map(_cell, line)) for line in lines)
    while some := list(islice(cells, _LINES)):
        yield _written(some)


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return "" if value is None else defuse(str(value))


def _written(lines: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator=LINE_END).writerows(lines)
    return text.getvalue().encode()
