"""Undo an applied job: a job of its own that goes through plan, guards, approval and results like any other."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from orgsync.core.errors import OrgSyncError
from orgsync.core.model import JobStatus, Mode, RowPolicy
from orgsync.server.audit import actors
from orgsync.server.directory.models import Feed, Learner, Removal, RemovalKind
from orgsync.server.orgs.access import Permission, account_may
from orgsync.server.orgs.models import Account
from orgsync.server.uploads import audited, tasks
from orgsync.server.uploads.intake import insert_job
from orgsync.server.uploads.models import JobKind, UploadJob

_OVER: Final = (JobStatus.FAILED, JobStatus.CANCELLED)


class UndoRefused(OrgSyncError):
    """The job cannot be undone as asked; nothing was queued."""


def start_undo(
    job: UploadJob, *, by: Account, now: datetime, chosen: Collection[int] = (), is_dry_run: bool = False
) -> UploadJob:
    """
    Queue the undo of an applied job, for everybody or for the learners in `chosen`; return the new job.

    A dry run shows what the undo would do, what it would leave alone, and what cannot be undone; it changes nothing.

    Raises UndoRefused when the job did not end DONE, was a dry run, is older than the organization's `undo_days`, is
    being undone or was undone already (as far as asked), when somebody in `chosen` is unknown, and when `by` may not
    decide. Two requests for the same job wait for each other.
    """
    people = sorted(set(chosen))
    with transaction.atomic():
        job = _lock(job)
        _check_may_undo(job, by)
        _check_can_be_undone(job, now=now)
        _check_not_undone(job, people)
        _check_known(job, people)
        undo = insert_job(
            UploadJob(
                organization_id=job.organization_id,
                feed=job.feed,
                requested_by=by,
                source=job.source,
                kind=JobKind.UNDO,
                undoes=job,
                chosen=people,
                status=JobStatus.QUEUED,
                mode=Mode.CHANGES,
                rows=RowPolicy.GOOD_ROWS,
                is_dry_run=is_dry_run,
            )
        )
        tasks.enqueue(undo)
        audited.note_accepted(undo, by=actors.account(by.pk))
    return undo


def can_be_undone(job: UploadJob, *, now: datetime, chosen: Collection[int] = ()) -> bool:
    """Say whether an undo of the whole job, or for the learners in `chosen`, would be accepted now."""
    try:
        _check_can_be_undone(job, now=now)
        _check_not_undone(job, sorted(set(chosen)))
    except UndoRefused:
        return False
    return True


def note_undone(job: UploadJob) -> None:
    """Put the feed of the file that an applied undo took back on hold; in the transaction that applies it."""
    if job.undoes is not None and job.undoes.kind == JobKind.FILE:
        Feed.objects.filter(organization_id=job.organization_id, id=job.feed_id).update(holds_next=True)


def _lock(job: UploadJob) -> UploadJob:
    locked = UploadJob.objects.select_for_update(of=("self",)).select_related("organization", "feed", "source")
    return locked.get(organization_id=job.organization_id, id=job.pk)


def _check_may_undo(job: UploadJob, by: Account) -> None:
    if not account_may(job.organization_id, by, Permission.DECIDE):
        raise UndoRefused("This needs an admin.")


def _check_can_be_undone(job: UploadJob, *, now: datetime) -> None:
    if job.status != JobStatus.DONE or job.finished_at is None:
        raise UndoRefused(f"Job {job.public_id} was not applied: it is {job.status}.")
    if job.is_dry_run:
        raise UndoRefused(f"Job {job.public_id} was a dry run: there is nothing to undo.")
    days = job.organization.undo_days
    if now - job.finished_at > timedelta(days=days):
        raise UndoRefused(f"Job {job.public_id} was applied more than {days} days ago and can no longer be undone.")


def _check_not_undone(job: UploadJob, people: list[int]) -> None:
    """Undoing twice would change nothing; an undo that was itself undone is undone again by its own undo."""
    mine = Q(organization_id=job.organization_id, undoes=job, kind=JobKind.UNDO, is_dry_run=False)
    mine &= ~Q(status__in=_OVER)
    for undo in UploadJob.objects.filter(mine).order_by("id"):
        if undo.status != JobStatus.DONE:
            raise UndoRefused(f"Job {undo.public_id} is about to undo job {job.public_id} already.")
        if not undo.chosen or (people and set(people) <= set(undo.chosen)):
            raise UndoRefused(f"Job {undo.public_id} has undone job {job.public_id} already; undo that one to redo it.")


def _check_known(job: UploadJob, people: list[int]) -> None:
    mine = {"organization_id": job.organization_id}
    known = set(Learner.objects.filter(**mine, id__in=people).values_list("id", flat=True))
    removed = Removal.objects.filter(**mine, kind=RemovalKind.LEARNER, job_id=job.pk, removed_id__in=people)
    missing = set(people) - known - set(removed.values_list("removed_id", flat=True))
    if missing:
        raise UndoRefused(f"There is no learner {min(missing)}.")
