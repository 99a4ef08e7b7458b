"""Every move of an upload job's status. The WHERE clause is the guard, the count says who won.

An attempt holds its job only while the row says PROCESSING and carries its number. Numbers never
repeat, so whatever an attempt writes after it was declared dead meets no row: `LostAttempt` rises
and takes the attempt's transaction with it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, TypedDict, Unpack

from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from orgsync.core.errors import OrgSyncError
from orgsync.core.model import NEXT_STATUSES, JobStatus
from orgsync.server.audit import actors
from orgsync.server.orgs.models import Account
from orgsync.server.uploads import audited
from orgsync.server.uploads.models import JobKind, Media, UploadJob
from orgsync.server.uploads.telling import tell_cancelled

MAX_TRIES: Final = 3
_ROUND: Final = 10
"""Approving starts a new round of attempt numbers: 1, 2, 3, then 11, 12, 13."""
APPLYING: Final = "apply"
"""The phase from which on a job can no longer be cancelled."""

CANCEL_EXPIRED = """
    UPDATE uploads_uploadjob AS job
       SET status = 'CANCELLED', reason_code = 'expired', reason = 'Nobody approved it in time.',
           finished_at = %(now)s, modified_at = %(now)s
      FROM orgs_organization AS organization
     WHERE organization.id = job.organization_id
       AND job.status = 'HELD'
       AND job.held_at < %(now)s - organization.approval_days * interval '1 day'
    RETURNING job.organization_id, job.public_id
"""
LOCK_QUEUE_JOB = "SELECT FROM procrastinate_jobs WHERE id = %s AND status = 'doing' FOR SHARE"


AGE: Final = Coalesce("rest_of_id", "id")
"""Which file came first: the id of the job that the file itself made."""
_WAITING = frozenset({JobStatus.CREATED, JobStatus.QUEUED, JobStatus.HELD})


class LostAttempt(OrgSyncError):
    """The job moved on without this attempt: it was cancelled, or another worker took it over."""

    def __init__(self, job_id: int, attempt: int) -> None:
        self.job_id = job_id
        self.attempt = attempt
        super().__init__(f"Attempt {attempt} no longer holds the job; what it was about to write is dropped.")


class Outcome(TypedDict, total=False):
    """What may be written to a job's row together with a move."""

    created_count: int
    updated_count: int
    deleted_count: int
    unchanged_count: int
    skipped_count: int
    warning_count: int
    error_count: int
    total_count: int
    messages: list[dict[str, Any]]
    hold_reasons: list[dict[str, Any]]
    result: Media | None
    plan: Media | None
    revision: int | None
    settled_epoch: int | None


def tries(attempt: int) -> int:
    """Return which try an attempt number is since the job was last queued by a person or an upload; from 1."""
    return attempt % _ROUND


def start(job_id: int, *, worker: str, now: datetime, queue_job_id: int | None = None) -> int | None:
    """
    Move a queued job to PROCESSING; return the attempt's number, or None when it is not ours to start.

    `worker` is the name of the database sessions that the attempt will use. With `queue_job_id`
    the job starts only while the queue still counts that queue job as running, so that a worker that
    was declared dead before it began cannot start beside its successor.
    """
    with transaction.atomic():
        if queue_job_id is not None and not is_running(queue_job_id):
            return None
        values = {"status": JobStatus.PROCESSING, "worker": worker, "attempts": F("attempts") + 1}
        progress = {"phase": "", "done": 0, "total": 0, "started_at": now, "modified_at": now}
        queued = UploadJob.objects.filter(id=job_id, status=JobStatus.QUEUED)
        if not queued.update(**values, **progress):
            return None
        return UploadJob.objects.values_list("attempts", flat=True).get(id=job_id)


def report_progress(job: UploadJob, attempt: int, *, phase: str, done: int, total: int, now: datetime) -> None:
    """Show how far the attempt is; raise LostAttempt when it no longer holds the job."""
    _write(job, attempt, {"phase": phase, "done": done, "total": total}, now)


