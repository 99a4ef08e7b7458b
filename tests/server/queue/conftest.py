"""Real workers on the test database."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from django.db import connection

from tests.server.queue.queue_world import worker_database_url

StartWorker = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def empty_queue(transactional_db: None) -> Iterator[None]:
    """The queue's tables are not Django's to empty; other tests leave their jobs there too."""
    _empty()
    yield
    _empty()


@pytest.fixture
def start_worker(empty_queue: None) -> Iterator[StartWorker]:
    """Start worker processes that are gone after the test."""
    workers: list[subprocess.Popen[bytes]] = []

    def start(queue: str = "uploads", **environment: str) -> subprocess.Popen[bytes]:
        env = os.environ | {"ORGSYNC_DATABASE_URL": worker_database_url()} | environment
        argv = [sys.executable, "-m", "orgsync.server.worker", "--queue", queue]
        workers.append(subprocess.Popen(argv, env=env, start_new_session=True))
        return workers[-1]

    yield start
    for worker in workers:
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")
