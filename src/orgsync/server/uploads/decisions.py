"""A person's word on a held job: approve the plan it is held with, or reject it."""

from datetime import datetime

from django.db import transaction

from orgsync.core.errors import OrgSyncError
from orgsync.core.model import JobStatus
from orgsync.server.orgs.access import admin_of, may_decide
from orgsync.server.orgs.models import Account, Organization
from orgsync.server.uploads import tasks, transitions
from orgsync.server.uploads.approvals import has_expired
from orgsync.server.uploads.handjobs import BULK_EDIT, is_by_hand
from orgsync.server.uploads.models import JobKind, UploadJob
from orgsync.server.uploads.queries import needs_owner


class DecisionRefused(OrgSyncError):
    """The job cannot be decided on as asked."""


def find_job(organization: Organization, public_id: int) -> UploadJob:
    """Return a job with what a decision needs; raise DecisionRefused when the organization has none such."""
    related = ("organization", "feed", "plan", "approved_plan", "first_approved_by", "rest_of")
    job = UploadJob.objects.select_related(*related).filter(organization=organization, public_id=public_id)
    found = job.first()
    if found is None:
        raise DecisionRefused(f"There is no job {public_id} in {organization.name}.")
    return found


def approve_job(job: UploadJob, *, by: Account, now: datetime, additions_only: bool = False) -> bool:
    """Approve the one plan that the job is held with, and queue the job again.

    With `additions_only` everything that takes nothing away is applied, and the rest becomes a held job of its own.
    Returns False when the organization asks for two people and this was the first: the job stays held. Raises
    DecisionRefused when the job moved on, the hold has expired, or this person may not decide or has done so.
    """
    _check_may_decide(job, by)
    _check_can_be_approved(job, now=now, additions_only=additions_only)
    with transaction.atomic():
        if job.organization.needs_second_person and not _has_second(job, by, additions_only=additions_only):
            if not transitions.approve_first(job, by=by, now=now, additions_only=additions_only):
                raise _moved_on(job)
            return False
        if not transitions.approve(job, by=by, now=now, additions_only=additions_only):
            raise _moved_on(job)
        tasks.enqueue(job)
    return True


def reject_job(job: UploadJob, *, by: Account, now: datetime, why: str = "") -> None:
    """End a held job; nothing of it was or will be applied. `why` is kept in its history."""
    _check_may_decide(job, by)
    reason = f"Rejected by {by.email}: {why}" if why else f"Rejected by {by.email}."
    if job.status != JobStatus.HELD or not transitions.cancel(job, code="rejected", reason=reason, now=now, by=by):
        raise DecisionRefused(f"Job {job.public_id} is not held.")


def cancel_job(job: UploadJob, *, by: Account, now: datetime) -> None:
    """End a job that nobody has to decide on and that has not begun to apply; nothing of it will be applied."""
    reason = f"Cancelled by {by.email}."
    if job.status == JobStatus.HELD or not transitions.cancel(job, code="cancelled", reason=reason, now=now, by=by):
        raise DecisionRefused("The job has begun to apply, or has ended: it cannot be cancelled any more.")


def _moved_on(job: UploadJob) -> DecisionRefused:
    return DecisionRefused(f"Job {job.public_id} is no longer held with that plan.")


def _check_can_be_approved(job: UploadJob, *, now: datetime, additions_only: bool) -> None:
    if job.status == JobStatus.HELD and job.held_at is not None and has_expired(job, job.held_at, now=now):
        raise DecisionRefused(f"Job {job.public_id} was held for too long: send the file again.")
    if additions_only and not can_add_only(job):
        raise DecisionRefused("Only the additions of a file can be applied ahead, and only once.")


def can_add_only(job: UploadJob) -> bool:
    """Say whether the job's additions can be approved alone: a file's, once."""
    return job.kind == JobKind.FILE and job.rest_of_id is None


def _has_second(job: UploadJob, by: Account, *, additions_only: bool) -> bool:
    """Say whether `by` is the second of two people; a first one who may no longer decide does not count."""
    first = job.first_approved_by
    if first is None or not _may_decide(job, first):
        return False
    if first.pk == by.pk:
        raise DecisionRefused("You have approved this; now it needs somebody else.")
    if job.takes_nothing != additions_only:
        meant = "only the additions" if job.takes_nothing else "the whole plan"
        raise DecisionRefused(f"{first.email} has approved {meant}: approve the same, or reject the job.")
    return True


def _check_may_decide(job: UploadJob, by: Account) -> None:
    if not _may_decide(job, by):
        raise DecisionRefused(
            "This needs an owner of the organization." if needs_owner(job) else "This needs an admin."
        )


def _may_decide(job: UploadJob, by: Account) -> bool:
    """Owners decide on everything; others who may decide on all but what touches admins; all on edits of their own."""
    admin = admin_of(job.organization_id, by)
    if admin is None:
        return False
    return may_decide(admin, needs_owner=needs_owner(job)) or is_own_edit(job, by)


def is_own_edit(job: UploadJob, by: Account) -> bool:
    """Say whether nothing holds the job but that `by`, who asked for these edits, looks at their plan."""
    reasons = {reason["code"] for reason in job.hold_reasons}
    return is_by_hand(job) and job.requested_by_id == by.pk and reasons == {BULK_EDIT}
