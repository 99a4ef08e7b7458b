"""A person's word on a held job: approve the plan it is held with, or reject it."""

from datetime import datetime

from django.db import transaction

from orgsync.core.errors import OrgSyncError
from orgsync.core.guards import ADMIN_CHANGE
from orgsync.core.model import JobStatus
from orgsync.server.orgs.models import Account, Admin, Organization, Role
from orgsync.server.uploads import tasks, transitions
from orgsync.server.uploads.models import UploadJob


class DecisionRefused(OrgSyncError):
    """The job cannot be decided on as asked."""


def find_job(organization: Organization, public_id: int) -> UploadJob:
    """Return a job with what a decision needs; raise DecisionRefused when the organization has none such."""
    job = UploadJob.objects.select_related("feed", "plan").filter(organization=organization, public_id=public_id)
    found = job.first()
    if found is None:
        raise DecisionRefused(f"There is no job {public_id} in {organization.name}.")
    return found


def approve_job(job: UploadJob, *, by: Account, now: datetime) -> None:
    """Approve the one plan that the job is held with, and queue the job again; nothing happens when it moved on."""
    _check_may_decide(job, by)
    with transaction.atomic():
        if not transitions.approve(job, by=by, now=now):
            raise DecisionRefused(f"Job {job.public_id} is no longer held with that plan.")
        tasks.enqueue(job)


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


def _check_may_decide(job: UploadJob, by: Account) -> None:
    """Owners decide on everything; admins on all but what touches admins."""
    role = Admin.objects.filter(organization_id=job.organization_id, account=by).values_list("role", flat=True).first()
    needs_owner = any(reason["code"] == ADMIN_CHANGE for reason in job.hold_reasons)
    if role == Role.OWNER or (role == Role.ADMIN and not needs_owner):
        return
    raise DecisionRefused("This needs an owner of the organization." if needs_owner else "This needs an admin.")
