"""Reports over whole months and the days around them, and by week and month, are what a recount of the deeds says."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from orgsync.server.directory.models import Group, Learner, Membership
from orgsync.server.learning.models import Source
from orgsync.server.learning.recording import Deed, record
from orgsync.server.notify.models import OutboxMail
from orgsync.server.orgs.access import EVERYBODY, People
from orgsync.server.orgs.models import Organization, Role
from orgsync.server.reports.answers import answer, people_of
from orgsync.server.reports.files import table_of
from orgsync.server.reports.models import Rhythm
from orgsync.server.reports.questions import GROUP, Over, Period, Question
from orgsync.server.reports.roi import tell_story
from orgsync.server.reports.saving import save_report, send_due
from orgsync.server.reports.series import Series, series_of
from orgsync.server.reports.sums import parts_of
from tests.job_world import make_admin, make_organization
from tests.server.learning.recount import deeds_of_a_quarter, recount

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 4, 20, 8, tzinfo=UTC)
"""A Monday."""
DEPARTMENTS = {1: "Ops", 2: "Ops", 3: "Sales", 4: None}
SPANS = [
    (date(2026, 1, 30), date(2026, 4, 20)),
    (date(2026, 2, 1), date(2026, 3, 31)),
    (date(2026, 3, 2), date(2026, 3, 31)),
    (date(2026, 2, 10), date(2026, 3, 20)),
]
"""Months with days on both sides, whole months, one without its first day, and days without a whole month."""


@pytest.fixture
def deeds() -> list[Deed]:
    return deeds_of_a_quarter(5)


@pytest.fixture
def company(deeds: list[Deed]) -> Organization:
    """Four people in two departments and none; the first and the third are in a group."""
    organization = make_organization()
    mine: dict[str, Any] = {"organization_id": organization.pk}
    began = datetime(2025, 1, 1, tzinfo=UTC)
    for who, department in DEPARTMENTS.items():
        address = f"p{who}@example.com"
        Learner.objects.create(
            **mine,
            id=who,
            primary_email_address=address,
            email_key=address,
            department_name=department,
            is_active=True,
            created_at=began,
        )
    group = Group.objects.create(organization=organization, name="Cooks", name_key="cooks", created_at=began)
    for who in (1, 3):
        Membership.objects.create(**mine, learner_id=who, group_id=group.pk, reasons=1, since=began)
    record(organization, deeds, source=Source.XAPI, now=NOW)
    return organization


def asked_of(
    measure: str, days: tuple[date, date], over: Over = Over.NOTHING, slice_: str = "department_name"
) -> Question:
    return Question(measure, slice_, Period.CHOSEN, *days, over)


def series(organization: Organization, asked: Question, people: People = EVERYBODY) -> Series:
    return series_of(organization, answer(organization, asked, people, now=NOW), people, most=6)


def counted(deeds: list[Deed], measure: str, days: tuple[date, date], over: Over) -> Counter[tuple[str | None, date]]:
    """What each department comes to in each week or month, from the day sums of a recount."""
    found: Counter[tuple[str | None, date]] = Counter()
    learned = set()
    for (who, day), sums in recount(deeds, lambda day: day).items():
        if days[0] <= day <= days[1]:
            start = day.replace(day=1) if over is Over.MONTH else day - timedelta(days=day.weekday())
            start = start if over else days[0]
            found[DEPARTMENTS[who], start] += sums["seconds"] if measure == "hours" else sums[measure]
            learned.add((who, start))
    if measure == "learners":
        found = Counter((DEPARTMENTS[who], start) for who, start in learned)
    return +found


@pytest.mark.parametrize("days", SPANS)
@pytest.mark.parametrize("measure", ["learners", "hours", "completions", "starts", "views", "likes", "shares"])
def test_reports_are_what_a_recount_says(
    company: Organization, deeds: list[Deed], measure: str, days: tuple[date, date]
) -> None:
    """In all, by week and by month; the parts have the report's slices in its order, and add up to it."""
    scale = 3_600 if measure == "hours" else 1
    report = answer(company, asked_of(measure, days), EVERYBODY, now=NOW)
    assert {(one.key, days[0]): round(one.value * scale) for one in report.slices if one.value} == counted(
        deeds, measure, days, Over.NOTHING
    )

    for over in (Over.WEEK, Over.MONTH):
        found = series(company, asked_of(measure, days, over))
        starts = [
            one.first.replace(day=1) if over is Over.MONTH else one.first - timedelta(days=one.first.weekday())
            for one in found.buckets
        ]
        assert [line.key for line in found.lines] == [one.key for one in report.slices]
        assert {
            (line.key, start): round(value * scale)
            for line in found.lines
            for start, value in zip(starts, line.values, strict=True)
            if value
        } == counted(deeds, measure, days, over)
        assert (found.buckets[0].first, found.buckets[-1].last) == days


