"""What becomes of an upload job when an attempt at it has ended."""

from datetime import datetime
from typing import Final

from django.db import transaction

from orgsync.core.errors import OrgSyncError
from orgsync.core.model import JobStatus
from orgsync.server.uploads import transitions
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.telling import tell

EXHAUSTED: Final = "attempts_exhausted"


class AttemptFailed(OrgSyncError):
    """An attempt ended without an outcome; the job waits for its next try."""

    def __init__(self, job_id: int, attempt: int, how: str) -> None:
        self.job_id = job_id
        self.attempt = attempt
        self.how = how
        super().__init__(f"Attempt {attempt} of the job {how}.")


def settle(job_id: int, attempt: int, how: str, *, now: datetime) -> None:
    """
    See to a job whose attempt has ended, in whatever way (`how` says it in words).

    Nothing is to be done when the attempt left an outcome, or lost the job. Else the job is queued
    for another try and AttemptFailed rises, or it becomes FAILED after the last one.
    """
    with transaction.atomic():
        job = UploadJob.objects.select_for_update().get(id=job_id)
        if job.status != JobStatus.PROCESSING or job.attempts != attempt:
            return
        close_attempt(job, how, now=now)
    if job.status == JobStatus.QUEUED:
        raise AttemptFailed(job_id, attempt, how)


def settle_earlier(job_id: int, queue_job_id: int, *, now: datetime) -> None:
    """
    See to the attempt that an earlier run of the same queue job began and could not settle: the database was away.

    Left open, the next run would find nothing to start and end the queue job; until a sweep finds the upload job, a
    later one of the same organization would go before it.
    """
    with transaction.atomic():
        if not transitions.is_running(queue_job_id):
            return
        job = UploadJob.objects.select_for_update().get(id=job_id)
        if job.status == JobStatus.PROCESSING:
            close_attempt(job, "ended without a word reaching the database", now=now)


def close_attempt(job: UploadJob, how: str, *, now: datetime) -> None:
    """
    Queue the job of a failed attempt for its next try, or fail it and tell people when it had all of them.

    Call it inside a transaction that has locked the job's row in PROCESSING.
    """
    if transitions.tries(job.attempts) < transitions.MAX_TRIES:
        transitions.requeue(job, job.attempts, now=now)
        return
    reason = (
        f"All {transitions.MAX_TRIES} attempts to process the file failed. The last one {how}. Nothing was applied."
    )
    transitions.fail(job, job.attempts, code=EXHAUSTED, reason=reason, now=now)
    tell(job, now=now)
