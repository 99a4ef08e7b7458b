"""Carry kept counts over a job: those whom it touches are counted before and after, and the difference is added.

A nightly file touches few of a million people; to count all of them anew would take longer than to apply it.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import polars as pl

from orgsync.core.directory import FILLED
from orgsync.core.plan import Writes
from orgsync.server.directory.everybody import CountedDirectory
from orgsync.server.directory.models import Headcount
from orgsync.server.directory.registry import AppliedIds

MOST: Final = 50_000
"""People touched from which on everybody is counted anew, while nobody waits."""
NUMBER: Final = "count"


@dataclass(frozen=True, slots=True)
class _Counts:
    """What is kept of a directory for one feed."""

    people: pl.DataFrame
    licenses: pl.DataFrame
    memberships: pl.DataFrame

    @classmethod
    def kept_in(cls, row: Headcount) -> Self:
        return cls(*(pl.read_parquet(bytes(part)) for part in (row.people, row.licenses, row.memberships)))

    @classmethod
    def among(cls, row: Headcount, learner_ids: Sequence[int]) -> Self:
        counted = CountedDirectory(row.organization_id, row.feed_id, learner_ids)
        return cls(counted.people(row.names), counted.licenses(), counted.memberships())


@dataclass(frozen=True, slots=True)
class CarriedCounts:
    """The counts of an organization that are good for the revision at which a job writes, and whom it touches."""

    kept: Sequence[Headcount]
    touched: Sequence[int]
    """People who are there before the job writes."""
    before: Sequence[_Counts]

    @classmethod
    def over(cls, organization_id: int, writes: Writes, *, revision: int) -> Self:
        """Count whom the writes touch, before they are written; call it where they are, under the write lock."""
        kept = list(Headcount.objects.filter(organization_id=organization_id, revision=revision))
        touched = None if not kept else _touched(writes)
        if touched is None:
            return cls([], [], [])
        there = touched.filter(touched > 0).to_list()
        return cls(kept, there, [_Counts.among(row, there) for row in kept])

    def keep(self, applied: AppliedIds) -> None:
        """Count the same people after it, with those who came, and keep the sums with the new revision."""
        touched = [*self.touched, *applied.learners["id"]]
        for row, before in zip(self.kept, self.before, strict=True):
            known, after = _Counts.kept_in(row), _Counts.among(row, touched)
            row.people = content_of(_sum(known.people, before.people, after.people))
            row.licenses = content_of(_sum(known.licenses, before.licenses, after.licenses))
            row.memberships = content_of(_sum(known.memberships, before.memberships, after.memberships))
            row.revision = applied.revision
            row.save()


def content_of(frame: pl.DataFrame) -> bytes:
    """Return the frame as it is kept."""
    content = io.BytesIO()
    frame.write_parquet(content)
    return content.getvalue()


def _touched(writes: Writes) -> pl.Series | None:
    """Return everybody of whom the writes may change what is counted; None where that is too many, or not said."""
    if writes.removed_groups or writes.removed_attributes or writes.claims_of_job or not writes.moved_claims.is_empty():
        return None
    frames = [writes.creates, writes.updates, writes.memberships, writes.licenses, writes.claims]
    frames += [writes.removed, writes.restored]
    touched = pl.concat([frame["learner_id"] for frame in frames]).unique()
    return touched if touched.len() <= MOST else None


def _sum(kept: pl.DataFrame, before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Return `kept` without what was counted `before` and with what was counted `after`."""
    numbers = [name for name in kept.columns if name == NUMBER or name.startswith(FILLED)]
    keys = [name for name in kept.columns if name not in numbers]
    less = before.with_columns(-pl.col(numbers))
    parts = pl.concat([part.select(kept.columns) for part in (kept, less, after)])
    sums = parts.group_by(keys).agg(pl.sum(*numbers))
    return sums.filter(pl.col(NUMBER) != 0).select(kept.columns)
