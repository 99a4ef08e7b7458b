"""Home: what needs a decision first, and numbers that are right."""

from datetime import UTC, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orgsync.core.model import JobStatus, Mode
from orgsync.server.directory.models import Learner, LicenseAssignment, LicenseState, Pool
from orgsync.server.directory.queries_home import people_counts
from orgsync.server.orgs.models import Admin, Organization, Role
from orgsync.server.orgs.rights import Right
from orgsync.server.tokens.models import AccessToken
from orgsync.server.uploads.models import MediaKind, UploadJob
from orgsync.server.uploads.queries_home import changes_by_day, feed_freshness
from orgsync.server.web.charts import HEIGHT, bar_row
from tests.job_world import make_job, make_media, make_token
from tests.server.web.conftest import signed_in

HOME = "/admin/"


def text_of(client: Client, path: str = HOME) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def make_people(organization: Organization, *, active: int, inactive: int = 0) -> None:
    Learner.objects.bulk_create(
        Learner(
            organization_id=organization.pk,
            id=number,
            is_active=number <= active,
            primary_email_address=f"p{number}@example.com",
            email_key=f"p{number}@example.com",
            created_at=timezone.now(),
        )
        for number in range(1, active + inactive + 1)
    )


def grant(pool: Pool, people: range, state: LicenseState) -> None:
    LicenseAssignment.objects.bulk_create(
        LicenseAssignment(
            organization_id=pool.organization_id,
            learner_id=number,
            pool_id=pool.pk,
            state=state,
            since=timezone.now(),
        )
        for number in people
    )


def sent(token: AccessToken, ago: timedelta, **fields: object) -> UploadJob:
    """Make a finished job whose file came `ago`."""
    job = make_job(token, JobStatus.DONE, **fields)
    at = timezone.now() - ago
    UploadJob.objects.filter(pk=job.pk).update(created_at=at, finished_at=at)
    return job


def test_held_job_stands_first_with_its_reasons(alice: Client, acme: Organization) -> None:
    """
    What waits for a decision is above everything else, says why, and leads to the job.
    """
    reasons = [{"code": "leavers", "message": "12 of 20 active people of this feed would leave."}]
    job = make_job(make_token(acme), JobStatus.HELD, hold_reasons=reasons, held_at=timezone.now())

    page = text_of(alice)

    assert "1 file waits for a decision" in page
    assert page.index("12 of 20 active people") < page.index("Active people")
    assert f"/admin/people/sync-history/{job.public_id}/" in page


def test_people_and_licenses_are_counted(alice: Client, acme: Organization) -> None:
    """
    Active and inactive people, and for each pool who has a seat, who waits and what is free.
    """
    make_people(acme, active=5, inactive=2)
    pool = Pool.objects.create(organization=acme, key="license_english_status", name="English", seats=4)
    grant(pool, range(1, 4), LicenseState.ACTIVE)
    grant(pool, range(4, 6), LicenseState.WAITING)

    counts = people_counts(acme)
    page = text_of(alice)

    assert (counts.active, counts.inactive) == (5, 2)
    (use,) = counts.pools
    assert (use.granted, use.waiting, use.free) == (3, 2, 1)
    assert "2 inactive" in page
    assert "2 waiting for a seat" in page


def test_counts_are_kept_until_the_directory_changes(acme: Organization) -> None:
    """
    The second look at one revision asks the database nothing; a new revision is counted anew.
    """
    make_people(acme, active=3)
    people_counts(acme)

    with CaptureQueriesContext(connection) as queries:
        people_counts(acme)
    Learner.objects.filter(organization_id=acme.pk, id=3).delete()
    acme.revision += 1

    assert len(queries) == 0
    assert people_counts(acme).active == 2


def test_counts_are_of_one_organization(alice: Client, charlie: Client, acme: Organization) -> None:
    """
    Nothing of Acme shows on another organization's home page.
    """
    make_people(acme, active=1_357)
    make_job(make_token(acme), JobStatus.HELD, held_at=timezone.now())

    page = text_of(charlie)

    assert "1,357" in text_of(alice)
    assert "1,357" not in page
    assert "Nightly HR" not in page
    assert "waits for a decision" not in page


@pytest.mark.parametrize(
    ("ages", "is_late"),
    [
        pytest.param([], False, id="never a file"),
        pytest.param([25], False, id="last night"),
        pytest.param([27], True, id="missed night"),
        pytest.param([3 * 24, 10 * 24, 17 * 24], False, id="weekly feed in the middle of its week"),
        pytest.param([8 * 24, 15 * 24, 22 * 24], True, id="weekly feed that missed its day"),
    ],
)
def test_feed_is_late_by_its_own_rhythm(acme: Organization, ages: list[int], is_late: bool) -> None:
    """
    A file is missed after 26 hours, or when a feed that comes more seldom is over its usual time.
    """
    token = make_token(acme)
    for hours in sorted(ages, reverse=True):
        sent(token, timedelta(hours=hours))

    (fresh,) = feed_freshness(acme, timezone.now())

    assert fresh.is_late is is_late


