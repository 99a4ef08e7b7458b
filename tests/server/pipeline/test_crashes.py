"""A worker that dies in the middle of applying: nothing remains, and the next attempt succeeds."""

from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from orgsync.core.model import JobStatus
from orgsync.server.notify.models import OutboxMail
from orgsync.server.orgs.models import Organization
from orgsync.server.uploads import attempts
from orgsync.server.uploads.attempts import AttemptFailed
from orgsync.server.uploads.models import Media
from orgsync.server.uploads.storage import storage
from tests.server.pipeline.pipeline_world import FIVE, MONDAY, Meanwhile, World, counts_add_up, statuses
from tests.server.queue.queue_world import worker_database_url

INSIDE = 4
"""The clock's call at the end of apply: everything is written, nothing is committed."""


class Killed(BaseException):
    """Stands for the end of the process."""


def die() -> None:
    assert connection.in_atomic_block
    raise Killed


def stored() -> set[str]:
    return set(storage().keys(MONDAY.date(), until=timezone.now() + timedelta(days=1)))


def end_session() -> None:
    """Let another session end ours, as an administrator or a restarting database does."""
    assert connection.in_atomic_block
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    with psycopg.connect(worker_database_url(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [pid])


@pytest.mark.parametrize(("crash", "error"), [(die, Killed), (end_session, (DatabaseError, InterfaceError))])
def test_crash_in_the_middle_of_applying_leaves_nothing(
    world: World, crash: Callable[[], None], error: type[BaseException]
) -> None:
    """
    Directory, revision, feed, job and outbox are as before; the second attempt does it all, once.
    """
    revision = world.revision
    job = world.upload(FIVE)

    with pytest.raises(error):
        world.run(job, clock=Meanwhile(crash, call=INSIDE))
    connection.close()

    assert world.state == {"pools": {"license_english_status": {"seats": None, "holders": {}}}}
    assert (world.revision, world.mails) == (revision, [])
    assert world.stored(job).status == JobStatus.PROCESSING
    with pytest.raises(AttemptFailed):
        attempts.settle(job.pk, 1, "was killed", now=MONDAY)

    ended = world.run(job)

    assert (ended.status, ended.attempts) == (JobStatus.DONE, 2)
    assert statuses(ended) == ["CREATED"] * 5
    assert counts_add_up(ended)
    assert len(world.active) == 5
    assert world.revision == revision + 1
    assert world.mails == [("done", world.owner.email)]


def test_last_attempt_fails_the_job_and_tells(world: World) -> None:
    """
    Three attempts; then FAILED with a reason, and the owner knows.
    """
    job = world.upload(FIVE)
    for number in (1, 2):
        with pytest.raises(Killed):
            world.run(job, clock=Meanwhile(die, call=INSIDE))
        with pytest.raises(AttemptFailed):
            attempts.settle(job.pk, number, "was killed", now=MONDAY)
    with pytest.raises(Killed):
        world.run(job, clock=Meanwhile(die, call=INSIDE))

    attempts.settle(job.pk, 3, "was killed", now=MONDAY)

    ended = world.stored(job)
    assert (ended.status, ended.reason_code) == (JobStatus.FAILED, attempts.EXHAUSTED)
    assert world.mails == [("failed", world.owner.email)]


def test_woken_attempt_writes_nothing(world: World) -> None:
    """
    An attempt that was declared dead while it applied wakes up after its successor is done.
    """
    job = world.upload(FIVE)

    def declare_dead() -> None:
        with pytest.raises(AttemptFailed):
            attempts.settle(job.pk, 1, "hung", now=MONDAY)
        world.run(job)

    with pytest.raises(Exception, match="no longer holds the job"):
        world.run(job, clock=Meanwhile(declare_dead, call=3))

    assert world.stored(job).status == JobStatus.DONE
    assert world.revision == Organization.objects.get(id=world.id).revision == 1
    assert OutboxMail.objects.filter(organization=world.organization).count() == 1


def test_attempt_that_fails_leaves_no_file(own_folder: None, world: World) -> None:
    """
    The job names the files of the attempt that was applied; what a failed one wrote is gone, row and bytes.
    """
    job = world.upload(FIVE)
    before = stored()
    with pytest.raises(Killed):
        world.run(job, clock=Meanwhile(die, call=INSIDE))
    left = {media.kind for media in Media.objects.filter(organization=world.organization)}
    after = stored()
    with pytest.raises(AttemptFailed):
        attempts.settle(job.pk, 1, "was killed", now=MONDAY)

    ended = world.run(job)

    assert left == {"source"}
    assert after == before
    assert ended.result is not None
    assert Media.objects.filter(organization=world.organization, kind="result").get() == ended.result
