"""Whom a job tells of its end: people by mail, systems by webhook; in the transaction of the move."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from django.conf import settings

from orgsync.core.model import JobStatus
from orgsync.server.hooks.events import Event
from orgsync.server.hooks.outbox import emit
from orgsync.server.notify.mails import job_finished
from orgsync.server.uploads.models import UploadJob

_EVENTS: Final = {
    JobStatus.HELD: Event.JOB_HELD,
    JobStatus.DONE: Event.JOB_DONE,
    JobStatus.FAILED: Event.JOB_FAILED,
}


def tell(job: UploadJob, *, now: datetime) -> None:
    """Write the mails and the webhook deliveries about a job that is DONE, HELD or FAILED.

    Call it in the transaction of the move, with the moved row's values on `job`. Called again it writes nothing new;
    a job that is held again after an approval is told again.
    """
    job_finished(job, now=now)
    status = JobStatus(job.status)
    if status not in _EVENTS:
        return
    once = f"{job.public_id}:{job.attempts}" if status is JobStatus.HELD else str(job.public_id)
    emit(job.organization, _EVENTS[status], facts_of(job), once=once, now=now)
    if status is JobStatus.DONE and job.undoes is not None:
        undone = {"job": str(job.undoes.public_id), "by_job": str(job.public_id), "url": _page(job.undoes)}
        emit(job.organization, Event.JOB_UNDONE, undone, once=str(job.public_id), now=now)


def tell_cancelled(organization_id: int, public_ids: Collection[int], *, now: datetime) -> None:
    """Write the webhook deliveries about jobs that are CANCELLED, in the transaction of the move."""
    jobs = UploadJob.objects.filter(organization_id=organization_id, public_id__in=public_ids)
    for job in jobs.select_related("organization", "feed").order_by("id"):
        emit(job.organization, Event.JOB_CANCELLED, facts_of(job), once=str(job.public_id), now=now)


def facts_of(job: UploadJob) -> dict[str, Any]:
    """Return what a webhook is told of a job: ids, codes and counts. Messages may quote a file, so only codes are."""
    status = JobStatus(job.status)
    return {
        "job": str(job.public_id),
        "feed": {"id": job.feed_id, "name": job.feed.name},
        "kind": job.kind,
        "status": status.value,
        "mode": job.mode,
        "is_dry_run": job.is_dry_run,
        "counts": {
            "rows": job.total_count,
            "created": job.created_count,
            "changed": job.updated_count - job.created_count,
            "deactivated": job.deleted_count,
            "unchanged": job.unchanged_count,
            "skipped": job.skipped_count,
            "warnings": job.warning_count,
            "errors": job.error_count,
        },
        "reasons": sorted({str(reason["code"]) for reason in job.hold_reasons}) if status is JobStatus.HELD else [],
        "reason": job.reason_code,
        "url": _page(job),
    }


def _page(job: UploadJob) -> str:
    return f"{settings.BASE_URL}/admin/people/sync-history/{job.public_id}/"
