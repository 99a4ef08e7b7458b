"""The queue's side of an upload job: one run of the task is one attempt."""

from asgiref.sync import sync_to_async
from django.utils import timezone
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from orgsync.server import queue
from orgsync.server.uploads import attempts, transitions
from orgsync.server.uploads.models import UploadJob

RETRY_SECONDS = 2


def enqueue(job: UploadJob, *, is_overdue: bool = False) -> None:
    """
    Queue the processing of a QUEUED job, in the transaction that makes it QUEUED.

    An organization's jobs run one at a time, in the order in which they were queued; an overdue one
    goes before the others.
    """
    queue.defer(process_upload, lock=f"org-{job.organization_id}", priority=1 if is_overdue else None, job_id=job.pk)


# How often a job is tried is for our row to say (`attempts.settle`); a run that fails before or
# after the attempt, because the database is away for a while, is simply repeated.
@app.task(name="process_upload", queue=queue.UPLOADS_QUEUE, retry=RetryStrategy(wait=RETRY_SECONDS), pass_context=True)
async def process_upload(context: JobContext, job_id: int) -> None:
    """Make one attempt in a child process. A coroutine, because the child must be tied to the main thread."""
    name = queue.process_name("upload")
    start = sync_to_async(transitions.start)
    attempt = await start(job_id, worker=name, now=timezone.now(), queue_job_id=context.job.id)
    if attempt is None:
        return
    how = await attempts.run_child(job_id, attempt, name=name)
    await sync_to_async(attempts.settle)(job_id, attempt, how, now=timezone.now())