def test_parts_of_days_leave_nothing_out_and_take_nothing_twice() -> None:
    """For every pair of days of two years' turn: head, months and tail follow one another."""
    first = date(2025, 11, 20)
    for start in range(0, 110, 3):
        for length in range(0, 130, 2):
            since = first + timedelta(days=start)
            until = since + timedelta(days=length)
            parts = parts_of(since, until)
            places = [*parts.head, *parts.months, *parts.tail]
            assert places == sorted(places)
            assert (places[0], places[-1]) == (since, until + timedelta(days=1))
            assert (places[1], places[3]) == (places[2], places[4])
            assert parts.months[0] == parts.months[1] or {day.day for day in parts.months} == {1}


def test_people_behind_a_month_add_up_to_it_and_a_limited_admin_sees_only_theirs(company: Organization) -> None:
    """By group and by department, in the series, behind one of its months, and in the file."""
    cooks = People(frozenset({Group.objects.get(organization=company).pk}))
    asked = asked_of("views", SPANS[0], Over.MONTH)
    for people in (EVERYBODY, cooks):
        found = series(company, asked, people)
        for line in found.lines:
            for bucket, value in zip(found.buckets, line.values, strict=True):
                behind = people_of(
                    company, asked, people, wanted=line.key, now=NOW, days=(bucket.first, bucket.last), limit=None
                )
                assert sum(one.value for one in behind) == value

    limited, whole = (series(company, asked, people) for people in (cooks, EVERYBODY))
    grouped = series(company, asked_of("views", SPANS[0], Over.MONTH, GROUP))
    assert [line.key for line in limited.lines if line.key] == ["Ops", "Sales"]
    assert sum(map(sum, (line.values for line in limited.lines))) == sum(grouped.lines[0].values)
    assert sum(grouped.lines[0].values) < sum(map(sum, (line.values for line in whole.lines)))


def test_files_mails_and_the_story_have_the_series(company: Organization) -> None:
    """A column for each month, the latest months in the mail, and hours before and after that add up."""
    asked = asked_of("hours", SPANS[0], Over.MONTH)
    report = answer(company, asked, EVERYBODY, now=NOW)
    head, *lines = table_of(report, "Department", series_of(company, report, EVERYBODY))
    owner = make_admin(company, "owner@acme.example.com", Role.OWNER)
    save_report(company, owner, "Hours", asked, is_shared=True, rhythm=Rhythm.DAILY, now=NOW)
    send_due(NOW)
    story = tell_story(company, asked_of("hours", (date(2026, 3, 1), date(2026, 4, 20))), EVERYBODY, now=NOW)

    assert list(head[4:]) == ["2026-01-30", "2026-02-01", "2026-03-01", "2026-04-01"]
    assert [sum(map(float, line[4:])) for line in lines] == pytest.approx(
        [one.value for one in report.slices], abs=0.03
    )
    assert "\n    2026-01-30: " in OutboxMail.objects.get(organization=company).body
    for course, standing in ((story.hours_before, story.whole.before), (story.hours_after, story.whole.after)):
        assert sum(course.lines[0].values) == pytest.approx(standing.hours)
        assert standing.hours > 0
