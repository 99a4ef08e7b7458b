"""Tell from the header which delimiter a file uses."""

import csv
import io
import re
from dataclasses import dataclass
from itertools import dropwhile
from typing import Final

from orgsync.core.headers import is_known_header

DELIMITERS: Final = (",", ";", "\t", "|")
HEAD_BYTES: Final = 65_536

SEP_LINE: Final = re.compile(rb'"?sep=([,;\t|])"?(?:\r\n|\n|\r)', re.IGNORECASE)
"""A first line that tells Excel the delimiter; Excel does not show it, so it takes no row number."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file writes its cells, and at which byte its header begins."""

    delimiter: str
    start: int = 0


def judge_dialect(utf8: bytes) -> Dialect:
    """Choose the delimiter that yields most known headers, then most cells; the comma when nothing speaks.

    Delimiters inside quotes do not count. A first line `sep=;` decides, and is skipped.
    """
    if told := SEP_LINE.match(utf8):
        return Dialect(told.group(1).decode(), told.end())
    header = header_lines(utf8[:HEAD_BYTES].decode("utf-8", "ignore"))
    return Dialect(max(DELIMITERS, key=lambda delimiter: _score(header, delimiter)))


def header_lines(head: str) -> list[str]:
    """Return the first line that is not blank, with those that a quoted line break adds to it."""
    lines: list[str] = []
    quotes = 0
    for line in dropwhile(str.isspace, io.StringIO(head, newline="")):
        lines.append(line)
        quotes += line.count('"')
        if quotes % 2 == 0:
            break
    return lines


def _score(header: list[str], delimiter: str) -> tuple[int, int]:
    cells = next(csv.reader(header, delimiter=delimiter), [])
    return sum(is_known_header(cell) for cell in cells), len(cells)
