"""What becomes of a job when its attempt ends."""

import asyncio

import pytest

from orgsync.core.model import JobStatus
from orgsync.server.uploads import attempts
from orgsync.server.uploads.attempts import AttemptFailed
from tests.job_world import NOW, make_job, make_organization, make_token
from tests.server.queue.queue_world import stored

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

    attempts.settle(job.pk, attempt, attempts.describe_end(-9), now=NOW)

    assert stored(job).status == JobStatus.FAILED
    assert "was killed by the system, most likely for lack of memory" in stored(job).reason


@pytest.mark.parametrize("status", [JobStatus.DONE, JobStatus.HELD, JobStatus.FAILED, JobStatus.CANCELLED])
def test_attempt_with_an_outcome_is_left_as_it_is(status: JobStatus) -> None:
    """Also when the process died after its commit."""
    job = make_job(make_token(make_organization()), status, attempts=1)

    attempts.settle(job.pk, 1, attempts.describe_end(-9), now=NOW)

    assert stored(job).status == status


def test_attempt_that_was_taken_over_settles_nothing() -> None:
    """The job belongs to its second attempt."""
    job = make_job(make_token(make_organization()), JobStatus.PROCESSING, attempts=2)

    attempts.settle(job.pk, 1, "ended with the exit code 1", now=NOW)

    assert (stored(job).status, stored(job).attempts) == (JobStatus.PROCESSING, 2)


def test_stuck_attempt_is_ended() -> None:
    """A child that never ends is killed when its time is up."""
    how = asyncio.run(attempts.run_child(0, 1, name="upload-test", limit=0.01))

    assert how.startswith("was stopped after")
