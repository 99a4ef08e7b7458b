"""Which rows LinkedIn accepted, out of a results file whose layout nobody has promised.

A row counts as accepted only when the file says so. What cannot be told is not accepted: it is sent again, which does
no harm, while a row that is wrongly taken for accepted would never be sent again.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import polars as pl

from orgsync.client.answers import Counts
from orgsync.core.columns import BY_NAME, fold_header
from orgsync.core.normalize import fold_key

_MESSAGES: Final = ("messages", "message", "errors", "error")
_STATUSES: Final = ("status", "result", "row_status")
_GOOD: Final = frozenset(
    {
        *("ok", "success", "succeeded", "successful", "done", "accepted", "processed", "warning"),
        *("created", "updated", "unchanged", "deactivated", "removed", "erased", "deleted", "added"),
    }
)
_BAD: Final = frozenset({"error", "failed", "failure", "rejected", "invalid", "skipped", "held", "not processed"})
_HEADER_LINES: Final = 20
"""How far down the header may stand: a critical error is written above it."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a results file says of the rows that were sent."""

    accepted: frozenset[int]
    """`learner_id` of each row that was taken."""
    refused: int
    """Rows that were sent and are not among them."""
    critical: str = ""
    """What stands above the header: the job broke off, and blank messages mean nothing."""
    unknown_words: tuple[str, ...] = ()
    """Words of a status column that nobody knows."""
    has_columns: bool = True
    """False when no column looks like messages or a status, so that the file says nothing."""


@dataclass(frozen=True, slots=True)
class _Line:
    email: str
    user_id: str
    status: str
    message: str


def judge(results: Path, sent: pl.DataFrame, counts: Counts | None = None) -> Judgement:
    """Compare a results file with the rows of one file that was sent (`learner_id` and its fields).

    Rows are told apart by address, then by id, then by their place when the file names neither and has as many rows.
    Where the file lists rows in error alone, the others count as accepted only if the job's `counts` bear it out.
    """
    headers, lines, critical = _read(results)
    place = _places(headers)
    if place["message"] is None and place["status"] is None:
        return Judgement(frozenset(), sent.height, critical, has_columns=False)
    read = [_line(cells, place) for cells in lines]
    is_named = place["email"] is not None or place["user_id"] is not None
    found = _by_name(read, sent) if is_named else _by_place(read, sent)
    verdicts = [(learner, _is_good(line, place, critical=critical)) for learner, line in found]
    accepted = {learner for learner, good in verdicts if good} - {learner for learner, good in verdicts if not good}
    if is_named and not critical and _lists_errors_alone(read, place, sent, counts):
        accepted |= set(sent["learner_id"]) - {learner for learner, _ in found}
    words = {line.status for line in read if line.status} - _GOOD - _BAD
    return Judgement(frozenset(accepted), sent.height - len(accepted), critical, tuple(sorted(words)))


def _read(results: Path) -> tuple[list[str], list[list[str]], str]:
    """Return headers, rows and what stands above the headers."""
    with results.open(encoding="utf-8-sig", errors="replace", newline="") as text:
        reader = csv.reader(text)
        above = list(islice(reader, _HEADER_LINES))
        start = next((n for n, cells in enumerate(above) if _is_header(cells)), None)
        if start is None:
            return [], [], ""
        rest = [*above[start + 1 :], *reader]
    headers = [fold_header(header) for header in above[start]]
    told = " ".join(cell.strip() for cells in above[:start] for cell in cells if cell.strip())
    return headers, [cells for cells in rest if cells], told


def _is_header(cells: Sequence[str]) -> bool:
    folded = [fold_header(cell) for cell in cells]
    return any(cell in BY_NAME or cell in {*_MESSAGES, *_STATUSES} for cell in folded)


def _places(headers: Sequence[str]) -> dict[str, int | None]:
    def last(names: Sequence[str]) -> int | None:
        return max((place for place, header in enumerate(headers) if header in names), default=None)

    def first(field: str) -> int | None:
        known = (BY_NAME[header].name if header in BY_NAME else "" for header in headers)
        return next((place for place, name in enumerate(known) if name == field), None)

    return {
        "message": last(_MESSAGES),
        "status": last(_STATUSES),
        "email": first("primary_email_address"),
        "user_id": first("unique_user_id"),
    }


def _line(cells: Sequence[str], place: dict[str, int | None]) -> _Line:
    def cell(name: str) -> str:
        position = place[name]
        return cells[position].strip() if position is not None and position < len(cells) else ""

    return _Line(fold_key(cell("email").lstrip("'")), cell("user_id"), cell("status").casefold(), cell("message"))


def _by_name(read: Sequence[_Line], sent: pl.DataFrame) -> list[tuple[int, _Line]]:
    ids = {str(key): learner for key, learner in _keys(sent, "unique_user_id")}
    mails = {fold_key(str(key)): learner for key, learner in _keys(sent, "primary_email_address")}
    found = ((mails.get(line.email) or ids.get(line.user_id), line) for line in read)
    return [(learner, line) for learner, line in found if learner is not None]


def _keys(sent: pl.DataFrame, name: str) -> Iterator[tuple[object, int]]:
    if name in sent.columns:
        yield from sent.select(name, "learner_id").drop_nulls().iter_rows()


def _by_place(read: Sequence[_Line], sent: pl.DataFrame) -> list[tuple[int, _Line]]:
    if len(read) != sent.height:
        return []
    return list(zip(sent["learner_id"].to_list(), read, strict=True))


def _is_good(line: _Line, place: dict[str, int | None], *, critical: str) -> bool:
    if place["status"] is not None and line.status:
        return line.status in _GOOD or (line.status not in _BAD and not line.message and not critical)
    return not line.message and not critical


def _lists_errors_alone(
    read: Sequence[_Line], place: dict[str, int | None], sent: pl.DataFrame, counts: Counts | None
) -> bool:
    """Say whether the file has no good row, and whether the job's counts say that the rest was taken."""
    if counts is None or any(_is_good(line, place, critical="") for line in read):
        return False
    taken = counts.updated + counts.deleted + counts.unchanged
    return counts.errors == len(read) < sent.height and taken >= sent.height - len(read)
