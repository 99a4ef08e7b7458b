"""What is kept for a time goes when the time is over, and nothing that is still needed."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session

from orgsync.core.model import JobStatus, Mode
from orgsync.server.directory.models import LearnerChange, PastLicense
from orgsync.server.directory.retention import forget_timelines
from orgsync.server.notify.forgetting import forget_texts
from orgsync.server.notify.models import OutboxMail
from orgsync.server.orgs.signins import forget_sign_ins
from orgsync.server.uploads import retention
from orgsync.server.uploads.models import Media, MediaKind, UploadJob
from orgsync.server.uploads.retention import remove_left_over, remove_old_files
from orgsync.server.uploads.storage import storage
from tests.server.pipeline.pipeline_world import FIVE, MONDAY, TWO, World
from tests.upload_world import make_media

DAY = timedelta(days=1)


def age(world: World, at: datetime = MONDAY, **which: Any) -> None:
    """Let the organization's stored files be of a day."""
    Media.objects.filter(**world.mine, **which).update(created_at=at)


def kept(world: World) -> list[str]:
    return sorted(Media.objects.filter(**world.mine, removed_at=None).values_list("kind", flat=True))


def is_stored(media: Media) -> bool:
    path = storage().local_path(media.storage_key)
    return path is not None and path.exists()


def test_source_files_go_after_a_week_and_results_after_a_month(world: World) -> None:
    """
    The rows stay, with size and hash.
    """
    job = world.send(FIVE)
    age(world)

    remove_old_files(MONDAY + 7 * DAY)
    assert kept(world) == ["plan", "result", "source"]
    remove_old_files(MONDAY + 8 * DAY)
    assert kept(world) == ["plan", "result"]
    assert not is_stored(job.source)
    remove_old_files(MONDAY + 31 * DAY)

    assert kept(world) == []
    assert Media.objects.filter(**world.mine).count() == 3


def test_files_of_held_and_waiting_jobs_stay(world: World) -> None:
    """
    However old: a person may still approve, a worker may still come.
    """
    world.send(FIVE)
    held, waiting = world.send(TWO), world.upload(FIVE)
    age(world)

    remove_old_files(MONDAY + 365 * DAY)

    found = Media.objects.filter(**world.mine, removed_at=None)
    assert set(found) == {held.source, held.result, held.plan, waiting.source}
    assert all(map(is_stored, found))


def test_bytes_whose_deletion_was_cut_off_go_with_the_next_sweep(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The row says so first; nobody is offered a file that is not there.
    """
    job = world.send(FIVE)
    age(world)
    with monkeypatch.context() as patch:
        patch.setattr(retention, "delete_objects", lambda keys: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            remove_old_files(MONDAY + 8 * DAY)
    assert is_stored(job.source)

    remove_old_files(MONDAY + 9 * DAY)

    assert not is_stored(job.source)


def test_what_a_lost_attempt_has_left_goes_after_a_day(world: World) -> None:
    """
    Rows and bytes; never a source file without a job, which waits to be processed by hand.
    """
    world.send(FIVE)
    lost = [make_media(world.feed, b"x", kind) for kind in (MediaKind.RESULT, MediaKind.PLAN)]
    waiting = make_media(world.feed, b"a\nb\n", MediaKind.SOURCE)
    age(world)

    assert remove_left_over(MONDAY + DAY) == 0
    assert remove_left_over(MONDAY + 2 * DAY) == 2

    assert not any(map(is_stored, lost))
    assert kept(world) == ["plan", "result", "source", "source"]
    assert is_stored(waiting)


def test_results_that_a_held_job_has_shown_stay_when_there_are_newer_ones(world: World) -> None:
    """
    Somebody may have been given their name.
    """
    world.send(FIVE)
    held = world.send(TWO)
    world.run(world.approve(held))
    age(world)

    remove_left_over(MONDAY + 2 * DAY)

    assert held.result is not None
    assert Media.objects.filter(**world.mine, id=held.result.pk, removed_at=None).exists()


def test_texts_of_mails_go_after_a_month_unless_they_wait_to_be_sent(world: World) -> None:
    """
    That there was a mail stays known.
    """
    common = {"organization": world.organization, "kind": "test", "subject": "s", "body": "b", "created_at": MONDAY}
    OutboxMail.objects.create(**common, recipient="sent@example.com", sent_at=MONDAY)
    OutboxMail.objects.create(**common, recipient="waits@example.com")

    forget_texts(MONDAY + 30 * DAY)
    assert texts(world) == ["b", "b"]
    forget_texts(MONDAY + 31 * DAY)

    assert texts(world) == ["", "b"]


def texts(world: World) -> list[str]:
    mails = OutboxMail.objects.filter(organization=world.organization, kind="test").order_by("id")
    return list(mails.values_list("body", flat=True))


def test_timeline_of_a_leaver_goes_after_the_organizations_time(world: World) -> None:
    """
    Of those who are here nothing is ever forgotten.
    """
    world.send(TWO)
    world.send(TWO.replace("Cook", "Chef"))
    world.send("unique_user_id,worker_status\nE1,inactive\n", asked_mode=Mode.CHANGES)

    forget_timelines(MONDAY + 3 * 365 * DAY)
    assert people_with_past(world) == {1, 2}
    forget_timelines(MONDAY + (3 * 365 + 1) * DAY)

    assert people_with_past(world) == {2}


def people_with_past(world: World) -> set[int]:
    tables = (LearnerChange, PastLicense)
    return {
        number for table in tables for number in table.objects.filter(**world.mine).values_list("learner_id", flat=True)
    }


def test_ended_sessions_and_old_tries_to_sign_in_go(db: None) -> None:
    """
    After 90 days, of all accounts.
    """
    Session.objects.create(session_key="ended", session_data="", expire_date=MONDAY - DAY)
    Session.objects.create(session_key="lasting", session_data="", expire_date=MONDAY + DAY)
    for name, days in (("old", 91), ("new", 89)):
        attempt = AccessAttempt.objects.create(username=name, failures_since_start=1)
        AccessAttempt.objects.filter(pk=attempt.pk).update(attempt_time=MONDAY - days * DAY)

    forget_sign_ins(MONDAY)

    sessions = Session.objects.filter(session_key__in=("ended", "lasting"))
    tries = AccessAttempt.objects.filter(username__in=("old", "new"))
    assert list(sessions.values_list("session_key", flat=True)) == ["lasting"]
    assert list(tries.values_list("username", flat=True)) == ["new"]
    sessions.delete()
    tries.delete()


def test_jobs_stay_with_their_counts(world: World) -> None:
    """
    Only bytes go.
    """
    job = world.send(FIVE)
    age(world)

    remove_old_files(MONDAY + 365 * DAY)

    found = UploadJob.objects.get(**world.mine, id=job.pk)
    assert (found.status, found.total_count, found.created_count) == (JobStatus.DONE, 5, 5)
