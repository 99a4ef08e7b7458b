"""The queue's side of an upload job: one run of the task is one attempt."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.utils import timezone
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from orgsync.server import queue
from orgsync.server.directory.leaving import anonymize_leavers, purge_leavers
from orgsync.server.directory.recounting import recount
from orgsync.server.directory.removing import forget_removed
from orgsync.server.directory.retention import forget_timelines
from orgsync.server.hooks.outbox import forget_deliveries
from orgsync.server.learning.reminders import send_reminders
from orgsync.server.learning.retention import forget_strangers
from orgsync.server.learning.statements import claim_everywhere
from orgsync.server.notify.forgetting import forget_texts
from orgsync.server.orgs.signins import forget_sign_ins
from orgsync.server.orgs.trimming import trim_audit_logs
from orgsync.server.tokens.kept import forget_answers
from orgsync.server.tokens.limits import forget_calls
from orgsync.server.uploads import attempts, transitions
from orgsync.server.uploads.assignmentjobs import forget_unbegun
from orgsync.server.uploads.digest import send_digests
from orgsync.server.uploads.erase import finish_erasures
from orgsync.server.uploads.idempotency import forget_keys
from orgsync.server.uploads.lateness import tell_late
from orgsync.server.uploads.media import sweep_media
from orgsync.server.uploads.models import ErasureRequest, UploadJob
from orgsync.server.uploads.retention import forget_application_tokens, remove_left_over, remove_old_files

if TYPE_CHECKING:
    from orgsync.server.uploads.children import Children

RETRY_SECONDS = 2
HOUSEKEEPING_RETRY_SECONDS = 600
COUNTS_ARE_KEPT = timedelta(days=2)
RECOUNT = "recount"
CHILDREN = "children"
"""Under this name the worker hands its processes to the task."""


def enqueue(job: UploadJob, *, is_overdue: bool = False) -> None:
    """
    Queue the processing of a QUEUED job, in the transaction that makes it QUEUED.

    An organization's jobs run one at a time, in the order in which they were queued; organizations take turns. An
    overdue one goes before the others.
    """
    lock = f"org-{job.organization_id}"
    priority = queue.OUT_OF_TURN if is_overdue else queue.priority_in_turn(queue.UPLOADS_QUEUE, lock)
    queue.defer(process_upload, lock=lock, priority=priority, job_id=job.pk)


# How often a job is tried is for our row to say (`attempts.settle`); a run that fails before or
# after the attempt, because the database is away for a while, is simply repeated.
@app.task(name="process_upload", queue=queue.UPLOADS_QUEUE, retry=RetryStrategy(wait=RETRY_SECONDS), pass_context=True)
async def process_upload(context: JobContext, job_id: int) -> None:
    """Make one attempt in a child process. A coroutine: the child must be started in the main thread."""
    children: Children = context.additional_context[CHILDREN]
    child = await children.take()
    try:
        if context.job.attempts and context.job.id is not None:
            await sync_to_async(attempts.settle_earlier)(job_id, context.job.id, now=timezone.now())
        start = sync_to_async(transitions.start)
        attempt = await start(job_id, worker=child.name, now=timezone.now(), queue_job_id=context.job.id)
        if attempt is None:
            return
        cause = structlog.contextvars.get_contextvars().get(queue.REQUEST_ID, "")
        how = await child.run(job_id, attempt, request_id=cause)
        await sync_to_async(_settle)(job_id, attempt, how, now=timezone.now())
    finally:
        await children.give_back(child)


def _settle(job_id: int, attempt: int, how: str, *, now: datetime) -> None:
    # The connection has been idle for as long as the job ran; it may be gone by now.
    close_old_connections()
    attempts.settle(job_id, attempt, how, now=now)


def enqueue_erasure(request: ErasureRequest) -> None:
    """Queue what an approved request asks for, in the transaction that approves it."""
    queue.defer(erase_requested, organization_id=request.organization_id, request_id=request.pk)


@app.task(
    name="erase_requested",
    queue=queue.LIGHT_QUEUE,
    retry=RetryStrategy(max_attempts=3, wait=HOUSEKEEPING_RETRY_SECONDS),
)
def erase_requested(organization_id: int, request_id: int) -> None:
    """Erase the people whom a request names: it reads every stored file, so that nobody waits for it in a page."""
    # Requests are queued by this module's `enqueue_erasure`.
    from orgsync.server.uploads.erasurerequests import carry_out  # noqa: PLC0415

    carry_out(organization_id, request_id, now=timezone.now())


@app.periodic(cron="17 3 * * *")
@app.task(
    name="housekeeping", queue=queue.LIGHT_QUEUE, retry=RetryStrategy(max_attempts=3, wait=HOUSEKEEPING_RETRY_SECONDS)
)
def housekeeping(timestamp: int) -> None:
    """Remove, once a day, what nobody can ask for any more: files without a row, old keys, counts, tokens."""
    now = datetime.fromtimestamp(timestamp, tz=UTC)
    sweep_media(now)
    forget_keys(now=now)
    forget_answers(now=now)
    forget_calls(before=now - COUNTS_ARE_KEPT)
    forget_application_tokens(now)


@app.periodic(cron="37 3 * * *")
@app.task(
    name="retention", queue=queue.LIGHT_QUEUE, retry=RetryStrategy(max_attempts=3, wait=HOUSEKEEPING_RETRY_SECONDS)
)
def retention(timestamp: int) -> None:
    """Remove, once a day, what organizations keep no longer: files, texts, timelines, leavers, sessions."""
    now = datetime.fromtimestamp(timestamp, tz=UTC)
    anonymize_leavers(now)
    purge_leavers(now)
    remove_old_files(now)
    remove_left_over(now)
    forget_unbegun(now)
    forget_texts(now)
    forget_deliveries(now)
    forget_timelines(now)
    forget_strangers(now)
    forget_removed(now)
    forget_sign_ins(now)
    trim_audit_logs(now)
    finish_erasures()


@app.periodic(cron="7 * * * *")
@app.task(
    name="calendar", queue=queue.LIGHT_QUEUE, retry=RetryStrategy(max_attempts=3, wait=HOUSEKEEPING_RETRY_SECONDS)
)
def calendar(timestamp: int) -> None:
    """Queue, every hour, what the calendar brings: leavers and licenses of the day. Count who is known by now."""
    # It queues jobs by this module's `enqueue`.
    from orgsync.server.uploads.calendarjobs import queue_due  # noqa: PLC0415

    now = datetime.fromtimestamp(timestamp, tz=UTC)
    queue_due(now=now)
    claim_everywhere(now)


@app.periodic(cron="*/10 * * * *")
@app.task(
    name="recount",
    queue=queue.LIGHT_QUEUE,
    lock=RECOUNT,
    retry=RetryStrategy(max_attempts=3, wait=HOUSEKEEPING_RETRY_SECONDS),
)
def recount_directories(timestamp: int) -> None:
    """Count large directories that were written to, so that the next file's guards have something to measure by."""
    recount(datetime.fromtimestamp(timestamp, tz=UTC))


