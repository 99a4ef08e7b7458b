"""What a job that lets an assignment begin, or ends it, does differently: the edit comes with it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from orgsync.core.plan import Writes
from orgsync.server.learning.models import JobAssignment
from orgsync.server.uploads.models import JobKind, UploadJob

UNBEGUN_STAY: Final = timedelta(days=30)
"""So that the page of a job that was rejected, or whose approval expired, still says what it would have assigned."""
_FORGET_UNBEGUN: Final = """
    WITH gone AS (
        DELETE FROM learning_assignment AS assignment
         WHERE assignment.begun_at IS NULL AND assignment.made_at < %s
           AND NOT EXISTS (SELECT FROM learning_jobassignment AS edit JOIN uploads_uploadjob AS job
                               ON job.organization_id = edit.organization_id AND job.id = edit.job_id
                            WHERE edit.organization_id = assignment.organization_id
                              AND edit.assignment_id = assignment.id
                              AND job.status IN ('CREATED', 'QUEUED', 'PROCESSING', 'HELD'))
     RETURNING assignment.organization_id, assignment.id
    ),
    edits AS (
        DELETE FROM learning_jobassignment AS edit USING gone
         WHERE edit.organization_id = gone.organization_id AND edit.assignment_id = gone.id
    )
    SELECT count(*) FROM gone
"""


def assignment_edits_of(job: UploadJob) -> dict[int, bool]:
    """Return which assignments the job lets begin (true) or ends: its own, or the contrary of what it undoes.

    What is left when the additions of a job are applied ahead has the same edits; those made are then left out.
    """
    if job.kind == JobKind.UNDO:
        if job.chosen or job.undoes_id is None:
            return {}
        return {assignment: not begins for assignment, begins in _stored(job, [job.undoes_id]).items()}
    return _stored(job, [job.pk, *([job.rest_of_id] if job.rest_of_id else [])]) if job.kind == JobKind.EDIT else {}


def keep_edits(job: UploadJob, edits: Mapping[int, bool]) -> None:
    """Let a job have these edits (id → whether it begins), in the transaction that makes or applies it."""
    JobAssignment.objects.bulk_create(
        [
            JobAssignment(organization_id=job.organization_id, job_id=job.pk, assignment_id=assignment, begins=begins)
            for assignment, begins in edits.items()
        ],
        ignore_conflicts=True,
    )


def note_assignments(job: UploadJob, writes: Writes) -> None:
    """Keep, in the transaction that applies an undo, which assignments it let begin or ended, for an undo of it."""
    if job.kind == JobKind.UNDO:
        keep_edits(job, {edit.assignment.assignment_id: edit.begins for edit in writes.assignment_edits})


def forget_unbegun(now: datetime) -> int:
    """Delete assignments of all organizations that were made a month ago, and that no job will let begin any more.

    Returns how many.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_UNBEGUN, [now - UNBEGUN_STAY])
        return int(cursor.fetchone()[0])


def _stored(job: UploadJob, job_ids: Sequence[int]) -> dict[int, bool]:
    mine = JobAssignment.objects.filter(organization_id=job.organization_id, job_id__in=job_ids)
    return dict(mine.values_list("assignment_id", "begins"))
