"""A job as JSON: the documented fields, then ours."""

from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet

from orgsync.core.model import JobStatus
from orgsync.server.api.urns import media_urn
from orgsync.server.orgs.models import Account
from orgsync.server.uploads.models import Media, UploadJob

_COLUMNS: Final = (
    *("created_at", "modified_at", "finished_at", "public_id", "status", "is_dry_run", "phase", "done", "total"),
    *("created_count", "updated_count", "deleted_count", "unchanged_count", "skipped_count"),
    *("warning_count", "error_count", "total_count", "messages", "reason_code", "reason", "hold_reasons"),
    *("first_approved_at", "approved_at", "takes_nothing"),
    *("ended_by_id", "first_approved_by_id", "approved_by_id", "rest_of_id"),
    *("source__public_id", "result__public_id"),
)


def jobs_for_wire() -> QuerySet[UploadJob]:
    """Return jobs with what `job_json` says of each, and no more: clients ask again and again.

    Hardly ever has anybody decided on a job; who did is asked for by itself.
    """
    return UploadJob.objects.select_related("source", "result").only(*_COLUMNS)


def job_json(job: UploadJob) -> dict[str, Any]:
    """Return what the wire says about a job, which is best one of `jobs_for_wire`.

    A job that is held, failed or cancelled also says why (`reason`), and who ended or approved it, and when. An
    approval also says whether it is of the additions alone; the rest of such a file is a job that names the first.
    """
    return {
        "resultStats": _stats(job),
        "created": _milliseconds(job.created_at),
        "lastModified": _milliseconds(job.modified_at),
        "sourceMedia": _urn(job.source),
        "resultMedia": _urn(job.result),
        "messages": job.messages,
        "Id": job.public_id,
        "id": job.public_id,
        "status": job.status,
        "dryRun": job.is_dry_run,
        "progress": {"phase": job.phase, "done": _rows_done(job), "total": job.total},
        **_history(job),
    }


def _rows_done(job: UploadJob) -> int:
    """A job that is done has done all its rows, whatever its last report said."""
    return job.total if job.status == JobStatus.DONE else job.done


def _stats(job: UploadJob) -> dict[str, int]:
    return {
        "updatedCount": job.updated_count,
        "deletedCount": job.deleted_count,
        "warningCount": job.warning_count,
        "totalCount": job.total_count,
        "errorCount": job.error_count,
        "createdCount": job.created_count,
        "unchangedCount": job.unchanged_count,
        "skippedCount": job.skipped_count,
    }


def _history(job: UploadJob) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if job.status in {JobStatus.FAILED, JobStatus.CANCELLED}:
        by = job.ended_by.email if job.ended_by else None
        found["reason"] = {"code": job.reason_code, "message": job.reason, "by": by, "at": _or_none(job.finished_at)}
    if job.status == JobStatus.HELD:
        found["holdReasons"] = job.hold_reasons
        if job.first_approved_at is not None:
            found["firstApproval"] = _approval(job, job.first_approved_by, job.first_approved_at)
    if job.approved_at is not None:
        found["approval"] = _approval(job, job.approved_by, job.approved_at)
    if job.rest_of is not None:
        found["restOf"] = job.rest_of.public_id
    return found


def _approval(job: UploadJob, by: Account | None, at: datetime) -> dict[str, Any]:
    return {"by": by.email if by else None, "at": _milliseconds(at), "additionsOnly": job.takes_nothing}


def _urn(media: Media | None) -> str | None:
    return None if media is None else media_urn(media.public_id)


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _or_none(at: datetime | None) -> int | None:
    return None if at is None else _milliseconds(at)
