"""A stored plan, page by page: checked once in a process, then only the row groups that a page needs are read."""

import bisect
import codecs
import hashlib
import json
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import polars as pl

from orgsync.core.formula import defused
from orgsync.core.plan import PLAN_SCHEMA, REMOVALS, ChangeKind
from orgsync.core.planfile import ROW_GROUP
from orgsync.core.results import LINE_END
from orgsync.server.uploads.media import DamagedMedia, RemovedMedia, named, verified_copy
from orgsync.server.uploads.models import Media
from orgsync.server.uploads.storage import storage
from orgsync.server.uploads.stored import plain_path

PAGE: Final = 50
"""Lines on one page."""
PLANS_KEPT: Final = 8
SEARCHES_KEPT: Final = 8
"""A search keeps four bytes for each line that it found."""
WRITTEN_AT_ONCE: Final = 5_000
SEARCH_WINDOW: Final = 4 * ROW_GROUP
"""Lines looked at in one go: it bounds the memory that a search takes, whatever the size of the plan."""
UNNAMED: Final = "–"
_POSITION: Final = "position"
_OF_ATTRIBUTES: Final = frozenset(
    {
        *(ChangeKind.DEACTIVATED, ChangeKind.REACTIVATED, ChangeKind.EMAIL_CHANGED, ChangeKind.ID_CHANGED),
        *(ChangeKind.MANAGER_CHANGED, ChangeKind.VALUE_SET, ChangeKind.VALUE_CHANGED, ChangeKind.VALUE_CLEARED),
        *(ChangeKind.PERMISSION_CHANGED, ChangeKind.ATTRIBUTE_CREATED, ChangeKind.ATTRIBUTE_REMOVED),
    }
)


@dataclass(frozen=True, slots=True)
class PlanFilter:
    """Which lines are meant; what is empty does not narrow."""

    kind: str = ""
    target: str = ""
    """The group, pool, attribute or permission, as it is written in the plan."""
    text: str = ""
    """How an e-mail address, or a word of a name, begins; in upper or lower case."""
    only: frozenset[int] | None = None
    """Ids of the learners whose lines may be shown; None: everybody's, also of those who are still to be created."""
    managers: frozenset[str] | None = None
    """Addresses of the managers who may be named in these lines; None: everybody."""


@dataclass(frozen=True, slots=True)
class KindCount:
    """One kind of change with the place of its lines: they stand together."""

    kind: ChangeKind
    first: int
    count: int

    @property
    def is_removal(self) -> bool:
        return self.kind in REMOVALS


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One line of a plan."""

    position: int
    kind: str
    learner_id: int | None
    row_number: int | None
    email: str | None
    name: str | None
    target: str | None
    before: str | None
    after: str | None

    @property
    def is_value(self) -> bool:
        """Whether the target is an attribute's name, not that of a group or pool."""
        return self.kind in _OF_ATTRIBUTES

    @property
    def values(self) -> dict[str, Any]:
        """Return the values that a new person gets, empty ones left out; nothing for any other kind."""
        if self.kind != ChangeKind.CREATED or self.after is None:
            return {}
        return {name: value for name, value in json.loads(self.after).items() if value is not None}


