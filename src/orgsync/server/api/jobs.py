"""A job as JSON: the documented fields, then ours."""

from datetime import datetime
from typing import Any

from orgsync.core.model import JobStatus
from orgsync.server.api.urns import media_urn
from orgsync.server.uploads.models import Media, UploadJob


def job_json(job: UploadJob) -> dict[str, Any]:
    """Return what the wire says about a job; `source`, `result`, `ended_by` and `approved_by` are best loaded with it.

    A job that is held, failed or cancelled also says why (`reason`), and who ended or approved it, and when.
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
    if job.approved_at is not None:
        by = job.approved_by.email if job.approved_by else None
        found["approval"] = {"by": by, "at": _milliseconds(job.approved_at)}
    return found


def _urn(media: Media | None) -> str | None:
    return None if media is None else media_urn(media.public_id)


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _or_none(at: datetime | None) -> int | None:
    return None if at is None else _milliseconds(at)
