"""From a stored file to exactly one queued job."""

import secrets
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import IntegrityError, connection
from pytest_django import Settings

from orgsync.core.model import JobStatus
from orgsync.server.orgs.models import Account
from orgsync.server.uploads import intake
from orgsync.server.uploads.intake import accept_upload, start_job
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.storage import storage
from tests.upload_world import Sender, make_media, make_sender


@pytest.fixture(autouse=True)
def media_folder(settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.DATA_DIR = tmp_path
    storage.cache_clear()
    yield
    storage.cache_clear()


@pytest.fixture
def sender(db: None) -> Sender:
    return make_sender()


def test_automatic_mode_queues_a_job(sender: Sender) -> None:
    """The job is QUEUED, marked automatic, and in the queue once."""
    job = accept_upload(sender.token, make_media(sender.feed), automatic=True)

    assert job is not None
    assert (job.status, job.is_automatic, job.token) == (JobStatus.QUEUED, True, sender.token)
    assert queued(job) == 1


def test_manual_mode_waits(sender: Sender) -> None:
    """Nothing starts unasked."""
    assert accept_upload(sender.token, make_media(sender.feed), automatic=False) is None


def test_account_may_start_a_job(sender: Sender) -> None:
    """A file from the browser is requested by a person."""
    alice = Account.objects.create(email="alice@example.com", email_key="alice@example.com")

    job = start_job(make_media(sender.feed), requested_by=alice)

    assert (job.requested_by, job.token, job.is_automatic) == (alice, None, False)


def test_taken_id_is_drawn_again(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two jobs never share an id."""
    draws = iter([6, 6, 7])
    monkeypatch.setattr(secrets, "randbelow", lambda _: next(draws))

    ids = [start_job(make_media(sender.feed), requested_by=sender.token).public_id for _ in range(2)]

    assert ids == [7, 8]


def test_endless_collision_is_an_error(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken source of random numbers is not tried for ever."""
    monkeypatch.setattr(secrets, "randbelow", lambda _: 6)
    start_job(make_media(sender.feed), requested_by=sender.token)

    with pytest.raises(IntegrityError):
        start_job(make_media(sender.feed), requested_by=sender.token)


def test_failing_queue_leaves_no_job(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    """Job and queue entry come together or not at all."""

    def breaks(_: UploadJob) -> None:
        raise ConnectionError

    monkeypatch.setattr(intake.tasks, "enqueue", breaks)
    with pytest.raises(ConnectionError):
        start_job(make_media(sender.feed), requested_by=sender.token)

    assert not UploadJob.objects.filter(organization=sender.feed.organization).exists()


def test_two_requests_at_once_get_one_job(transactional_db: None) -> None:
    """The second waits for the first and returns its job."""
    sender = make_sender()
    media = make_media(sender.feed)
    gate = threading.Barrier(2)
    ids: list[int] = []

    def request() -> None:
        gate.wait()
        ids.append(start_job(media, requested_by=sender.token).public_id)
        connection.close()

    threads = [threading.Thread(target=request) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(ids) == 2
    assert len(set(ids)) == 1


def queued(job: UploadJob) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE (args ->> 'job_id')::bigint = %s", [job.pk])
        return int(cursor.fetchone()[0])