def enqueue_recount(now: datetime) -> None:
    """Queue a recount for right after the current transaction, which writes much."""
    queue.defer(recount_directories, lock=RECOUNT, timestamp=int(now.timestamp()))


@app.periodic(cron="3,33 * * * *")
@app.task(name="digests", queue=queue.LIGHT_QUEUE, retry=RetryStrategy(max_attempts=3, wait=HOUSEKEEPING_RETRY_SECONDS))
def digests(timestamp: int) -> None:
    """Mail the digests of the day before wherever it is morning."""
    send_digests(datetime.fromtimestamp(timestamp, tz=UTC))


@app.periodic(cron="13 * * * *")
@app.task(
    name="assignment_reminders",
    queue=queue.LIGHT_QUEUE,
    retry=RetryStrategy(max_attempts=3, wait=HOUSEKEEPING_RETRY_SECONDS),
)
def assignment_reminders(timestamp: int) -> None:
    """Mail, every hour, the reminders of the day wherever it is daytime."""
    send_reminders(datetime.fromtimestamp(timestamp, tz=UTC))


@app.periodic(cron="*/15 * * * *")
@app.task(
    name="late_feeds", queue=queue.LIGHT_QUEUE, retry=RetryStrategy(max_attempts=3, wait=HOUSEKEEPING_RETRY_SECONDS)
)
def late_feeds(timestamp: int) -> None:
    """Tell the admins of feeds that have been silent for too long."""
    tell_late(datetime.fromtimestamp(timestamp, tz=UTC))
