"""Take over what dead workers have left, and queue again what fell out of the queue.

Every worker sweeps in a thread of its own: a task would have to wait behind a busy worker. Sweeps
may run at the same time anywhere; each dead queue job is handled by one of them. They look at all
organizations, as the queue does.
"""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import Error, close_old_connections, connection, transaction
from django.utils import timezone
from procrastinate.exceptions import ConnectorException

from orgsync.core.model import JobStatus
from orgsync.server import queue
from orgsync.server.hooks import outbox as hooks
from orgsync.server.notify import outbox
from orgsync.server.uploads import attempts, transitions
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.tasks import enqueue, process_upload

log = logging.getLogger(__name__)

SWEEP_SECONDS: Final = 1.0
LOST_EVERY: Final = 5
"""Rows without a queue job come from a task that failed for good: looked for in every fifth sweep only."""
SESSION_END_MILLISECONDS: Final = 2_000

FIND_DEAD = """
    SELECT id, task_name, CAST(args ->> 'job_id' AS bigint)
      FROM procrastinate_jobs AS queue_job
     WHERE status = 'doing'
       AND NOT EXISTS (SELECT FROM procrastinate_workers AS worker
                        WHERE worker.id = queue_job.worker_id
                          AND worker.last_heartbeat > now() - %s * interval '1 second')
       FOR UPDATE SKIP LOCKED
"""
# `aborted` is a status that neither finish nor retry accepts: the report of a worker that wakes up
# again is refused, and the next job of the same lock cannot begin beside the new one.
REPLACE_DEAD = """
    WITH dead AS (
        UPDATE procrastinate_jobs
           SET status = 'aborted', abort_requested = false
         WHERE id = ANY(%s)
        RETURNING *
    )
    INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, args, attempts)
    SELECT queue_name, task_name, priority + 1, lock, args, attempts + 1
      FROM dead
     ORDER BY id
"""
END_SESSIONS = """
    SELECT pg_terminate_backend(pid, %s)
      FROM pg_stat_activity
     WHERE application_name = ANY(%s)
       AND pid <> pg_backend_pid()
"""
# What somebody waits for (an edit, a person added in a page, a request by SCIM) is applied by the process that asks for
# it, under no worker's name; the queue gets it when that has died.
FIND_LOST = """
    SELECT id
      FROM uploads_uploadjob AS job
     WHERE status IN ('QUEUED', 'PROCESSING')
       AND NOT ((kind = 'edit' AND approved_at IS NULL OR status = 'PROCESSING' AND worker = '')
                AND modified_at > now() - interval '1 minute')
       AND NOT EXISTS (SELECT FROM procrastinate_jobs AS queue_job
                        WHERE queue_job.status IN ('todo', 'doing')
                          AND queue_job.task_name = %s
                          AND CAST(queue_job.args ->> 'job_id' AS bigint) = job.id)
     ORDER BY id
"""


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did: queue jobs taken over, upload jobs, mails and deliveries queued again, holds that expired."""

    taken_over: int = 0
    jobs_queued: int = 0
    mails_queued: int = 0
    expired: int = 0
    deliveries_queued: int = 0


def sweep_once(now: datetime) -> Swept:
    """
    Do everything there is to do; safe at any time, from any process.

    Death is judged by the database's clock; `now` is what our rows are stamped with.
    """
    return Swept(
        take_over_dead(now),
        requeue_lost(now),
        outbox.requeue_lost(),
        transitions.cancel_expired(now=now),
        hooks.requeue_lost(),
    )


def sweep_until(stop: threading.Event) -> None:
    """Sweep every second until `stop` is set. A database that does not answer is asked again next time."""
    sweeps = 0
    while not stop.wait(SWEEP_SECONDS):
        close_old_connections()
        try:
            swept = sweep_once(timezone.now()) if sweeps % LOST_EVERY == 0 else Swept(take_over_dead(timezone.now()))
        except (Error, ConnectorException) as error:
            log.warning("The sweep is put off: %s", type(error).__name__)
            connection.close()
        else:
            if swept != Swept():
                log.warning("Taken over or queued again: %s", swept)
        sweeps += 1
    connection.close()


def take_over_dead(now: datetime) -> int:
    """Abort the queue jobs of workers that fell silent and queue them anew, ahead of later ones; return how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FIND_DEAD, [queue.STALLED_SECONDS])
        dead = cursor.fetchall()
        if not dead:
            return 0
        cursor.execute(REPLACE_DEAD, [[queue_job_id for queue_job_id, _, _ in dead]])
        _close_attempts([job_id for _, task, job_id in dead if task == process_upload.name], now=now)
        return len(dead)


def requeue_lost(now: datetime) -> int:
    """Queue every unfinished upload job anew that the queue no longer knows; return how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FIND_LOST, [process_upload.name])
        lost = [job_id for (job_id,) in cursor.fetchall()]
        if not lost:
            return 0
        _close_attempts(lost, now=now)
        # Locked and looked at once more: another sweep may have been here first.
        locked = UploadJob.objects.select_for_update().filter(id__in=lost, status=JobStatus.QUEUED).order_by("id")
        waiting = list(locked)
        cursor.execute(FIND_LOST, [process_upload.name])
        still_lost = {job_id for (job_id,) in cursor.fetchall()}
        jobs = [job for job in waiting if job.pk in still_lost]
        for job in jobs:
            enqueue(job, is_overdue=True)
        return len(jobs)


def _close_attempts(job_ids: Sequence[int], *, now: datetime) -> None:
    """End the attempts' database sessions, then queue their jobs again or fail them."""
    running = UploadJob.objects.filter(id__in=job_ids, status=JobStatus.PROCESSING)
    # A process that was stopped inside a transaction keeps its row locks, and would keep us waiting.
    _end_sessions(sorted({worker for worker in running.values_list("worker", flat=True) if worker}))
    for job in running.select_for_update().order_by("id"):
        attempts.close_attempt(job, "ended with its worker, which fell silent", now=now)


def _end_sessions(names: list[str]) -> None:
    if names:
        with connection.cursor() as cursor:
            cursor.execute(END_SESSIONS, [SESSION_END_MILLISECONDS, names])
