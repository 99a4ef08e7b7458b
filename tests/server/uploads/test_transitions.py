"""A job's status moves only as the table allows, and only by whoever holds the job."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from orgsync.core.model import NEXT_STATUSES, JobStatus
from orgsync.server.orgs.models import Account
from orgsync.server.uploads import transitions
from orgsync.server.uploads.models import MediaKind, UploadJob
from orgsync.server.uploads.transitions import LostAttempt
from tests.job_world import NOW, make_admin, make_job, make_media, make_organization, make_token

pytestmark = pytest.mark.django_db

CREATED, QUEUED, PROCESSING, HELD, DONE, FAILED, CANCELLED = JobStatus
ATTEMPT = 1


def stored(job: UploadJob) -> UploadJob:
    return UploadJob.objects.get(organization_id=job.organization_id, id=job.pk)


def job_in(status: JobStatus, **fields: Any) -> UploadJob:
    attempts = 0 if status in (CREATED, QUEUED) else ATTEMPT
    return make_job(make_token(make_organization()), status, **{"attempts": attempts, **fields})


def try_move(job: UploadJob, move: str, by: Account) -> None:
    """Make one move; whether it happened is for the row to say."""
    try:
        match move:
            case "start":
                transitions.start(job.pk, worker="w", now=NOW)
            case "finish":
                transitions.finish(job, ATTEMPT, DONE, now=NOW)
            case "fail":
                transitions.fail(job, ATTEMPT, code="not_csv", reason="The file is no CSV.", now=NOW)
            case "hold":
                transitions.hold(job, ATTEMPT, now=NOW)
            case "requeue":
                transitions.requeue(job, ATTEMPT, now=NOW)
            case "enter_queue":
                transitions.enter_queue(job, now=NOW)
            case "approve":
                transitions.approve(job, by=by, now=NOW)
            case "cancel":
                transitions.cancel(job, code="rejected", reason="No.", by=by, now=NOW)
    except LostAttempt:
        pass


MOVES = ("start", "finish", "fail", "hold", "requeue", "enter_queue", "approve", "cancel")


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("before", JobStatus)
def test_every_move_keeps_to_the_table(before: JobStatus, move: str) -> None:
    """From any status a move leads to an allowed one, or nowhere."""
    job = job_in(before)
    admin = make_admin(job.organization, "alice@example.com")

    try_move(job, move, admin)

    assert stored(job).status in NEXT_STATUSES[before] | {before}


@pytest.mark.parametrize(
    ("move", "before", "after"),
    [
        ("start", QUEUED, PROCESSING),
        ("finish", PROCESSING, DONE),
        ("fail", PROCESSING, FAILED),
        ("hold", PROCESSING, HELD),
        ("requeue", PROCESSING, QUEUED),
        ("enter_queue", CREATED, QUEUED),
        ("approve", HELD, QUEUED),
        ("cancel", CREATED, CANCELLED),
        ("cancel", QUEUED, CANCELLED),
        ("cancel", HELD, CANCELLED),
        ("cancel", PROCESSING, CANCELLED),
    ],
)
def test_allowed_move_happens(move: str, before: JobStatus, after: JobStatus) -> None:
    """Each move works from where it is allowed, and the value in hand equals the row."""
    job = job_in(before)
    admin = make_admin(job.organization, "alice@example.com")

    try_move(job, move, admin)

    assert stored(job).status == after
    assert move == "start" or job.status == after


def test_every_status_has_a_row_in_the_table() -> None:
    assert NEXT_STATUSES.keys() == set(JobStatus)


def test_only_one_of_two_starts_wins() -> None:
    """A job is started once, however many workers fetched it."""
    job = job_in(QUEUED)

    first = transitions.start(job.pk, worker="first", now=NOW)
    second = transitions.start(job.pk, worker="second", now=NOW)

    assert (first, second) == (1, None)
    assert stored(job).worker == "first"


def test_start_needs_its_queue_job_to_be_running() -> None:
    """A worker whose queue job was taken away does not start beside its successor."""
    job = job_in(QUEUED)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status)"
            " VALUES ('uploads', 'process_upload', 'aborted') RETURNING id"
        )
        (aborted,) = cursor.fetchone()

    assert transitions.start(job.pk, worker="zombie", now=NOW, queue_job_id=aborted) is None
    assert stored(job).status == QUEUED


@pytest.mark.parametrize("move", ["finish", "fail", "hold", "requeue"])
def test_zombie_is_refused(move: str) -> None:
    """An attempt that was taken over can write nothing any more."""
    job = job_in(PROCESSING, attempts=2)
    zombies = {
        "finish": lambda: transitions.finish(job, 1, DONE, now=NOW, updated_count=5),
        "fail": lambda: transitions.fail(job, 1, code="c", reason="r", now=NOW),
        "hold": lambda: transitions.hold(job, 1, now=NOW),
        "requeue": lambda: transitions.requeue(job, 1, now=NOW),
    }

    with pytest.raises(LostAttempt):
        zombies[move]()

    assert (stored(job).status, stored(job).updated_count) == (PROCESSING, 0)


def test_attempt_may_not_move_a_job_where_it_pleases() -> None:
    """`finish` refuses a status that does not follow PROCESSING."""
    with pytest.raises(ValueError, match="CREATED"):
        transitions.finish(job_in(PROCESSING), ATTEMPT, CREATED, now=NOW)


def test_finish_writes_the_outcome() -> None:
    """Counts, messages and the result go into the row with the move."""
    job = job_in(PROCESSING)
    result = make_media(job.token, MediaKind.RESULT)

    transitions.finish(job, ATTEMPT, DONE, now=NOW, updated_count=3, result=result, messages=[{"code": "too_long"}])

    row = stored(job)
    assert (row.updated_count, row.result, row.messages) == (3, result, [{"code": "too_long"}])
    assert (row.finished_at, row.modified_at) == (NOW, NOW)


def test_progress_of_a_lost_attempt_is_refused() -> None:
    """A cancelled attempt learns of it when it next says how far it is."""
    job = job_in(PROCESSING)
    transitions.report_progress(job, ATTEMPT, phase="read", done=1, total=2, now=NOW)
    assert transitions.cancel(stored(job), code="cancelled", reason="On request.", now=NOW)

    with pytest.raises(LostAttempt):
        transitions.report_progress(job, ATTEMPT, phase="read", done=2, total=2, now=NOW)

    assert stored(job).done == 1


def test_job_cannot_be_cancelled_once_it_applies() -> None:
    """From the phase of applying on, a cancel comes too late."""
    job = job_in(PROCESSING, phase=transitions.APPLYING)

    assert not transitions.cancel(job, code="cancelled", reason="On request.", now=NOW)
    assert stored(job).status == PROCESSING


def test_approval_starts_a_new_round_of_attempts() -> None:
    """An approved job has all its tries again, and no attempt number ever comes back."""
    job = job_in(HELD, attempts=3)
    admin = make_admin(job.organization, "alice@example.com")

    assert transitions.approve(job, by=admin, now=NOW)
    attempt = transitions.start(job.pk, worker="w", now=NOW)

    assert attempt == 11
    assert transitions.tries(attempt) == 1


def test_approval_names_one_plan() -> None:
    """An approval given to an earlier plan does nothing when the job is held with another."""
    job = job_in(HELD)
    shown = stored(job)
    UploadJob.objects.filter(id=job.pk).update(plan=make_media(job.token, MediaKind.PLAN))

    assert not transitions.approve(shown, by=make_admin(job.organization, "alice@example.com"), now=NOW)
    assert stored(job).status == HELD


def test_later_file_supersedes_what_waits_of_its_feed_alone() -> None:
    """Older held and waiting jobs of the feed are cancelled; a later one, or another feed's, is not."""
    organization = make_organization()
    token, other_token = make_token(organization), make_token(organization)
    held, other = make_job(token, HELD), make_job(other_token, HELD)
    applied, later = make_job(token, PROCESSING), make_job(token, QUEUED)

    assert len(transitions.cancel_superseded(applied, now=NOW)) == 1

    assert (stored(held).status, stored(held).reason_code) == (CANCELLED, "superseded")
    assert [stored(job).status for job in (other, applied, later)] == [HELD, PROCESSING, QUEUED]


def test_held_job_expires_after_its_organizations_days() -> None:
    """A job that nobody approved in time is cancelled, one that still has time is not."""
    organization = make_organization(approval_days=7)
    token = make_token(organization)
    old = make_job(token, HELD, held_at=NOW - timedelta(days=7, seconds=1))
    young = make_job(token, HELD, held_at=NOW - timedelta(days=6))

    assert transitions.cancel_expired(now=NOW) == 1

    assert (stored(old).status, stored(old).reason_code) == (CANCELLED, "expired")
    assert stored(young).status == HELD
