"""Carry kept counts over a job: those whom it touches are counted before and after, and the difference is added.

A nightly file touches few of a million people; to count all of them anew would take longer than to apply it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import polars as pl
from django.db import connection

from orgsync.core.directory import FILLED
from orgsync.core.plan import Writes
from orgsync.server.directory.everybody import CountedDirectory
from orgsync.server.directory.headcounts import content_of, frame_of
from orgsync.server.directory.models import Headcount
from orgsync.server.directory.registry import AppliedIds
from orgsync.server.directory.setwise import plan_for_sets

MOST: Final = 50_000
"""People touched from which on everybody is counted anew, while nobody waits."""
NUMBER: Final = "count"


@dataclass(frozen=True, slots=True)
class _Counts:
    """Counts of some people: for each of the rows that are kept, and once for all of these."""

    people: Sequence[pl.DataFrame]
    licenses: pl.DataFrame
    memberships: pl.DataFrame

    @classmethod
    def among(cls, kept: Sequence[Headcount], learner_ids: Sequence[int]) -> Self:
        counted = [CountedDirectory(row.organization_id, row.feed_id, learner_ids) for row in kept]
        people = [one.people(row.names) for one, row in zip(counted, kept, strict=True)]
        return cls(people, counted[0].licenses(), counted[0].memberships())


@dataclass(frozen=True, slots=True)
class CarriedCounts:
    """The counts of an organization that are good for the revision at which a job writes, and whom it touches."""

    kept: Sequence[Headcount]
    """Not empty."""
    touched: Sequence[int]
    """People who are there before the job writes."""
    before: _Counts

    @classmethod
    def over(cls, organization_id: int, writes: Writes, *, revision: int) -> Self | None:
        """Count whom the writes touch, before they are written; None where nothing is kept or it cannot be carried.

        Call it where they are written, under the write lock.
        """
        kept = list(Headcount.objects.filter(organization_id=organization_id, revision=revision))
        touched = _touched(writes) if kept else None
        if touched is None:
            return None
        with connection.cursor() as cursor:
            plan_for_sets(cursor)
        there = touched.filter(touched > 0).to_list()
        return cls(kept, there, _Counts.among(kept, there))

    def keep(self, applied: AppliedIds) -> None:
        """Count the same people after it, with those who came, and keep the sums with the new revision."""
        before, after = self.before, _Counts.among(self.kept, [*self.touched, *applied.learners["id"]])
        for row, people_before, people_after in zip(self.kept, before.people, after.people, strict=True):
            row.people = _moved(row.people, people_before, people_after)
            row.licenses = _moved(row.licenses, before.licenses, after.licenses)
            row.memberships = _moved(row.memberships, before.memberships, after.memberships)
            row.revision = applied.revision
            row.save()


def _touched(writes: Writes) -> pl.Series | None:
    """Return everybody of whom the writes may change what is counted; None where that is too many, or not said."""
    if writes.removed_groups or writes.removed_attributes or writes.claims_of_job or not writes.moved_claims.is_empty():
        return None
    frames = [writes.creates, writes.updates, writes.memberships, writes.licenses, writes.claims]
    frames += [writes.removed, writes.restored]
    touched = pl.concat([frame["learner_id"] for frame in frames]).unique()
    return touched if touched.len() <= MOST else None


def _moved(content: bytes | memoryview, before: pl.DataFrame, after: pl.DataFrame) -> bytes:
    """Return what is kept without what was counted `before` and with what was counted `after`."""
    kept = frame_of(content)
    numbers = [name for name in kept.columns if name == NUMBER or name.startswith(FILLED)]
    keys = [name for name in kept.columns if name not in numbers]
    less = before.with_columns(-pl.col(numbers))
    parts = pl.concat([part.select(kept.columns) for part in (kept, less, after)])
    sums = parts.group_by(keys).agg(pl.sum(*numbers))
    return content_of(sums.filter(pl.col(NUMBER) != 0).select(kept.columns))
