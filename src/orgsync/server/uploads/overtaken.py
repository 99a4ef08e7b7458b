"""What later files of a feed have written while an older one was held."""

from typing import Final

import polars as pl
from django.db import connection

from orgsync.core.columns import ATTRIBUTE_NAMES
from orgsync.core.directory import OVERTAKEN_SCHEMA
from orgsync.core.model import JobStatus
from orgsync.server.directory.copying import read_frame
from orgsync.server.uploads.models import JobKind, UploadJob
from orgsync.server.uploads.transitions import AGE

_CREATED_WITH: Final = ", ".join(
    f"('{name}', learner.{column}::text)"
    for name, column in (
        *((name, name) for name in (*ATTRIBUTE_NAMES, "primary_email_address", "unique_user_id")),
        ("manager", "manager_id"),
    )
)
# A creation has no entry in the log: the values that the person has now stand for it.
_WRITTEN: Final = f"""
    SELECT learner_id, CASE attribute WHEN 'status' THEN 'worker_status' ELSE attribute END
      FROM directory_learnerchange WHERE organization_id = %(organization)s AND job_id = ANY(%(jobs)s)
     UNION
    SELECT learner.id, held.name
      FROM directory_learner AS learner CROSS JOIN LATERAL (VALUES {_CREATED_WITH}) AS held (name, content)
     WHERE learner.organization_id = %(organization)s AND learner.created_job_id = ANY(%(jobs)s)
       AND held.content IS NOT NULL
     UNION
    SELECT learner.id, custom.name
      FROM directory_learner AS learner CROSS JOIN LATERAL jsonb_object_keys(learner.custom) AS custom (name)
     WHERE learner.organization_id = %(organization)s AND learner.created_job_id = ANY(%(jobs)s)
     UNION
    SELECT learner_id, 'group:' || group_id
      FROM directory_membership WHERE organization_id = %(organization)s AND since_job_id = ANY(%(jobs)s)
     UNION
    SELECT learner_id, 'group:' || group_id
      FROM directory_pastmembership WHERE organization_id = %(organization)s AND until_job_id = ANY(%(jobs)s)
     UNION
    SELECT learner_id, 'license:' || pool_id
      FROM directory_licenseassignment WHERE organization_id = %(organization)s AND since_job_id = ANY(%(jobs)s)
     UNION
    SELECT learner_id, 'license:' || pool_id
      FROM directory_pastlicense WHERE organization_id = %(organization)s AND until_job_id = ANY(%(jobs)s)
"""  # noqa: S608  names of columns, from the catalogue


def read_overtaken(job: UploadJob) -> pl.DataFrame:
    """Return what was written (`OVERTAKEN_SCHEMA`) by files of the job's feed that came after the job's own.

    Only a file gives way; for other kinds of job it is empty. To be called in the transaction in which the
    directory is read.
    """
    later = _later_files(job) if job.kind == JobKind.FILE else []
    if not later:
        return pl.DataFrame(schema=OVERTAKEN_SCHEMA)
    with connection.cursor() as cursor:
        return read_frame(cursor, _WRITTEN, {"organization": job.organization_id, "jobs": later}, OVERTAKEN_SCHEMA)


def _later_files(job: UploadJob) -> list[int]:
    """Return the ids of the jobs that applied later files of the feed; the rest of a file is as old as the file."""
    accepted = job.rest_of_id or job.pk
    files = UploadJob.objects.filter(organization_id=job.organization_id, feed_id=job.feed_id, kind=JobKind.FILE)
    done = files.filter(id__gt=accepted, status=JobStatus.DONE, is_dry_run=False)
    return list(done.annotate(accepted=AGE).filter(accepted__gt=accepted).values_list("id", flat=True))