def test_late_feed_is_warned_of(alice: Client, acme: Organization) -> None:
    """
    The badge says for how long there was no file; a paused feed is not late.
    """
    late, paused = make_token(acme), make_token(acme)
    sent(late, timedelta(hours=26, minutes=5))
    sent(paused, timedelta(days=3))
    paused.feed.is_paused = True
    paused.feed.save(update_fields=["is_paused"])

    page = text_of(alice).replace("\xa0", " ")

    assert "no file for 1 day, 2 hours" in page
    assert "A file is overdue" in page
    assert "1 feed is late" in page
    assert "Paused" in page


def test_checklist_ticks_what_is_done(alice: Client, acme: Organization) -> None:
    """
    Each step is ticked once it happened, and the list goes when all of it has.
    """
    before = text_of(alice)
    token = make_token(acme)
    with_token = text_of(alice)
    sent(token, timedelta(hours=1), mode=Mode.CHANGES, result=make_media(token, MediaKind.RESULT))
    with_result = text_of(alice)
    sent(token, timedelta(hours=1), mode=Mode.FULL)

    assert [page.count("Done:") for page in (before, with_token, with_result)] == [0, 1, 3]
    assert "Set-up" not in text_of(alice)


def test_changes_are_summed_by_day_in_the_readers_zone(acme: Organization) -> None:
    """
    Created rows are not counted as changed ones too, dry runs not at all, and the day is the reader's.
    """
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    token = make_token(acme)
    job = make_job(token, JobStatus.DONE, created_count=3, updated_count=10, deleted_count=2)
    dry = make_job(token, JobStatus.DONE, created_count=99, updated_count=99, is_dry_run=True)
    UploadJob.objects.filter(pk__in=[job.pk, dry.pk]).update(finished_at=datetime(2026, 3, 1, 23, 30, tzinfo=UTC))

    days = changes_by_day(acme, 14, now, UTC)
    in_berlin = changes_by_day(acme, 14, now, ZoneInfo("Europe/Berlin"))

    assert len(days) == 14
    assert [(day.joiners, day.movers, day.leavers) for day in days[-2:]] == [(3, 7, 2), (0, 0, 0)]
    assert [(day.joiners, day.movers, day.leavers) for day in in_berlin[-2:]] == [(0, 0, 0), (3, 7, 2)]


def test_chart_shows_one_beside_five_thousand() -> None:
    """
    The highest day fills the drawing, anything at all can be seen, nothing is a thin line.
    """
    today = datetime(2026, 3, 2, tzinfo=UTC).date()

    highest, one, nothing = bar_row("joiners", "Joiners", [(today, 5_000), (today, 1), (today, 0)]).bars

    assert highest.height == HEIGHT
    assert one.height > nothing.height > 0
    assert one.y + one.height == HEIGHT


def test_chart_stands_there_as_a_table(alice: Client, acme: Organization) -> None:
    """
    Whoever cannot see the drawing reads the same numbers, fourteen days of them.
    """
    sent(make_token(acme), timedelta(minutes=1), created_count=1_234, updated_count=1_234)

    page = text_of(alice)

    assert page.count('<th scope="row">') == 14
    assert "1,234</td>" in page


def test_queries_do_not_grow_with_feeds_and_jobs(alice: Client, acme: Organization) -> None:
    """
    Ten feeds with jobs cost as many queries as one.
    """
    sent(make_token(acme), timedelta(hours=1))
    alice.get(HOME)
    with CaptureQueriesContext(connection) as few:
        alice.get(HOME)
    for _ in range(9):
        token = make_token(acme)
        make_job(token, JobStatus.HELD, held_at=timezone.now())
        sent(token, timedelta(hours=1))

    with CaptureQueriesContext(connection) as many:
        alice.get(HOME)

    assert len(many) == len(few)


def test_times_are_in_the_readers_zone(alice: Client) -> None:
    """
    The zone comes from the browser's cookie; one that does not exist is UTC, not an error.
    """
    alice.cookies["zone"] = "Pacific/Auckland"
    there = text_of(alice)
    alice.cookies["zone"] = "Europe"
    a_folder = text_of(alice)
    alice.cookies["zone"] = "../../etc/passwd"

    assert "Times are in Pacific/Auckland." in there
    assert "Times are in UTC." in a_folder
    assert "Times are in UTC." in text_of(alice)


def test_learning_is_counted_for_who_sees_reports_of_everybody(acme: Organization) -> None:
    """
    Its numbers are the organization's: a right to reports that is limited to a group does not show them.
    """
    client = signed_in(acme, "sub@example.com", Role.SUB_ADMIN)
    cooks = acme.group_set.create(name="Cooks", name_key="cooks", created_at=timezone.now())
    pages = []
    for limit in (None, [cooks.pk]):
        Admin.objects.filter(organization=acme).update(grants={Right.UPLOAD: None, Right.VIEW_REPORTS: limit})
        pages.append(text_of(client))

    assert ["Learning, last 30 days" in page for page in pages] == [True, False]
