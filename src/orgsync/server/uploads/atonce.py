"""Jobs that are processed while somebody waits for the answer: people edited or added in a page, requests by SCIM."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from orgsync.server.audit.actors import Actor
from orgsync.server.directory.revision import PAGE_PATIENCE, DirectoryBusy
from orgsync.server.uploads import audited, transitions
from orgsync.server.uploads.intake import insert_job
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.pipeline import process


def run_at_once(
    job: UploadJob, *, by: Actor, clock: Callable[[], datetime], begin: Callable[[UploadJob], None] | None = None
) -> UploadJob:
    """
    Insert a job (QUEUED, not saved yet) and process it before this returns; return it as it is then.

    It is DONE, FAILED with the reason, or HELD. The queue gets it only if this process dies, or is so slow that it is
    taken for dead: then the job goes on in a worker. Raises DirectoryBusy, with the job FAILED, when a sync is being
    applied. `begin` adds what belongs to the inserted job, in its transaction. Call this outside any transaction.
    """
    with transaction.atomic():
        job = insert_job(job)
        audited.note_accepted(job, by=by)
        if begin is not None:
            begin(job)
        # No worker's name: a sweep that takes a lost job over must not end the sessions of this process.
        transitions.start(job.pk, worker="", now=clock())
    return run_started(job, clock=clock)


def run_started(job: UploadJob, *, clock: Callable[[], datetime]) -> UploadJob:
    """Process a job that has just been started by nobody's name; otherwise as `run_at_once`."""
    job.refresh_from_db()
    try:
        process(job.pk, job.attempts, now=clock(), clock=clock, patience=PAGE_PATIENCE)
    except transitions.LostAttempt:
        # Nothing of this attempt remains; the worker's is shown like any job's.
        pass
    except DirectoryBusy as error:
        transitions.fail(job, job.attempts, code="directory_busy", reason=str(error), now=clock())
        raise
    related = ("organization", "feed", "source", "plan", "result")
    return UploadJob.objects.select_related(*related).get(organization_id=job.organization_id, id=job.pk)
