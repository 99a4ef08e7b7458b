"""Find out of a results file what its rows complain about, also when another server wrote it."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from orgsync.client.answers import JobMessage, MessageGroup, group_messages
from orgsync.core.model import Severity

_TEXTS = ("messages", "message", "errors", "error")
_CODES = ("code", "codes")
_STATUSES = ("status",)


def group_results(file: Path) -> list[MessageGroup]:
    """Group the messages of a results file's rows; nothing when it has no column that looks like messages."""
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as text:
        return group_messages(tuple(_messages(csv.reader(text))))


def _messages(lines: Iterator[list[str]]) -> Iterator[JobMessage]:
    headers = [header.strip().casefold() for header in next(lines, [])]
    said, code, status = (_last_of(headers, names) for names in (_TEXTS, _CODES, _STATUSES))
    for number, cells in enumerate(lines, 2):
        text = _cell(cells, said)
        if not text:
            continue
        is_error = Severity.ERROR.value in _cell(cells, status).upper()
        yield JobMessage(text, (Severity.ERROR if is_error else Severity.WARNING).value, _cell(cells, code), number)


def _last_of(headers: Sequence[str], names: Sequence[str]) -> int | None:
    """Return the position of the last header with one of the names: the server adds its columns at the end."""
    return max((position for position, header in enumerate(headers) if header in names), default=None)


def _cell(cells: Sequence[str], position: int | None) -> str:
    return cells[position].strip() if position is not None and position < len(cells) else ""