def finish(job: UploadJob, attempt: int, status: JobStatus, *, now: datetime, **outcome: Unpack[Outcome]) -> None:
    """
    End the attempt with DONE, or with FAILED through `fail`; raise LostAttempt when it does not hold the job.

    As with every move that takes a job, the new values are set on `job` too.
    """
    _move(job, attempt, status, {"finished_at": now, **outcome}, now)


def fail(job: UploadJob, attempt: int, *, code: str, reason: str, now: datetime, **outcome: Unpack[Outcome]) -> None:
    """End the job as FAILED, with a reason that a person can read; otherwise as `finish`."""
    values = {"reason_code": code, "reason": reason, "finished_at": now, **outcome}
    _move(job, attempt, JobStatus.FAILED, values, now)


def hold(job: UploadJob, attempt: int, *, now: datetime, **outcome: Unpack[Outcome]) -> None:
    """Put the job on hold until a person decides; otherwise as `finish`."""
    # Another plan than the one that was approved, in whatever way: each word on it is given anew.
    anew = {"takes_nothing": False, "first_approved_by": None, "first_approved_at": None}
    _move(job, attempt, JobStatus.HELD, {"held_at": now, **anew, **outcome}, now)


def requeue(job: UploadJob, attempt: int, *, now: datetime) -> None:
    """Let a failed attempt's job wait for its next try; raise LostAttempt when the attempt does not hold it."""
    _move(job, attempt, JobStatus.QUEUED, {"phase": "", "done": 0, "total": 0}, now)


def enter_queue(job: UploadJob, *, now: datetime) -> bool:
    """Move a created job to QUEUED; return False when it is no longer CREATED."""
    return _move_unattended(job, Q(status=JobStatus.CREATED), JobStatus.QUEUED, {}, now)


def approve_first(job: UploadJob, *, by: Account, now: datetime, additions_only: bool = False) -> bool:
    """
    Note the first of two approvals of the plan that a job is held with; return False when the job moved on.

    The job stays HELD. `additions_only` is what the second person has to say too. Otherwise as `approve`.
    """
    values = {"first_approved_by": by, "first_approved_at": now, "takes_nothing": additions_only}
    with transaction.atomic():
        is_noted = _move_unattended(job, _is_as_shown(job), JobStatus.HELD, values, now)
        if is_noted:
            audited.note_first_approval(job, at=now, by=actors.account(by.pk))
    return is_noted


def approve(job: UploadJob, *, by: Account, now: datetime, additions_only: bool = False) -> bool:
    """
    Queue a held job again with the approval of the plan it is held with; return False when it is not HELD.

    `job` must have been read after the plan was shown: an approval names one plan, and nothing
    happens when the row holds another one by now, or another first approval.
    """
    values = {"approved_by": by, "approved_at": now, "approved_plan": job.plan, "takes_nothing": additions_only}
    is_as_shown = _is_as_shown(job)
    next_round = {"attempts": job.attempts - job.attempts % _ROUND + _ROUND}
    with transaction.atomic():
        is_moved = _move_unattended(job, is_as_shown, JobStatus.QUEUED, values | next_round, now)
        if is_moved:
            audited.note_move(job, at=now, by=actors.account(by.pk))
    return is_moved


def plan_again(job: UploadJob, *, source: Media, scim: dict[str, Any], now: datetime) -> bool:
    """Queue a held job again with another file; return False when it moved on. `job` is as in `approve`."""
    next_round = {"attempts": job.attempts - job.attempts % _ROUND + _ROUND}
    values = {"source": source, "scim": scim, "first_approved_by": None, "first_approved_at": None, **next_round}
    return _move_unattended(job, _is_as_shown(job), JobStatus.QUEUED, values, now)


def _is_as_shown(job: UploadJob) -> Q:
    first = Q(first_approved_by=job.first_approved_by_id, first_approved_at=job.first_approved_at)
    return Q(status=JobStatus.HELD, plan_id=job.plan_id, attempts=job.attempts) & first


