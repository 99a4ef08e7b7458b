"""What a feed keeps of an applied file, so that the next one is compared with little."""

from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import polars as pl

from orgsync.core.fingerprint import fingerprints, may_be_kept
from orgsync.core.frames import repeated
from orgsync.core.model import RowStatus
from orgsync.core.rows import ROW_NUMBER, RawFile
from orgsync.server.directory.fingerprints import SaidOfCreated, keep_fingerprints, said_of_created
from orgsync.server.orgs.zones import day_of
from orgsync.server.uploads.aside import FilesAside
from orgsync.server.uploads.draft import Draft
from orgsync.server.uploads.epoch import epoch_before_file, epoch_of_job
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.shortcut import may_keep_fingerprints

_NOT_APPLIED = (RowStatus.ERROR.value, RowStatus.SKIPPED.value)


@dataclass(frozen=True, slots=True)
class _Said:
    """`learner_id` (negative: created) and `fingerprint` of rows that were planned and may be kept."""

    rows: pl.DataFrame
    of_created: pl.DataFrame
    """Those that are kept with the claims of people whom the plan creates."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the rows of one applied file said; worked out aside while the plan is written."""

    epoch: int
    epoch_before_file: int
    _coming: Future[_Said]

    def said(self) -> _Said:
        """Wait for it."""
        return self._coming.result()

    def of_created(self) -> SaidOfCreated:
        return SaidOfCreated(self.epoch, lambda: self.said().of_created)


def remember_rows(job: UploadJob, draft: Draft, aside: FilesAside, *, now: datetime) -> Remembered | None:
    """Begin to work out what can be kept of the file's rows; None when nothing may. Call it before the plan is written.

    What needs the database is asked here; the thread does without.
    """
    if not may_keep_fingerprints(job, draft.file):
        return None
    epoch = epoch_of_job(job, draft.file)
    # Of a few rows it is there long before the files are, and the claims of people who come wait for it.
    begin = aside.beside if draft.file.checked.rows.height * 2 < draft.file.row_count else aside.then
    coming = begin(_said_by, draft, epoch, day_of(now, job.organization))
    return Remembered(epoch, epoch_before_file(job), coming)


def _said_by(draft: Draft, epoch: int, today: date) -> _Said:
    kept = may_be_kept(draft.file.checked.rows, draft.issues)
    applied = draft.plan.outcome.filter(~pl.col("status").is_in(_NOT_APPLIED)).drop_nulls("learner_id")
    people = kept.join(applied.select(ROW_NUMBER, "learner_id"), on=ROW_NUMBER, how="inner")
    said = fingerprints(_raw_of(draft.file.raw, people), epoch).drop_nulls().join(people, on=ROW_NUMBER)
    said = said.select("learner_id", "fingerprint")
    said = said.filter(~repeated(said["learner_id"]))
    return _Said(said, said_of_created(draft.plan.writes, said, today=today))


def _raw_of(raw: RawFile, people: pl.DataFrame) -> RawFile:
    """Return the rows of `people`; where they are most of the file it is cheaper to hash all than to copy those."""
    if people.height * 2 > raw.rows.height:
        return raw
    return replace(raw, rows=raw.rows.join(people, on=ROW_NUMBER, how="semi"))


def keep_rows(
    job: UploadJob, draft: Draft, remembered: Remembered | None, *, revision: int, now: datetime
) -> dict[str, Any]:
    """Keep what the rows said, after the plan is written; return what the feed notes of the file as a whole.

    The bytes are noted only when every row is settled: then the same bytes need no look at their rows.
    """
    nothing = {"last_content_sha256": None, "last_epoch": None, "last_revision": None}
    if remembered is None:
        return nothing
    said = remembered.said()
    settled = draft.file.checked.settled.height + said.of_created.height
    today = day_of(now, job.organization)
    settled += keep_fingerprints(job.organization_id, job.feed_id, said.rows, epoch=remembered.epoch, today=today)
    if settled < draft.file.row_count or not draft.issues.is_empty() or job.feed.missing_files > 1:
        return nothing
    content = bytes(job.source.content_sha256)
    return {"last_content_sha256": content, "last_epoch": remembered.epoch, "last_revision": revision}
