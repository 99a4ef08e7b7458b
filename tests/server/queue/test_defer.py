"""Queueing belongs to the transaction that makes it necessary, in every process."""

import ast
import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from procrastinate import PsycopgConnector, RetryStrategy
from procrastinate.contrib.django import DjangoApp, app
from procrastinate.tasks import Task

import orgsync
from orgsync.server import queue
from orgsync.server.notify.tasks import send_mail
from orgsync.server.uploads.tasks import enqueue
from tests.job_world import make_job, make_organization, make_token
from tests.server.queue.queue_world import query, query_nothing, queue_jobs, worker_database_url

OWN_WAYS = {"defer", "defer_async", "batch_defer", "batch_defer_async"}


def test_queued_job_comes_with_the_commit(empty_queue: None) -> None:
    """A committed transaction leaves the queue job, with the organization's lock."""
    job = make_job(make_token(make_organization()))

    with transaction.atomic():
        enqueue(job)

    (row,) = query("SELECT queue_name, lock, args FROM procrastinate_jobs")
    assert row == ("uploads", f"org-{job.organization_id}", f'{{"job_id": {job.pk}}}')


def test_rollback_takes_the_queued_job_with_it(empty_queue: None) -> None:
    """What is rolled back was never queued."""
    with transaction.atomic():
        queue.defer(send_mail, mail_id=1)
        queue.defer_many(send_mail, [{"mail_id": 2}, {"mail_id": 3}])
        transaction.set_rollback(True)

    assert queue_jobs() == []


@pytest.fixture
def queue_two() -> Iterator[Task[Any, Any, Any]]:
    """A task that queues two mails, in a transaction that is committed and in one that is not."""

    @app.task(name="queue_two", queue=queue.LIGHT_QUEUE, retry=RetryStrategy(max_attempts=1))
    def queue_two() -> None:
        with transaction.atomic():
            queue.defer(send_mail, mail_id=1)
        with transaction.atomic():
            queue.defer(send_mail, mail_id=2)
            transaction.set_rollback(True)
        connection.close()

    yield queue_two
    del app.tasks["queue_two"]


def test_inside_a_worker_too_rollback_takes_the_queued_job_with_it(
    empty_queue: None, queue_two: Task[Any, Any, Any]
) -> None:
    """A running task's transaction decides about what it queued, though the worker has connections of its own."""

    async def work_once() -> None:
        pool = PsycopgConnector(conninfo=worker_database_url(), min_size=1, max_size=2)
        with app.replace_connector(pool):
            async with app.open_async():
                await app.run_worker_async(
                    queues=["of the test"], wait=False, install_signal_handlers=False, listen_notify=False
                )

    queue.defer(queue_two)
    query_nothing("UPDATE procrastinate_jobs SET queue_name = 'of the test'")

    asyncio.run(work_once())

    assert queue_jobs() == [("queue_two", "succeeded", 0), ("send_mail", "todo", 0)]
    mail = "SELECT args ->> 'mail_id' FROM procrastinate_jobs WHERE status = 'todo' AND task_name = 'send_mail'"
    assert query(mail) == [("1",)]


def test_nobody_queues_by_another_way() -> None:
    """
    The library's own `.defer()` would be outside the transaction inside a worker: only `queue.py` calls it.

    Django's `defer` of columns names them by position; a task takes its arguments by name.
    """
    root = Path(orgsync.__file__).parent
    offences = [
        f"{path.relative_to(root)}:{node.lineno}"
        for path in root.rglob("*.py")
        if path != Path(queue.__file__)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and not node.args
        if isinstance(node.func, ast.Attribute) and node.func.attr in OWN_WAYS
        if not (isinstance(node.func.value, ast.Name) and node.func.value.id == "queue")
    ]

    assert offences == []


def test_task_without_retry_stops_the_start() -> None:
    """A task whose first error would be its last is refused when the app is set up."""
    other = DjangoApp(connector=PsycopgConnector())

    @other.task(name="fragile")
    def fragile() -> None:
        return

    with pytest.raises(queue.TaskWithoutRetry, match="fragile"):
        queue.on_app_ready(other)


def test_process_names_are_unique_and_fit() -> None:
    """Names fit PostgreSQL's limit, so that a process finds its sessions by the whole name."""
    names = {queue.process_name("worker-uploads") for _ in range(100)}

    assert len(names) == 100
    assert all(name.isascii() and len(name) <= 63 for name in names)
