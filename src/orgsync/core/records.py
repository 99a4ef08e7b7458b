"""Take any text apart into records, and go on reading after one that is broken.

Records are read by the strict `csv` module. A quote that is never closed would swallow the rest of the file, so
reading goes back to the line after the one on which it opened and goes on from there.
"""

import csv
import io
from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple

from orgsync.core.issues import BROKEN_QUOTE, CELL_TOO_LARGE, UNCLOSED_QUOTE, IssueKind
from orgsync.core.model import Limits

BLANKS: Final = " \t\r\n\u00a0\ufeff\x1a"
"""What a blank line may hold: blanks, a stray byte order mark, the end mark of old DOS files."""

END_OF_TEXT: Final = "unexpected end of data"
FIELD_LIMIT: Final = "field limit"
"""Parts of the csv module's messages; it has no other way to tell its errors apart."""


class Record(NamedTuple):
    """One row as taken apart: no cells for a blank line, a fault for a row that broke the rules of quoting."""

    cells: list[str]
    fault: IssueKind | None = None


class Records:
    """Iterate over all records of a text, blank lines and broken ones included; each is one row number.

    Time grows with the size of the text whatever it holds: lines that a quote swallowed in vain are read once
    more, each alone, because a row that began among them would fail on the same spot. No more text is held
    than the longest row that the limits allow.
    """

    def __init__(self, utf8: bytes, delimiter: str, limits: Limits) -> None:
        # The module's own limit is one for the whole process; it is only ever raised.
        csv.field_size_limit(max(csv.field_size_limit(), limits.cell_bytes))
        self._source: Iterator[str] = io.TextIOWrapper(io.BytesIO(utf8), encoding="utf-8", newline="")
        self._put_back: deque[str] = deque()
        self._line_number = 0
        self._alone_up_to = 0
        self._delimiter = delimiter
        self._blanks = BLANKS.replace(delimiter, "")
        self._cell_bytes = limits.cell_bytes
        self.expect_width(limits.columns)

    def __iter__(self) -> Iterator[Record]:
        return self

    def __next__(self) -> Record:
        line = self._next_line()
        if '"' in line:
            return self._take_quoted(line)
        cells = line.rstrip("\r\n").split(self._delimiter)
        is_blank = len(cells) == 1 and not line.strip(self._blanks)
        return Record([] if is_blank else cells)

    def expect_width(self, width: int) -> None:
        """Say how many cells a row has, once the header is known; it bounds how far a row may reach."""
        self._width = width
        self._longest = width * self._cell_bytes

    def _next_line(self) -> str:
        line = self._put_back.popleft() if self._put_back else next(self._source)
        self._line_number += 1
        return line

    def _take_quoted(self, line: str) -> Record:
        try:
            return Record(self._parse(iter([line])))
        except csv.Error as error:
            fault = _fault_of(error)
        if fault is UNCLOSED_QUOTE and self._line_number > self._alone_up_to:
            return self._take_spanning(line)
        return Record(self._salvage(line), fault)

    def _take_spanning(self, line: str) -> Record:
        """Read a row whose quoted line break goes on in the lines that follow, or put those back."""
        swallowed: list[str] = []
        try:
            return Record(self._parse(self._feed(line, swallowed)))
        except csv.Error as error:
            ran_out = _fault_of(error) is UNCLOSED_QUOTE
        # The line on which the reading failed may begin a sound row; when the text ran out there is no such line.
        self._alone_up_to = self._line_number - (not ran_out)
        self._line_number -= len(swallowed)
        self._put_back.extendleft(reversed(swallowed))
        return Record(self._salvage(line), UNCLOSED_QUOTE)

    def _feed(self, line: str, swallowed: list[str]) -> Iterator[str]:
        yield line
        length = len(line)
        while length <= self._longest:
            try:
                following = self._next_line()
            except StopIteration:
                return
            swallowed.append(following)
            length += len(following)
            yield following

    def _parse(self, lines: Iterator[str], *, strict: bool = True) -> list[str]:
        return next(csv.reader(lines, delimiter=self._delimiter, strict=strict), [])

    def _salvage(self, line: str) -> list[str]:
        """Return what can be read of a broken line: quotes taken loosely, or not at all if that fits the header."""
        text = line.rstrip("\r\n")
        bare = [cell.strip('"') for cell in text.split(self._delimiter)]
        try:
            loose = self._parse(iter([text]), strict=False)
        except csv.Error:
            return bare
        return bare if len(loose) != self._width == len(bare) else loose


def _fault_of(error: csv.Error) -> IssueKind:
    if END_OF_TEXT in str(error):
        return UNCLOSED_QUOTE
    return CELL_TOO_LARGE if FIELD_LIMIT in str(error) else BROKEN_QUOTE
