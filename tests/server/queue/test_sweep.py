"""What dead workers leave is taken over once, and nothing unfinished is forgotten."""

import psycopg
import pytest
from django.db import ProgrammingError, transaction

from orgsync.core.model import JobStatus
from orgsync.server.notify.models import OutboxMail
from orgsync.server.orgs.models import Role
from orgsync.server.queue import OUT_OF_TURN
from orgsync.server.uploads import sweep, transitions
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.sweep import Swept
from orgsync.server.uploads.tasks import enqueue
from tests.job_world import NOW, make_admin, make_job, make_organization, make_token
from tests.server.queue.queue_world import query, query_nothing, queue_jobs, stored, worker_database_url

pytestmark = pytest.mark.django_db

ADD_WORKER = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s * interval '1 second') RETURNING id"


def make_running_job(
    *, silent_for: float, attempts: int = 1, worker: str = "upload-gone", **fields: object
) -> UploadJob:
    """A job in PROCESSING whose worker gave its last sign of life some seconds ago."""
    job = make_job(make_token(make_organization()), JobStatus.PROCESSING, attempts=attempts, worker=worker, **fields)
    enqueue(job)
    ((worker_id,),) = query(ADD_WORKER, silent_for)
    query_nothing("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s WHERE status = 'todo'", worker_id)
    return job


def test_job_of_a_silent_worker_is_queued_anew_ahead_of_later_ones() -> None:
    """The old queue job is ended for good; the new one goes before what the organization queued since."""
    job = make_running_job(silent_for=6)
    enqueue(make_job(job.token))

    assert sweep.take_over_dead(NOW) == 1

    aborted, later, anew = queue_jobs()
    assert (aborted[1], later[1], anew[1]) == ("aborted", "todo", "todo")
    assert anew[2] > later[2]
    assert stored(job).status == JobStatus.QUEUED


def test_job_of_a_worker_that_unregistered_is_taken_over() -> None:
    """A queue job that runs under nobody is dead, whatever the time."""
    job = make_running_job(silent_for=0)
    query_nothing("DELETE FROM procrastinate_workers")

    assert sweep.take_over_dead(NOW) == 1
    assert stored(job).status == JobStatus.QUEUED


def test_living_worker_is_left_alone() -> None:
    """A heart-beat within the limit keeps the job where it is."""
    job = make_running_job(silent_for=1)

    assert sweep.sweep_once(NOW) == Swept()
    assert stored(job).status == JobStatus.PROCESSING


def test_second_sweep_finds_nothing_to_do() -> None:
    """A dead job is taken over once."""
    make_running_job(silent_for=6)

    first, second = sweep.take_over_dead(NOW), sweep.take_over_dead(NOW)

    assert (first, second) == (1, 0)


def test_sweep_skips_what_another_sweep_has_in_hand(empty_queue: None) -> None:
    """Sweeps at the same moment do not wait for each other and do not both take a job."""
    make_running_job(silent_for=6)
    with psycopg.connect(worker_database_url()) as other:
        other.execute("SELECT FROM procrastinate_jobs FOR UPDATE")

        assert sweep.take_over_dead(NOW) == 0
        other.rollback()


def test_zombies_report_is_refused() -> None:
    """A worker that wakes up cannot end the job that another one runs by now."""
    make_running_job(silent_for=6)
    ((dead_id,),) = query("SELECT id FROM procrastinate_jobs")
    sweep.take_over_dead(NOW)

    with pytest.raises(ProgrammingError, match="Job was not found"), transaction.atomic():
        query("SELECT procrastinate_finish_job_v1(%s, 'succeeded', true)", dead_id)


def test_sessions_of_a_dead_attempt_are_ended(empty_queue: None) -> None:
    """A process that was stopped inside its transaction keeps nobody waiting, and its transaction is gone."""
    job = make_running_job(silent_for=6, worker="upload-host-1-abcd")
    with psycopg.connect(worker_database_url(), application_name="upload-host-1-abcd") as stopped:
        stopped.execute("UPDATE uploads_uploadjob SET updated_count = 99 WHERE id = %s", [job.pk])

        assert sweep.take_over_dead(NOW) == 1

        with pytest.raises(psycopg.OperationalError):
            stopped.execute("SELECT 1")
    assert (stored(job).status, stored(job).updated_count) == (JobStatus.QUEUED, 0)


def test_job_fails_after_its_last_attempt_and_the_admins_are_told() -> None:
    """The third dead attempt is the last: FAILED, a reason for people, a mail."""
    job = make_running_job(silent_for=6, attempts=3)
    make_admin(job.organization, "alice@example.com", Role.OWNER)

    sweep.take_over_dead(NOW)

    failed = stored(job)
    assert (failed.status, failed.reason_code) == (JobStatus.FAILED, "attempts_exhausted")
    assert failed.reason.startswith("All 3 attempts to process the file failed.")
    assert list(OutboxMail.objects.values_list("kind", "recipient")) == [("failed", "alice@example.com")]


@pytest.mark.parametrize("status", [JobStatus.QUEUED, JobStatus.PROCESSING])
def test_unfinished_job_without_a_queue_job_is_queued_again(status: JobStatus) -> None:
    """Also where the queue itself lost or gave up the job."""
    job = make_job(make_token(make_organization()), status, attempts=1, worker="upload-gone")

    assert sweep.requeue_lost(NOW) == 1

    assert queue_jobs() == [("process_upload", "todo", OUT_OF_TURN)]
    assert stored(job).status == JobStatus.QUEUED
    assert sweep.requeue_lost(NOW) == 0


@pytest.mark.parametrize("status", [JobStatus.CREATED, JobStatus.HELD, JobStatus.DONE, JobStatus.FAILED])
def test_job_that_waits_for_nobody_is_not_queued(status: JobStatus) -> None:
    """Only QUEUED and PROCESSING belong into the queue."""
    make_job(make_token(make_organization()), status)

    assert sweep.requeue_lost(NOW) == 0
    assert queue_jobs() == []


def test_job_that_somebody_waits_for_is_left_to_them_for_a_minute() -> None:
    """A file of one person, from a page or by SCIM, runs under no worker's name; after a minute it is lost."""
    job = make_job(make_token(make_organization()), JobStatus.PROCESSING, attempts=1)

    assert sweep.requeue_lost(NOW) == 0
    query_nothing("UPDATE uploads_uploadjob SET modified_at = now() - interval '2 minutes' WHERE id = %s", job.pk)
    assert sweep.requeue_lost(NOW) == 1


def test_lost_job_with_three_attempts_fails() -> None:
    """A job that kills whatever runs it does not go round for ever."""
    job = make_job(make_token(make_organization()), JobStatus.PROCESSING, attempts=3, worker="upload-gone")

    assert sweep.requeue_lost(NOW) == 0
    assert stored(job).status == JobStatus.FAILED


def test_mail_without_a_queue_job_is_queued_again() -> None:
    """Unsent mail finds its way back; sent mail and given-up mail do not."""
    organization = make_organization()
    for number, (attempts, sent_at) in enumerate([(0, None), (1, NOW), (transitions.MAX_TRIES * 10, None)]):
        OutboxMail.objects.create(
            organization=organization,
            kind="done",
            recipient=f"r{number}@example.com",
            created_at=NOW,
            attempts=attempts,
            sent_at=sent_at,
        )

    assert sweep.sweep_once(NOW).mails_queued == 1
    assert queue_jobs() == [("send_mail", "todo", 0)]