@dataclass(frozen=True, slots=True)
class PlanPage:
    """Some of the lines that a filter leaves."""

    lines: list[PlanLine]
    total: int
    """How many lines the filter leaves in all."""
    number: int
    """Which of them the first line of the page is, from 1; 0 when there is none."""
    previous: int | None
    """Position at which the page before begins."""
    next: int | None

    @property
    def last(self) -> int:
        return self.number + len(self.lines) - 1 if self.lines else 0


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class PlanFile:
    """A stored plan whose bytes have been checked."""

    source: str
    kinds: tuple[KindCount, ...]
    """The kinds that occur, in the plan's order."""
    total: int
    _targets: dict[str, list[tuple[str, int]]]

    def targets(self, kind: str = "") -> list[tuple[str, int]]:
        """Return what the lines of a kind, or all lines, are about, with their numbers; the most frequent first."""
        if kind:
            return self._targets.get(kind, [])
        summed: dict[str, int] = {}
        for target, count in (pair for pairs in self._targets.values() for pair in pairs):
            summed[target] = summed.get(target, 0) + count
        return sorted(summed.items(), key=lambda pair: (-pair[1], pair[0]))

    def page(self, chosen: PlanFilter, start: int = 0, *, size: int = PAGE) -> PlanPage:
        """Return the page that begins with the first line left by the filter at position `start` or behind it."""
        found = _matches(self, chosen)
        index = bisect.bisect_left(found, start)
        shown = list(found[index : index + size])
        return PlanPage(
            lines=self._lines(shown, chosen),
            total=len(found),
            number=index + 1 if shown else 0,
            previous=found[max(0, index - size)] if index else None,
            next=found[index + size] if index + size < len(found) else None,
        )

    def csv(self, chosen: PlanFilter) -> Iterator[bytes]:
        """Stream the lines that a filter leaves as UTF-8 CSV, safe to open in a spreadsheet; a row group at a time."""
        yield codecs.BOM_UTF8 + (",".join(PLAN_SCHEMA) + LINE_END).encode()
        first, end = self.span(chosen.kind)
        scan = pl.scan_parquet(self.source)
        for start in range(first, end, ROW_GROUP):
            lines = scan.slice(start, min(ROW_GROUP, end - start)).filter(_predicates(chosen)).collect()
            lines = lines.with_columns(_sides(chosen))
            for part in lines.iter_slices(WRITTEN_AT_ONCE):
                safe = part.with_columns(defused(pl.col(pl.String)))
                yield safe.write_csv(include_header=False, line_terminator=LINE_END).encode()

    def frame(self, chosen: PlanFilter, positions: Sequence[int] | None = None) -> pl.DataFrame:
        """Return `kind`, `learner_id`, `row_number` of the lines that a filter leaves, or of those at positions."""
        columns = pl.scan_parquet(self.source).select("kind", "learner_id", "row_number")
        wanted = _matches(self, chosen) if positions is None else positions
        if isinstance(wanted, range):
            return columns.slice(wanted.start, len(wanted)).collect()
        numbered = columns.with_row_index(_POSITION).filter(pl.col(_POSITION).is_in(list(wanted)))
        return numbered.drop(_POSITION).collect()

    def learner_ids(self) -> list[int]:
        """Return the people whom the plan is about and who are known already."""
        ids = pl.scan_parquet(self.source).select(pl.col("learner_id").drop_nulls().unique()).collect()
        return ids.to_series().to_list()

    def managers(self) -> list[str]:
        """Return what stands for managers in the plan: addresses, and references that nobody answers to."""
        first, end = self.span(ChangeKind.MANAGER_CHANGED)
        sides = pl.scan_parquet(self.source).slice(first, end - first).select("before", "after").collect()
        return pl.concat([sides["before"], sides["after"]]).drop_nulls().unique().to_list()

    def span(self, kind: str) -> tuple[int, int]:
        """Return where the lines of a kind, or all lines, begin and end."""
        if not kind:
            return 0, self.total
        found = next((known for known in self.kinds if known.kind == kind), None)
        return (found.first, found.first + found.count) if found else (0, 0)

    def _lines(self, positions: list[int], chosen: PlanFilter) -> list[PlanLine]:
        scan = pl.scan_parquet(self.source).with_columns(_sides(chosen))
        runs = [scan.slice(first, count) for first, count in _runs(positions)]
        rows = (row for part in pl.collect_all(runs) for row in part.select(list(PLAN_SCHEMA)).iter_rows())
        return [PlanLine(position, *row) for position, row in zip(positions, rows, strict=True)]


def open_plan(media: Media) -> PlanFile:
    """
    Return a stored plan to read from; its bytes are compared with what was stored once in each process.

    Raises RemovedMedia, DamagedMedia, and FileNotFoundError when the bytes are gone.
    """
    if media.removed_at is not None:
        raise RemovedMedia(media.public_id)
    path = plain_path(storage(), media)
    stamp = path.stat().st_mtime_ns if path else 0
    return _opened(_Stored(media), path, stamp)


class _Stored:
    """A media as a key of the cache: the same file whenever its row was read."""

    def __init__(self, media: Media) -> None:
        self.media = media
        self._key = (media.organization_id, media.public_id, media.size, bytes(media.sha256))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Stored) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


