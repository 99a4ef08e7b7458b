"""What an applied plan's permissions mean for those who sign in."""

from datetime import datetime

from orgsync.core.plan import Writes
from orgsync.server.admins import byfile
from orgsync.server.directory.models import Learner
from orgsync.server.uploads.models import UploadJob


def follow_permissions(job: UploadJob, writes: Writes, *, now: datetime) -> None:
    """Bring admins in step with the permissions that the job has written, in its transaction."""
    if writes.permissions.is_empty():
        return
    named = writes.permissions["learner_id"].unique()
    people = set(named.filter(named > 0).to_list())
    if (named < 0).any():
        # Those whom the job has just created; who of them has permissions is looked up behind.
        created = Learner.objects.filter(organization_id=job.organization_id, created_job_id=job.pk)
        people |= set(created.values_list("id", flat=True))
    byfile.follow_permissions(job.organization, people, by=job.approved_by, now=now)
