"""Plan an undo job: the inverse of what the undone job did. No file is read, only the change log."""

from dataclasses import replace
from datetime import datetime
from typing import Final

import polars as pl

from orgsync.core.checking import CheckedFile
from orgsync.core.directory import Directory
from orgsync.core.headers import read_layout
from orgsync.core.plan import Plan, Policy
from orgsync.core.rows import CheckedRows, RawFile
from orgsync.core.undoing.build import plan_undo
from orgsync.core.undoing.trace import Trace
from orgsync.server.directory.snapshot import read_directory
from orgsync.server.directory.traces import custom_attributes_of, read_trace
from orgsync.server.notify.models import OutboxMail
from orgsync.server.orgs.zones import day_of
from orgsync.server.uploads.assignmentjobs import assignment_edits_of
from orgsync.server.uploads.handjobs import with_claims_of_merges
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.rulejobs import book_of

_HEADERS: Final = ("primary_email_address", "unique_user_id")
_NOBODY: Final = pl.Schema({"row_number": pl.Int64(), **dict.fromkeys(_HEADERS, pl.String())})


def no_file() -> CheckedFile:
    """Return what an undo reads instead of a file: nothing, before its people are known."""
    return _file_of(pl.DataFrame(schema=_NOBODY))


def plan_inverse(job: UploadJob, *, now: datetime) -> tuple[CheckedFile, Plan, Directory]:
    """
    Return the inverse of the job that `job` undoes, for the directory as the current transaction sees it.

    The file stands for the results: one line a person whom the undo touches or has to leave alone.
    """
    trace = Trace() if job.undoes is None else _trace_of(job.undoes)
    custom = custom_attributes_of(trace)
    directory = read_directory(
        job.organization_id,
        feed_id=job.feed_id,
        custom=custom,
        rules=book_of(job),
        assignment_edits=assignment_edits_of(job),
    )
    waits = job.organization.waits_for_start_date
    policy = Policy(today=day_of(now, job.organization), waits_for_start_date=waits)
    undo = plan_undo(trace, directory, chosen=job.chosen, policy=policy)
    return _file_of(undo.people), with_claims_of_merges(job, undo.plan), directory


def _trace_of(undone: UploadJob) -> Trace:
    trace = read_trace(undone.organization_id, job_id=undone.pk, feed_id=undone.feed_id)
    mails = OutboxMail.objects.filter(
        organization_id=undone.organization_id, job_id=undone.pk, sent_at__isnull=False
    ).count()
    return replace(trace, not_undoable=(*trace.not_undoable, f"That {mails:,} mails were sent")) if mails else trace


def _file_of(people: pl.DataFrame) -> CheckedFile:
    cells = {f"c{place}": pl.col(header).fill_null("") for place, header in enumerate(_HEADERS)}
    raw = RawFile(headers=_HEADERS, rows=people.select("row_number", **cells))
    rows = people.select("row_number", *_HEADERS, is_valid=pl.lit(value=True))
    return CheckedFile(raw, read_layout(_HEADERS), CheckedRows(rows, raw.issues))
