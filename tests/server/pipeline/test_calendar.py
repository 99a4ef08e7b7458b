"""What the calendar brings: people leave after their last day, licenses begin with the start date."""

from datetime import timedelta

import pytest

from orgsync.core.model import JobStatus, Mode
from orgsync.server.directory.models import Claim, Feed, Learner, LicenseAssignment
from orgsync.server.orgs.models import Organization
from orgsync.server.uploads.calendarjobs import CALENDAR, queue_due
from orgsync.server.uploads.decisions import reject_job
from orgsync.server.uploads.models import JobKind, UploadJob
from tests.server.pipeline.pipeline_world import FIVE, MONDAY, World, hold_codes, kinds, statuses

DAY = timedelta(days=1)
FILE = """
    primary_email_address,unique_user_id,start_date,end_date,license_english_status
    ana@example.com,E1,,2026-03-02,active
    bo@example.com,E2,2026-03-03,,active
    cy@example.com,,,2026-03-31,active
"""


def calendar_jobs(world: World, now=MONDAY) -> list[UploadJob]:
    """Let the calendar queue what is due; return the jobs of this organization alone."""
    return [job for job in queue_due(now=now) if job.organization_id == world.id]


def run_calendar(world: World, now=MONDAY) -> UploadJob:
    """Run the one job that the calendar brings."""
    (job,) = calendar_jobs(world, now)
    return world.run(job, now=now)


def test_last_day_and_start_date_take_effect_without_a_file(world: World) -> None:
    """
    On the day after the end date the person leaves; on the start date the license begins. Both through one job.
    """
    world.send(FILE)
    assert calendar_jobs(world) == []

    job = run_calendar(world, MONDAY + DAY)

    assert (job.status, job.kind, job.feed.name) == (JobStatus.DONE, JobKind.SWEEP, CALENDAR)
    assert statuses(job) == ["DEACTIVATED", "UPDATED"]
    assert kinds(job) == ["deactivated", "license_granted", "license_revoked"]
    assert world.active == ["bo", "cy"]
    assert world.log_of(job) == [(1, 2, "status", "active", "inactive")]
    held = LicenseAssignment.objects.filter(**world.mine).values_list("learner_id", "state")
    assert sorted(held) == [(2, "active"), (3, "active")]


@pytest.mark.parametrize(
    ("zone", "is_due"), [("Pacific/Auckland", True), ("UTC", False), ("America/Los_Angeles", False)]
)
def test_day_is_that_of_the_organization(world: World, zone: str, is_due: bool) -> None:
    """
    Noon in London is past midnight in Auckland: Ana's last day is over there, and nowhere else.
    """
    Organization.objects.filter(id=world.id).update(time_zone=zone)
    world.organization.refresh_from_db()
    world.send("primary_email_address,end_date\nana@example.com,2026-03-02\n")

    assert bool(calendar_jobs(world, MONDAY.replace(hour=12))) is is_due


def test_calendar_makes_no_claims_and_sends_no_mail_when_all_went_well(world: World) -> None:
    """
    The feed that sent the people keeps them.
    """
    world.send(FILE)
    mails = world.mails

    run_calendar(world, MONDAY + DAY)

    assert set(Claim.objects.filter(**world.mine).values_list("feed_id", flat=True)) == {world.feed.pk}
    assert world.mails == mails


def test_nothing_is_queued_twice(world: World) -> None:
    """
    Neither while the job waits, nor when it is done: what is done is due no more.
    """
    world.send(FILE)

    (job,) = calendar_jobs(world, MONDAY + DAY)
    assert calendar_jobs(world, MONDAY + DAY) == []
    world.run(job, now=MONDAY + DAY)

    assert calendar_jobs(world, MONDAY + DAY) == []
    assert calendar_jobs(world, MONDAY + 2 * DAY) == []


def test_many_leavers_of_one_day_are_held_once(world: World) -> None:
    """
    Guards measure against everybody; the held job is not repeated, and gives way to one that names more people.
    """
    ending = FIVE.replace("work_title", "end_date").replace("Cook", "2026-03-02")
    world.send(ending.replace("ed@example.com,E5,2026-03-02", "ed@example.com,E5,2026-03-04"))

    held = run_calendar(world, MONDAY + DAY)
    again = calendar_jobs(world, MONDAY + 2 * DAY)
    more = run_calendar(world, MONDAY + 3 * DAY)

    assert (held.status, hold_codes(held)[0], held.hold_reasons[0]["base"]) == (JobStatus.HELD, "leavers", 5)
    assert again == []
    assert world.stored(held).reason_code == "superseded"
    assert (more.status, statuses(more)) == (JobStatus.HELD, ["HELD"] * 5)
    assert world.run(world.approve(more), now=MONDAY + 3 * DAY).status == JobStatus.DONE
    assert world.active == []


def test_rejected_calendar_job_comes_back_the_next_day_only(world: World) -> None:
    """
    Who rejects it is asked again, but not every hour.
    """
    world.send(FIVE.replace("work_title", "end_date").replace("Cook", "2026-03-01"), asked_mode=Mode.CHANGES)
    Learner.objects.filter(**world.mine).update(is_active=True)
    held = run_calendar(world)
    reject_job(held, by=world.owner, now=MONDAY)

    assert calendar_jobs(world) == []
    assert len(calendar_jobs(world, MONDAY + DAY)) == 1


def test_protected_person_stays_and_is_not_asked_about(world: World) -> None:
    """
    A last day that is over takes nobody whom an admin protects.
    """
    world.send(FILE)
    Learner.objects.filter(**world.mine, id=1).update(is_protected=True)

    assert statuses(run_calendar(world, MONDAY + DAY)) == ["UPDATED"]
    assert world.active == ["ana", "bo", "cy"]


def test_row_whose_person_got_another_address_meanwhile_still_means_them(world: World) -> None:
    """
    The calendar's file never creates anybody and never changes an address.
    """
    world.send(FILE)
    (job,) = calendar_jobs(world, MONDAY + DAY)
    world.write(Learner, {"primary_email_address": "new@example.com", "email_key": "new@example.com"}, id=1)

    done = world.run(job, now=MONDAY + DAY)

    assert statuses(done) == ["DEACTIVATED", "UPDATED"]
    assert Learner.objects.get(**world.mine, id=1).primary_email_address == "new@example.com"


@pytest.mark.parametrize("date", ["2026-12-31", "#CLEAR#"])
def test_leaver_comes_back_when_a_file_moves_the_last_day(world: World, date: str) -> None:
    """
    A new date, or none, brings back who left by the calendar; listing them with the old one does not.
    """
    world.send(FILE)
    run_calendar(world, MONDAY + DAY)

    world.run(world.upload(FILE), now=MONDAY + DAY)
    assert "ana" not in world.active
    world.run(world.upload(FILE.replace("2026-03-02", date)), now=MONDAY + DAY)

    assert "ana" in world.active


def test_calendar_feed_is_made_once_and_never_late(world: World) -> None:
    """
    It belongs to the organization like any other feed.
    """
    world.send(FILE)
    run_calendar(world, MONDAY + DAY)

    feed = Feed.objects.get(organization=world.organization, name=CALENDAR)

    assert (feed.mode, feed.late_after_hours) == (Mode.CHANGES, 0)