@lru_cache(maxsize=PLANS_KEPT)
def _opened(stored: _Stored, path: Path | None, stamp: int) -> PlanFile:  # noqa: ARG001  a file written to anew is checked anew
    if path is None:
        copy = verified_copy(stored.media)
        plan = _indexed(str(named(copy)))
        # The copy has no name: it is gone when nobody reads the plan any more.
        weakref.finalize(plan, copy.close)
        return plan
    _check(stored.media, path)
    return _indexed(str(path))


def _check(media: Media, path: Path) -> None:
    with path.open("rb") as file:
        is_as_stored = hashlib.file_digest(file, "sha256").digest() == bytes(media.sha256)
    if not is_as_stored:
        raise DamagedMedia(media.public_id)


def _indexed(source: str) -> PlanFile:
    """Count kinds and targets: some hundredths of a second for millions of lines."""
    scan = pl.scan_parquet(source)
    counted = scan.select("kind", "target").with_row_index(_POSITION).group_by("kind", "target")
    pairs = counted.agg(pl.len(), pl.col(_POSITION).min()).collect()
    kinds = pairs.group_by("kind").agg(pl.col(_POSITION).min(), pl.col("len").sum()).sort(_POSITION)
    targets: dict[str, list[tuple[str, int]]] = {}
    named = pairs.filter(pl.col("target").is_not_null()).sort(["len", "target"], descending=[True, False])
    for kind, target, count in named.select("kind", "target", "len").iter_rows():
        targets.setdefault(kind, []).append((target, count))
    found = tuple(KindCount(ChangeKind(kind), first, count) for kind, first, count in kinds.iter_rows())
    return PlanFile(source, found, sum(known.count for known in found), targets)


@lru_cache(maxsize=SEARCHES_KEPT)
def _matches(plan: PlanFile, chosen: PlanFilter) -> range | pl.Series:
    """Return the positions of the lines that a filter leaves, in order; only the columns it looks at are read."""
    first, end = plan.span(chosen.kind)
    if not (chosen.target or chosen.text) and chosen.only is None:
        return range(first, end)
    columns = pl.scan_parquet(plan.source).select("learner_id", "email", "name", "target")
    parts = []
    for start in range(first, end, SEARCH_WINDOW):
        part = columns.slice(start, min(SEARCH_WINDOW, end - start)).with_row_index(_POSITION, offset=start)
        parts.append(part.filter(_predicates(chosen)).select(_POSITION).collect().to_series())
    return pl.concat(parts) if parts else range(0)


def _predicates(chosen: PlanFilter) -> list[pl.Expr]:
    """Return what a line has to fulfil, but for its kind."""
    wanted = []
    if chosen.only is not None:
        wanted.append(pl.col("learner_id").is_in(sorted(chosen.only)).fill_null(value=False))
    if chosen.target:
        wanted.append(pl.col("target") == chosen.target)
    if chosen.text:
        start = pl.escape_regex(chosen.text)
        in_name = pl.col("name").str.contains(rf"(?i)(?:^|[\s'-]){start}").fill_null(value=False)
        wanted.append(in_name | pl.col("email").str.contains(rf"(?i)^{start}").fill_null(value=False))
    return wanted or [pl.lit(True)]  # noqa: FBT003  a filter needs one condition


def _sides(chosen: PlanFilter) -> list[pl.Expr]:
    """Return what becomes of the two sides of a change: a manager who may not be named is a dash."""
    if chosen.managers is None:
        return []
    is_manager = pl.col("kind") == ChangeKind.MANAGER_CHANGED
    return [
        pl.when(is_manager & ~pl.col(side).is_in(sorted(chosen.managers)))
        .then(pl.lit(UNNAMED))
        .otherwise(side)
        .alias(side)
        for side in ("before", "after")
    ]


def _runs(positions: list[int]) -> list[tuple[int, int]]:
    """Put neighbours together: (first, count) of each run."""
    runs: list[tuple[int, int]] = []
    for position in positions:
        if runs and sum(runs[-1]) == position:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((position, 1))
    return runs
