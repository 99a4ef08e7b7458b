"""What tests of queue and workers need to look into: the queue's rows, processes, and a file that is processed."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from django.db import connection, transaction
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from orgsync.core.model import JobStatus
from orgsync.server.tokens.models import AccessToken
from orgsync.server.uploads.media import store_media
from orgsync.server.uploads.models import MediaKind, UploadJob
from orgsync.server.uploads.tasks import enqueue
from tests.job_world import NOW, make_job

T = TypeVar("T")
DEADLINE = 120.0  # seconds; a busy machine starts processes slowly
FILE = b"primary_email_address,first_name\nanna@example.com,Anna\n"


def worker_database_url() -> str:
    given = conninfo_to_dict(os.environ["ORGSYNC_DATABASE_URL"])
    return make_conninfo("", **given | {"dbname": str(connection.settings_dict["NAME"])})


def wait_until(probe: Callable[[], T]) -> T:
    """Ask until the answer is true; the deadline is generous, no test measures time."""
    deadline = time.monotonic() + DEADLINE
    while not (answer := probe()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
    return answer


def make_queued_job(token: AccessToken, content: bytes = FILE, **fields: Any) -> UploadJob:
    """Store a real file and queue its job, as an upload does."""
    with transaction.atomic():
        source = store_media([content], feed=token.feed, kind=MediaKind.SOURCE, file_name="people.csv", now=NOW)
        job = make_job(token, JobStatus.QUEUED, source=source, **fields)
        enqueue(job)
    return job


def stored(job: UploadJob) -> UploadJob:
    return UploadJob.objects.get(organization_id=job.organization_id, id=job.pk)


def has_status(job: UploadJob, status: JobStatus) -> Callable[[], bool]:
    return lambda: stored(job).status == status


def is_applying(job: UploadJob) -> Callable[[], bool]:
    """Whether an attempt has come as far as the directory's write lock."""
    return lambda: stored(job).phase == "apply"


def query(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters))
        return cursor.fetchall()


def query_nothing(sql: str, *parameters: Any) -> None:
    """Run a statement that has no answer."""
    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters))


def queue_jobs() -> list[tuple[Any, ...]]:
    """Return task, status and priority of every job of the queue, oldest first, without what the clock puts there."""
    jobs = "SELECT task_name, status::text, priority FROM procrastinate_jobs"
    return query(f"{jobs} WHERE id NOT IN (SELECT job_id FROM procrastinate_periodic_defers) ORDER BY id")


@contextmanager
def locked_directory(organization_id: int) -> Iterator[psycopg.Connection[Any]]:
    """Hold an organization's write lock, so that its job stops in the middle of applying."""
    with psycopg.connect(worker_database_url()) as other:
        other.execute("SELECT FROM orgs_organization WHERE id = %s FOR NO KEY UPDATE", [organization_id])
        yield other
        other.rollback()


def child_of(pid: int) -> int:
    """Return the process id of the only child of a worker."""
    children = [
        child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]
    (child,) = children
    return int(child)


def is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()
