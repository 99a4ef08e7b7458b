"""What becomes of a job when its attempt ends."""

import asyncio
import sys
from asyncio.subprocess import PIPE

import pytest

from orgsync.core.model import JobStatus
from orgsync.server.uploads import attempts, child
from orgsync.server.uploads.attempts import AttemptFailed
from orgsync.server.uploads.children import ENDED, Child, Children, describe_end
from orgsync.server.uploads.tasks import enqueue
from tests.job_world import NOW, make_job, make_organization, make_token
from tests.server.queue.queue_world import query, stored

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("attempt", [1, 2, 11, 12])
def test_attempt_without_an_outcome_leads_to_the_next_one(attempt: int) -> None:
    """The job waits in QUEUED, and the queue is told to try again."""
    job = make_job(make_token(make_organization()), JobStatus.PROCESSING, attempts=attempt)

    with pytest.raises(AttemptFailed):
        attempts.settle(job.pk, attempt, "ended with the exit code 1", now=NOW)

    assert stored(job).status == JobStatus.QUEUED


@pytest.mark.parametrize("attempt", [3, 13])
def test_third_attempt_is_the_last(attempt: int) -> None:
    """FAILED says how the last attempt ended."""
    job = make_job(make_token(make_organization()), JobStatus.PROCESSING, attempts=attempt)

    attempts.settle(job.pk, attempt, describe_end(-9), now=NOW)

    assert stored(job).status == JobStatus.FAILED
    assert "was killed by the system, most likely for lack of memory" in stored(job).reason


@pytest.mark.parametrize("status", [JobStatus.DONE, JobStatus.HELD, JobStatus.FAILED, JobStatus.CANCELLED])
def test_attempt_with_an_outcome_is_left_as_it_is(status: JobStatus) -> None:
    """Also when the process died after its commit."""
    job = make_job(make_token(make_organization()), status, attempts=1)

    attempts.settle(job.pk, 1, describe_end(-9), now=NOW)

    assert stored(job).status == status


def test_attempt_that_was_taken_over_settles_nothing() -> None:
    """The job belongs to its second attempt."""
    job = make_job(make_token(make_organization()), JobStatus.PROCESSING, attempts=2)

    attempts.settle(job.pk, 1, "ended with the exit code 1", now=NOW)

    assert (stored(job).status, stored(job).attempts) == (JobStatus.PROCESSING, 2)


@pytest.mark.parametrize(("queue_status", "status"), [("doing", JobStatus.QUEUED), ("aborted", JobStatus.PROCESSING)])
def test_next_run_settles_what_an_earlier_run_left_open(queue_status: str, status: JobStatus) -> None:
    """The database was away when the attempt ended. A run whose queue job was taken from it touches nothing."""
    job = make_job(make_token(make_organization()), JobStatus.PROCESSING, attempts=1)
    enqueue(job)
    ((queue_job_id,),) = query(f"UPDATE procrastinate_jobs SET status = '{queue_status}' RETURNING id")

    attempts.settle_earlier(job.pk, queue_job_id, now=NOW)

    assert stored(job).status == status


def test_stuck_attempt_is_ended() -> None:
    """A child that does not answer in time is killed, and another one takes its place."""

    async def run() -> tuple[str, bool, bool]:
        children = Children()
        child = await children.take()
        how = await child.run(0, 1, limit=0.01)
        await children.give_back(child)
        replacement = await children.take()
        was_alive = replacement.is_alive
        await replacement.kill()
        return how, child.is_alive, was_alive

    how, is_alive, has_replacement = asyncio.run(run())

    assert how.startswith("was stopped after")
    assert (is_alive, has_replacement) == (False, True)


def test_child_that_ended_while_it_waited_is_not_used() -> None:
    """Whoever takes a child gets a living one."""

    async def run() -> bool:
        children = Children()
        child = await children.take()
        await children.give_back(child)
        await child.kill()
        fresh = await children.take()
        try:
            return fresh is not child and fresh.is_alive
        finally:
            await fresh.kill()

    assert asyncio.run(run())


def test_child_that_has_said_its_last_word_is_replaced_at_once() -> None:
    """It has grown too large and is about to end: the next job must not wait until another one has started."""

    async def run() -> tuple[str, bool]:
        lingers = f"input(); print({child.LAST_ANSWER!r}, end='', flush=True); input()"
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", lingers, stdin=PIPE, stdout=PIPE)
        children, leaving = Children(), Child("leaving", process)
        how = await leaving.run(1, 1)
        await children.give_back(leaving)
        successor = await children.take()
        try:
            return how, successor is not leaving and successor.is_alive and process.returncode is None
        finally:
            await successor.kill()
            await leaving.kill()

    assert asyncio.run(run()) == (ENDED, True)


def test_error_of_an_attempt_is_reported_without_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    """A message of the database quotes rows; the log gets the place and the kind of the error only."""
    quoted = "Key (email)=(anna@example.com) already exists."
    error = RuntimeError(quoted)
    error.__cause__ = ValueError(quoted)

    child.report(type(error), error, error.__traceback__)

    logged = capsys.readouterr().err
    assert "anna" not in logged
    assert "builtins.ValueError" in logged
    assert "builtins.RuntimeError" in logged
