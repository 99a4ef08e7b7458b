"""Take any text apart into records, and go on reading after one that is broken.

Records are read by the strict `csv` module. A quote that is never closed would swallow the rest of the file, so
reading goes back to the line after the one on which it opened and goes on from there.
"""

import csv
import io
from collections import deque
from collections.abc import Iterator
from typing import Final

from orgsync.core.issues import BROKEN_QUOTE, CELL_TOO_LARGE, UNCLOSED_QUOTE, IssueKind
from orgsync.core.model import Limits

BLANKS: Final = " \t\r\n\u00a0\ufeff\x1a"
"""What a blank line may hold: blanks, a stray byte order mark, the end mark of old DOS files."""

END_OF_TEXT: Final = "unexpected end of data"
FIELD_LIMIT: Final = "field limit"
"""Parts of the csv module's messages; it has no other way to tell its errors apart."""


class Records:
    """Iterate over the cells of all records of a text; a blank line and a broken record are one each.

    A blank line has no cells. A record that breaks the rules of quoting has what could be read of it, and its
    fault is found by `take_faults`. Each record is one row number; iterating again goes on behind the last one.

    Time grows with the size of the text whatever it holds: lines that a quote swallowed in vain are read once
    more, each alone, because a record that began among them would fail on the same spot. No more text is held
    than the longest row that the limits allow.
    """

    def __init__(self, utf8: bytes, delimiter: str, limits: Limits) -> None:
        # The module's own limit is one for the whole process; it is only ever raised.
        csv.field_size_limit(max(csv.field_size_limit(), limits.cell_bytes))
        self.row_number = 0
        """Number of the last record, as a spreadsheet shows it; the first is 1."""
        self.holds_nul = b"\0" in utf8
        self._source: Iterator[str] = io.TextIOWrapper(io.BytesIO(utf8), encoding="utf-8", newline="")
        self._put_back: deque[str] = deque()
        self._line_number = 0
        self._alone_up_to = 0
        self._faults: dict[int, IssueKind] = {}
        self._delimiter = delimiter
        # Made once: to make a dialect takes longer than to read a line with it.
        self._strict = csv.reader([], delimiter=delimiter, strict=True).dialect
        self._loose = csv.reader([], delimiter=delimiter, strict=False).dialect
        self._cell_bytes = limits.cell_bytes
        self.expect_width(limits.columns)

    def __iter__(self) -> Iterator[list[str]]:
        delimiter, blanks = self._delimiter, BLANKS.replace(self._delimiter, "")
        while (line := self._next_line()) is not None:
            self.row_number += 1
            if '"' in line:
                yield self._take_quoted(line)
                continue
            cells = line.rstrip("\r\n").split(delimiter)
            yield [] if len(cells) == 1 and not line.strip(blanks) else cells

    def take_faults(self) -> dict[int, IssueKind]:
        """Return row number → fault of the records since the last call."""
        faults, self._faults = self._faults, {}
        return faults

    def expect_width(self, width: int) -> None:
        """Say how many cells a row has, once the header is known; it bounds how far a row may reach."""
        self._width = width
        self._longest = width * self._cell_bytes

    def _next_line(self) -> str | None:
        self._line_number += 1
        return self._put_back.popleft() if self._put_back else next(self._source, None)

    def _take_quoted(self, line: str) -> list[str]:
        try:
            return next(csv.reader([line], self._strict))
        except csv.Error as error:
            fault = _fault_of(error)
        if fault is UNCLOSED_QUOTE and self._line_number > self._alone_up_to:
            return self._take_spanning(line)
        return self._salvage(line, fault)

    def _take_spanning(self, line: str) -> list[str]:
        """Read a record whose quoted line break goes on in the lines that follow, or put those back."""
        start, swallowed = self._line_number, list[str]()
        try:
            return next(csv.reader(self._feed(line, swallowed), self._strict))
        except csv.Error as error:
            ran_out = _fault_of(error) is UNCLOSED_QUOTE
        # The line on which the reading failed may begin a sound record; when the text ran out there is none such.
        self._alone_up_to = start + len(swallowed) - (not ran_out)
        self._line_number = start
        self._put_back.extendleft(reversed(swallowed))
        return self._salvage(line, UNCLOSED_QUOTE)

    def _feed(self, line: str, swallowed: list[str]) -> Iterator[str]:
        yield line
        length = len(line)
        while length <= self._longest and (following := self._next_line()) is not None:
            swallowed.append(following)
            length += len(following)
            yield following

    def _salvage(self, line: str, fault: IssueKind) -> list[str]:
        """Return what can be read of a broken line: quotes taken loosely, or not at all if that fits the header."""
        self._faults[self.row_number] = fault
        text = line.rstrip("\r\n")
        bare = [cell.strip('"') for cell in text.split(self._delimiter)]
        try:
            loose = next(csv.reader([text], self._loose))
        except csv.Error:
            return bare
        return bare if len(loose) != self._width == len(bare) else loose


def _fault_of(error: csv.Error) -> IssueKind:
    if END_OF_TEXT in str(error):
        return UNCLOSED_QUOTE
    return CELL_TOO_LARGE if FIELD_LIMIT in str(error) else BROKEN_QUOTE
