"""Real workers on real files: a job happens once, whatever is killed, stopped or asked to end meanwhile."""

import os
import signal
from collections.abc import Callable
from subprocess import Popen

from orgsync.core.model import JobStatus
from orgsync.server.directory.models import Learner
from orgsync.server.orgs.models import Organization
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.storage import storage
from tests.job_world import make_organization, make_token
from tests.server.queue.queue_world import (
    child_of,
    has_status,
    is_applying,
    is_running,
    locked_directory,
    make_queued_job,
    query,
    queue_jobs,
    stored,
    wait_until,
)

StartWorker = Callable[..., Popen[bytes]]


def assert_applied_once(job: UploadJob) -> None:
    """The directory holds what the file says, written by one attempt."""
    assert Learner.objects.filter(organization_id=job.organization_id).count() == 1
    assert stored(job).created_count == 1
    assert Organization.objects.get(id=job.organization_id).revision == 1


def test_worker_processes_a_queued_file(start_worker: StartWorker) -> None:
    """A file goes through the child process into the directory, and the queue is empty again."""
    job = make_queued_job(make_token(make_organization()))

    start_worker()

    wait_until(has_status(job, JobStatus.DONE))
    assert_applied_once(job)
    wait_until(lambda: queue_jobs() == [])


def test_killed_workers_job_is_taken_over_once(start_worker: StartWorker) -> None:
    """kill -9 in the middle of applying: the child dies with its worker, another worker does the job."""
    job = make_queued_job(make_token(make_organization()))
    with locked_directory(job.organization_id):
        first = start_worker()
        wait_until(is_applying(job))
        child = child_of(first.pid)

        first.kill()
        first.wait()
        wait_until(lambda: not is_running(child))
        start_worker()
        wait_until(lambda: stored(job).attempts == 2)

    wait_until(has_status(job, JobStatus.DONE))
    assert_applied_once(job)


def test_stopped_worker_that_wakes_up_changes_nothing(start_worker: StartWorker) -> None:
    """A worker and its child sleep through the take-over; awake again, they find that the job is not theirs."""
    job = make_queued_job(make_token(make_organization()))
    with locked_directory(job.organization_id):
        zombie = start_worker()
        wait_until(is_applying(job))
        os.killpg(zombie.pid, signal.SIGSTOP)
        start_worker()
        wait_until(lambda: stored(job).attempts == 2)
        os.killpg(zombie.pid, signal.SIGCONT)
        assert zombie.wait(timeout=30) == 1

    wait_until(has_status(job, JobStatus.DONE))
    assert_applied_once(job)


def test_killed_child_is_tried_again_by_its_worker(start_worker: StartWorker) -> None:
    """A child that is killed, as when memory runs out, costs an attempt, not the worker."""
    job = make_queued_job(make_token(make_organization()))
    with locked_directory(job.organization_id):
        worker = start_worker()
        wait_until(is_applying(job))

        os.kill(child_of(worker.pid), signal.SIGKILL)
        wait_until(lambda: stored(job).attempts == 2)

    wait_until(has_status(job, JobStatus.DONE))
    assert_applied_once(job)
    assert worker.poll() is None


def test_job_that_kills_every_attempt_fails_and_the_next_one_runs(start_worker: StartWorker) -> None:
    """After its third attempt it is FAILED; the organization's next file is processed."""
    token = make_token(make_organization())
    poisoned = make_queued_job(token, attempts=2)
    storage().delete(poisoned.source.storage_key)
    healthy = make_queued_job(token)

    start_worker()

    wait_until(has_status(healthy, JobStatus.DONE))
    failed = stored(poisoned)
    assert (failed.status, failed.reason_code, failed.attempts) == (JobStatus.FAILED, "attempts_exhausted", 3)


def test_terminated_worker_ends_its_job_first(start_worker: StartWorker) -> None:
    """SIGTERM drains: the heart goes on beating, so that nobody takes the job over, and the job is ended."""
    job = make_queued_job(make_token(make_organization()))
    with locked_directory(job.organization_id):
        worker = start_worker()
        wait_until(is_applying(job))

        worker.terminate()
        ((before,),) = query("SELECT max(last_heartbeat) + interval '2 seconds' FROM procrastinate_workers")
        wait_until(lambda: query("SELECT FROM procrastinate_workers WHERE last_heartbeat > %s", before))

    assert worker.wait(timeout=30) == 0
    assert_applied_once(job)
    assert stored(job).attempts == 1


def test_jobs_of_an_organization_run_in_the_order_of_acceptance(start_worker: StartWorker) -> None:
    """Two workers, one organization: the second file waits for the first, another organization's does not."""
    token, other_token = make_token(make_organization()), make_token(make_organization("Other"))
    first, second = make_queued_job(token), make_queued_job(token)
    other = make_queued_job(other_token)
    with locked_directory(token.organization_id):
        start_worker()
        start_worker()
        wait_until(has_status(other, JobStatus.DONE))
        wait_until(is_applying(first))

        assert stored(second).status == JobStatus.QUEUED

    wait_until(has_status(second, JobStatus.DONE))
    assert stored(first).finished_at < stored(second).started_at
