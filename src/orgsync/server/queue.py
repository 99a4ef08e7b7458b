"""The one way to put work into the queue, and how the processes that do the work are named."""

import os
import secrets
import socket
from collections.abc import Callable, Iterable
from typing import Any

import procrastinate
import structlog
from django.db import connection
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.jobs import JobDeferrer
from procrastinate.manager import JobManager
from procrastinate.tasks import Task, configure_task

UPLOADS_QUEUE = "uploads"
LIGHT_QUEUE = "light"
QUEUES = (UPLOADS_QUEUE, LIGHT_QUEUE)

HEARTBEAT_SECONDS = 1.0
STALLED_SECONDS = 5.0
"""Silence after which a worker counts as dead and its jobs are taken over."""
POLL_SECONDS = 1.0

REQUEST_ID = "request_id"
"""Under this name each log line carries the id of the request that caused it."""
_CAUSED_BY = "caused_by"
"""Under this name a queue job does, among its arguments."""
_LONGEST_APPLICATION_NAME = 63  # bytes; PostgreSQL cuts longer ones
_BUILTIN = "builtin:"

_WITHOUT_TURNS = 0
"""What releases that knew no turns queue everything with: nothing goes below it, so that beside them too the runs of
one lock keep their order."""
FIRST_TURN = 1_000_000
"""The priority of the first turn; later turns go down from it."""
OUT_OF_TURN = FIRST_TURN + 1

# The turns: a holder's next run is one turn behind its last, and nobody begins ahead of the turn that is waiting now.
# One question each: the queue's indexes answer them in a tenth of the time that one look at all that waits takes.
_TURN = """
    SELECT coalesce((SELECT max(priority) FROM procrastinate_jobs
                      WHERE status = 'todo' AND queue_name = %(queue)s AND priority <= %(first)s),
                    (SELECT min(priority) FROM procrastinate_jobs
                      WHERE status = 'doing' AND queue_name = %(queue)s AND priority <= %(first)s),
                    %(first)s),
           (SELECT min(priority) - 1 FROM procrastinate_jobs
             WHERE status IN ('todo', 'doing') AND lock = %(lock)s AND queue_name = %(queue)s AND priority <= %(first)s)
"""


class TaskWithoutRetry(TypeError):
    """A task would be lost by its first error; no process may start with it."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        super().__init__(f"Tasks need a retry strategy: {', '.join(names)}.")


def on_app_ready(app: procrastinate.App) -> None:
    """Check at start-up that an error in any task of ours leads to another try; raise TaskWithoutRetry."""
    tasks = {task.name: task for task in app.tasks.values() if not task.name.startswith(_BUILTIN)}
    if names := sorted(name for name, task in tasks.items() if task.retry_strategy is None):
        raise TaskWithoutRetry(names)


def defer(task: Task[Any, Any, Any], *, lock: str | None = None, priority: int | None = None, **arguments: Any) -> None:
    """
    Queue one run of `task` in the current Django transaction, also inside a worker.

    Nothing happens when the transaction is rolled back. Runs with the same `lock` happen one at a
    time, in the order of their queueing; a higher `priority` (default 0) goes before.
    """
    _deferrer(task, lock=lock, priority=priority).defer(**arguments, **_cause())


def priority_in_turn(queue_name: str, lock: str) -> int:
    """
    Return the priority with which a run must be queued for the holders of locks to take turns.

    Without it whoever has queued a hundred runs goes before everybody who came a moment later. Runs of one lock keep
    their order: each has a lower priority than those before it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TURN, {"queue": queue_name, "lock": lock, "first": FIRST_TURN})
        now, behind_own = cursor.fetchone()
    return max(_WITHOUT_TURNS, int(now if behind_own is None else min(now, behind_own)))


def defer_many(task: Task[Any, Any, Any], runs: Iterable[dict[str, Any]]) -> None:
    """Queue one run of `task` for each dictionary of arguments, in one statement; else like `defer`."""
    if arguments := [{**run, **_cause()} for run in runs]:
        _deferrer(task).batch_defer(*arguments)


async def bind_cause(call_next: Callable[[], Any], context: procrastinate.JobContext, worker: Any) -> Any:  # noqa: ARG001
    """Have every log line of a run name the request that it comes from (a worker's middleware).

    The task itself does not get the id as an argument; what it queues passes it on.
    """
    structlog.contextvars.clear_contextvars()
    request_id = context.job.task_kwargs.pop(_CAUSED_BY, None)
    if request_id is not None:
        structlog.contextvars.bind_contextvars(**{REQUEST_ID: request_id})
    structlog.contextvars.bind_contextvars(task=context.job.task_name)
    return await call_next()


def _cause() -> dict[str, str]:
    """Return the id of the request, or of the request that this run comes from, as an argument of a queue job."""
    request_id = structlog.contextvars.get_contextvars().get(REQUEST_ID)
    return {_CAUSED_BY: request_id} if request_id else {}


def _deferrer(task: Task[Any, Any, Any], *, lock: str | None = None, priority: int | None = None) -> JobDeferrer:
    # A worker replaces the app's connector by a pool of its own, outside Django's transactions:
    # `task.defer()` would survive a rollback there. So the connector is named here.
    return configure_task(
        name=task.name,
        queue=task.queue,
        lock=lock,
        priority=priority,
        job_manager=JobManager(DjangoConnector()),
    )


def process_name(role: str) -> str:
    """
    Return a name for the database sessions of one process, which no other process ever has.

    It starts with the role and the host, and fits PostgreSQL's `application_name`.
    """
    tail = f"-{os.getpid()}-{secrets.token_hex(4)}"
    host = socket.gethostname().encode("ascii", "ignore").decode()
    return f"{role}-{host}"[: _LONGEST_APPLICATION_NAME - len(tail)] + tail
