"""What a feed keeps of an applied file, so that the next one is compared with little."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import polars as pl

from orgsync.core.fingerprint import fingerprints, may_be_kept
from orgsync.core.model import RowStatus
from orgsync.core.plan import Writes
from orgsync.core.rows import ROW_NUMBER, RawFile
from orgsync.server.directory.fingerprints import keep_fingerprints, with_fingerprints
from orgsync.server.orgs.zones import day_of
from orgsync.server.uploads.draft import Draft
from orgsync.server.uploads.epoch import epoch_before_file, epoch_of_job
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.shortcut import may_keep_fingerprints

_NOT_APPLIED = (RowStatus.ERROR.value, RowStatus.SKIPPED.value)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the rows of one applied file said."""

    writes: Writes
    """Those of the plan, with the fingerprints of people whom it creates."""
    said: pl.DataFrame
    """`learner_id` (negative: created), `fingerprint` of rows that were planned and may be kept."""
    created: int
    """How many of `said` are kept with `writes`."""
    epoch: int
    epoch_before_file: int


def remember_rows(job: UploadJob, draft: Draft, *, now: datetime) -> Remembered | None:
    """Work out what can be kept of the file's rows; None when nothing may. Call it before the plan is written."""
    if not may_keep_fingerprints(job, draft.file):
        return None
    epoch = epoch_of_job(job, draft.file)
    kept = may_be_kept(draft.file.checked.rows, draft.issues)
    applied = draft.plan.outcome.filter(~pl.col("status").is_in(_NOT_APPLIED)).drop_nulls("learner_id")
    people = kept.join(applied.select(ROW_NUMBER, "learner_id"), on=ROW_NUMBER, how="inner")
    said = fingerprints(_raw_of(draft.file.raw, people), epoch).drop_nulls().join(people, on=ROW_NUMBER)
    said = said.select("learner_id", "fingerprint")
    said = said.filter(pl.col("learner_id").is_unique())
    writes, created = with_fingerprints(draft.plan.writes, said, epoch=epoch, today=day_of(now, job.organization))
    return Remembered(writes, said, created, epoch, epoch_before_file(job))


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
    settled = draft.file.checked.settled.height + remembered.created
    settled += keep_fingerprints(
        job.organization_id, job.feed_id, remembered.said, epoch=remembered.epoch, today=day_of(now, job.organization)
    )
    if settled < draft.file.row_count or not draft.issues.is_empty() or job.feed.missing_files > 1:
        return nothing
    content = bytes(job.source.content_sha256)
    return {"last_content_sha256": content, "last_epoch": remembered.epoch, "last_revision": revision}