def cancel(job: UploadJob, *, code: str, reason: str, now: datetime, by: Account | None = None) -> bool:
    """
    End a job that has not begun to apply: cancelled or rejected.

    Returns False when it has begun or ended. A running attempt finds out at its next write.
    """
    values = {"reason_code": code, "reason": reason, "ended_by": by, "finished_at": now}
    is_early = Q(status__in=_WAITING) | Q(status=JobStatus.PROCESSING) & ~Q(phase=APPLYING)
    with transaction.atomic():
        is_moved = _move_unattended(job, is_early, JobStatus.CANCELLED, values, now)
        if is_moved:
            audited.note_move(job, at=now, by=actors.account(by.pk) if by else None)
            tell_cancelled(job.organization_id, [job.public_id], now=now)
    return is_moved


def cancel_superseded(job: UploadJob, *, now: datetime) -> list[int]:
    """Cancel what is held or waits of the same feed and is older than `job`; return their public ids.

    Does not record them: the caller does, with `note_superseded`, once `job` itself has moved.
    """
    if job.kind != JobKind.FILE:
        return []
    # The rest of a file is as old as the file, not as the approval that made a job of it.
    files = UploadJob.objects.filter(organization_id=job.organization_id, feed_id=job.feed_id, kind=JobKind.FILE)
    older = files.annotate(accepted=AGE).filter(accepted__lt=job.rest_of_id or job.pk, status__in=_WAITING)
    reason = "A later full file of the same feed was applied."
    found = dict(older.select_for_update().order_by("id").values_list("id", "public_id"))
    older.filter(id__in=found).update(
        status=JobStatus.CANCELLED, reason_code="superseded", reason=reason, finished_at=now, modified_at=now
    )
    return list(found.values())


def note_superseded(job: UploadJob, superseded: Sequence[int], *, now: datetime) -> None:
    """Record the older jobs (their public ids) that `job` has made pointless, and tell of them."""
    audited.note_superseded(job, superseded, at=now)
    if superseded:
        tell_cancelled(job.organization_id, superseded, now=now)


def cancel_expired(*, now: datetime) -> int:
    """Cancel the jobs of all organizations that were held for longer than their organization lets them."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CANCEL_EXPIRED, {"now": now})
        expired = cursor.fetchall()
        audited.note_expired(expired, at=now)
        for organization_id in sorted({organization_id for organization_id, _ in expired}):
            mine = [public_id for owner, public_id in expired if owner == organization_id]
            tell_cancelled(organization_id, mine, now=now)
        return len(expired)


def is_running(queue_job_id: int) -> bool:
    """Return whether the queue counts a queue job as running; a sweep skips it until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK_QUEUE_JOB, [queue_job_id])
        return cursor.fetchone() is not None


def _move(job: UploadJob, attempt: int, status: JobStatus, values: dict[str, Any], now: datetime) -> None:
    if status not in NEXT_STATUSES[JobStatus.PROCESSING]:
        raise ValueError(f"No attempt may move a job to {status}.")
    with transaction.atomic():
        _write(job, attempt, {"status": status, **values}, now)
        if status is not JobStatus.QUEUED:
            audited.note_move(job, at=now)


def _write(job: UploadJob, attempt: int, values: dict[str, Any], now: datetime) -> None:
    held = UploadJob.objects.filter(
        organization_id=job.organization_id, id=job.pk, status=JobStatus.PROCESSING, attempts=attempt
    )
    if not held.update(**values, modified_at=now):
        raise LostAttempt(job.pk, attempt)
    _reflect(job, values)


def _move_unattended(job: UploadJob, condition: Q, status: JobStatus, values: dict[str, Any], now: datetime) -> bool:
    rows = UploadJob.objects.filter(condition, organization_id=job.organization_id, id=job.pk)
    is_moved = rows.update(status=status, **values, modified_at=now) == 1
    if is_moved:
        _reflect(job, {"status": status, **values})
    return is_moved


def _reflect(job: UploadJob, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(job, name, value)
