"""What a job leaves behind: results file, plan file, counts and messages."""

import tempfile
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final, NamedTuple

import polars as pl

from orgsync.core import planfile
from orgsync.core.guards import HoldReason
from orgsync.core.model import RowStatus, Severity
from orgsync.core.plan import Plan
from orgsync.core.results import complete_outcome, write_results
from orgsync.core.summary import Summary, summarize, wire_messages
from orgsync.server.uploads.draft import Draft
from orgsync.server.uploads.media import discard, read_verified, record_media, write_file, write_whole
from orgsync.server.uploads.models import Media, MediaKind, UploadJob
from orgsync.server.uploads.receive import Received, Receiver
from orgsync.server.uploads.transitions import Outcome

_WOULD_CHANGE: Final = (
    RowStatus.CREATED,
    RowStatus.UPDATED,
    RowStatus.DEACTIVATED,
    RowStatus.REMOVED,
    RowStatus.ERASED,
)


@dataclass(frozen=True, slots=True)
class Files:
    """The media that a job leaves."""

    result: Media
    plan: Media | None


class Stored(NamedTuple):
    """Files that are durable, but that no row speaks of yet."""

    result: Received
    plan: Received


def store_files(job: UploadJob, draft: Draft, *, is_held: bool, now: datetime) -> Files:
    """Write results and plan, durable before anything is committed that names them."""
    outcome, leavers = draft.plan.outcome, draft.plan.leavers
    if is_held:
        outcome, leavers = _held(outcome), leavers.with_columns(status=pl.lit(RowStatus.HELD.value))
    result = _write_results(job, draft, outcome, leavers, now=now)
    try:
        plan = write_plan(job, draft.plan, now=now)
    except BaseException:
        discard(result)
        raise
    return record_files(job, Stored(result, plan))


def write_applied_results(job: UploadJob, draft: Draft, *, now: datetime) -> Received:
    """Write the results of a plan that is applied; the database is not asked, so that any thread may do it."""
    return _write_results(job, draft, draft.plan.outcome, draft.plan.leavers, now=now)


def record_files(job: UploadJob, stored: Stored) -> Files:
    """Store the rows of written files."""
    return Files(
        result=record_media(stored.result, feed=job.feed, kind=MediaKind.RESULT),
        plan=record_media(stored.plan, feed=job.feed, kind=MediaKind.PLAN),
    )


def store_results(
    job: UploadJob, draft: Draft, outcome: pl.DataFrame, leavers: pl.DataFrame, *, now: datetime
) -> Media:
    """Write one version of the results file; each version is a media of its own."""
    received = _write_results(job, draft, outcome, leavers, now=now)
    return record_media(received, feed=job.feed, kind=MediaKind.RESULT)


def untouched(draft: Draft) -> pl.DataFrame:
    """Return the outcome of a file that failed as a whole: rows in error say so, all others were skipped."""
    nothing = pl.DataFrame(schema={"row_number": pl.Int64, "status": pl.String})
    return complete_outcome(draft.file.raw, nothing, draft.issues)


def read_plan(media: Media) -> pl.DataFrame:
    """Return a stored plan (`PLAN_SCHEMA`)."""
    return planfile.read_plan(read_verified(media))


def outcome_values(summary: Summary, issues: pl.DataFrame) -> Outcome:
    """Return what the job's row says of an attempt that got as far as rows."""
    return {
        "created_count": summary.created,
        "updated_count": summary.updated,
        "deleted_count": summary.deleted,
        "unchanged_count": summary.unchanged,
        "skipped_count": summary.skipped,
        "warning_count": summary.warning,
        "error_count": summary.error,
        "total_count": summary.total,
        "messages": wire_messages(issues),
    }


def planned_values(draft: Draft, files: Files, revision: int, reasons: tuple[HoldReason, ...]) -> Outcome:
    """Return counts, messages and files as the plan has them: what happened, or what would happen."""
    values = outcome_values(summarize(draft.plan.outcome, draft.issues, draft.plan.leavers), draft.issues)
    values["result"] = files.result
    values["plan"] = files.plan
    values["revision"] = revision
    values["hold_reasons"] = [asdict(reason) for reason in reasons]
    values["messages"] = [*map(_hold_message, reasons), *values["messages"]]
    return values


def _hold_message(reason: HoldReason) -> dict[str, str | int | None]:
    """Show a reason to hold where a client of the wire looks: among the messages."""
    return file_message(Severity.WARNING, reason.code, f"Held: {reason.message}")


def file_message(level: Severity, code: str, text: str) -> dict[str, str | int | None]:
    """Return a message on the file as a whole, in the form of `wire_messages`."""
    return {"level": level.value, "code": code, "message": text, "row": None, "column": None, "count": 1}


def _held(outcome: pl.DataFrame) -> pl.DataFrame:
    waits = pl.col("status").is_in([status.value for status in _WOULD_CHANGE])
    return outcome.with_columns(status=pl.when(waits).then(pl.lit(RowStatus.HELD.value)).otherwise("status"))


def _write_results(
    job: UploadJob, draft: Draft, outcome: pl.DataFrame, leavers: pl.DataFrame, *, now: datetime
) -> Received:
    def write(target: Receiver) -> None:
        write_results(draft.file.raw, draft.file.layout, outcome, draft.issues, leavers, target)

    return write_file(f"results-{job.public_id}.csv", write, now=now)


def write_plan(job: UploadJob, plan: Plan, *, now: datetime) -> Received:
    """Write the plan; the database is not asked."""
    # Parquet has its table of contents at the end, and is written as a file that can be sought in.
    with tempfile.TemporaryFile() as whole:
        planfile.write_plan(plan, whole)
        return write_whole(f"plan-{job.public_id}.parquet", whole, now=now)
