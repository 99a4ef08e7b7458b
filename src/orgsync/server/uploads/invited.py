"""Whom a job invites by mail: how many it may, and the mails of those whom its plan names."""

from datetime import datetime

from orgsync.core.plan import Writes
from orgsync.server.directory.registry import AppliedIds
from orgsync.server.notify.invitations import invite_new
from orgsync.server.uploads.models import JobKind, UploadJob


def most_invitations(job: UploadJob) -> int | None:
    """Return how many people the job may invite; None where it invites nobody.

    The first file that a feed ever has applied is silent: it brings people who have had their license for long.
    """
    is_first_load = job.kind == JobKind.FILE and job.feed.last_applied_at is None
    if is_first_load or not job.organization.invites_learners:
        return None
    return job.organization.most_invitations


def send_invitations(job: UploadJob, writes: Writes, applied: AppliedIds, *, now: datetime) -> int:
    """Invite whom the applied plan names, in the transaction that applied it; return how many mails were written."""
    if writes.invited.is_empty():
        return 0
    people = applied.with_learners(writes.invited)["learner_id"].sort().to_list()
    return invite_new(job.organization, people, job_id=job.pk, now=now)
