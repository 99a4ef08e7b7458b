"""What reports say: of today, of a past day, of what a limited admin may see; and that they go out by mail once."""

import uuid
import zipfile
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest

from orgsync.server.directory.models import (
    Group,
    Learner,
    LearnerChange,
    LicenseAssignment,
    Membership,
    PastMembership,
    Pool,
)
from orgsync.server.learning.models import LearnerAssignment, Source, Verb
from orgsync.server.learning.recording import Deed, record
from orgsync.server.notify.models import OutboxMail
from orgsync.server.orgs.access import EVERYBODY, People
from orgsync.server.orgs.models import Organization, Role
from orgsync.server.reports.answers import answer, people_of
from orgsync.server.reports.files import csv_parts, table_of, workbook
from orgsync.server.reports.measures import MEASURES
from orgsync.server.reports.models import Rhythm
from orgsync.server.reports.questions import GROUP, MANAGER, WHOLE, Period, Question, from_json, to_json
from orgsync.server.reports.roi import tell_story
from orgsync.server.reports.saving import is_due, save_report, send_due
from tests.job_world import make_admin, make_organization

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 31, 8, tzinfo=UTC)
"""A Tuesday."""
ANA, BO, CY = 1, 2, 3


def at(day: int) -> datetime:
    return datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(days=day - 1)


def learn(organization: Organization, who: int, day: int, verb: Verb = Verb.VIEWED, content: int = 7) -> None:
    deed = Deed(who, content, verb, at(day), uuid.uuid4(), seconds=3600)
    record(organization, [deed], source=Source.PAGE, now=NOW)


@pytest.fixture
def company() -> Organization:
    """
    Ana moved from Sales to Ops on the 20th, Bo of Sales left on the 25th, Cy of Ops reports to Ana.
    """
    organization = make_organization()
    mine: dict[str, Any] = {"organization_id": organization.pk}
    rows = [(ANA, "Ops", True, None), (BO, "Sales", False, None), (CY, "Ops", True, ANA)]
    for learner_id, department, is_active, manager in rows:
        Learner.objects.create(
            **mine,
            id=learner_id,
            primary_email_address=f"p{learner_id}@example.com",
            email_key=f"p{learner_id}@example.com",
            department_name=department,
            is_active=is_active,
            manager_id=manager,
            custom={"attribute_city": "Porto"} if learner_id == CY else {},
            created_at=at(1),
        )
    changes = [(ANA, 20, "department_name", "Sales", "Ops"), (BO, 25, "status", "active", "inactive")]
    for learner_id, day, name, before, after in changes:
        LearnerChange.objects.create(
            **mine, learner_id=learner_id, at=at(day), attribute=name, before=before, after=after
        )
    cooks = Group.objects.create(organization=organization, name="Cooks", name_key="cooks", created_at=at(1))
    Membership.objects.create(**mine, learner_id=CY, group_id=cooks.pk, reasons=1, since=at(2))
    PastMembership.objects.create(**mine, learner_id=ANA, group_id=cooks.pk, reasons=1, since=at(2), until=at(20))
    pool = Pool.objects.create(organization=organization, key="license_english_status", name="English")
    LicenseAssignment.objects.create(**mine, learner_id=CY, pool_id=pool.pk, state="active", since=at(2))
    for assignment, state, due, until in ((1, "open", 10, None), (2, "completed", 10, 9), (3, "closed", 10, 12)):
        LearnerAssignment.objects.create(
            **mine,
            learner_id=CY,
            assignment_id=assignment,
            content_id=8,
            state=state,
            since=at(3),
            due_on=date(2026, 3, due),
            until=at(until) if until else None,
        )
    for who, day in ((ANA, 5), (ANA, 22), (BO, 6), (CY, 8)):
        learn(organization, who, day)
    learn(organization, CY, 9, Verb.COMPLETED)
    return organization


def ask(organization: Organization, people: People = EVERYBODY, **asked: Any) -> dict[str, tuple[int, float]]:
    report = answer(organization, Question(**asked), people, now=NOW)
    return {one.label: (one.people, one.value) for one in report.slices}


def as_of(day: int) -> dict[str, Any]:
    return {"period": Period.CHOSEN, "since": date(2026, 3, 1), "until": date(2026, 3, day)}


def test_slices_of_today(company: Organization) -> None:
    """Active people as they are now, with what they did in the period."""
    assert ask(company, measure="hours") == {"Ops": (2, 4.0)}
    assert ask(company, measure="hours", slice=GROUP) == {"Cooks": (1, 2.0)}
    assert ask(company, measure="completions", slice="attribute_city") == {"Porto": (1, 1), "": (1, 0)}
    assert ask(company, measure="views", slice=MANAGER) == {"": (1, 2), "p1@example.com": (1, 1)}
    assert ask(company, measure="learners", slice=WHOLE) == {"": (2, 2)}


def test_people_of_a_past_day_are_as_they_were(company: Organization) -> None:
    """Ana is still in Sales on the 15th, Bo has not left; what came later does not count."""
    assert ask(company, measure="people", **as_of(15)) == {"Sales": (2, 2), "Ops": (1, 1)}
    assert ask(company, measure="hours", **as_of(15)) == {"Sales": (2, 2.0), "Ops": (1, 2.0)}
    assert ask(company, measure="people", slice=GROUP, **as_of(15)) == {"Cooks": (2, 2)}
    assert ask(company, measure="people", **as_of(22)) == {"Ops": (2, 2), "Sales": (1, 1)}
    assert ask(company, measure="people", slice="attribute_city", **as_of(22)) == {"": (2, 2), "Porto": (1, 1)}


@pytest.mark.parametrize(
    ("measure", "early", "late"),
    [
        ("licenses", 1, 1),
        ("assignments_open", 2, 1),
        ("assignments_overdue", 0, 1),
        ("assignments_completed", 0, 1),
    ],
)
def test_licenses_and_assignments_of_a_day(company: Organization, measure: str, early: int, late: int) -> None:
    """On the 9th, two of the three assignments are open and none is overdue; on the last day one is."""
    days = as_of(8) if measure == "assignments_completed" else as_of(10)

    assert ask(company, measure=measure, **days)["Ops"][1] == early
    assert ask(company, measure=measure)["Ops"][1] == late


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("days", [{}, as_of(15)])
def test_people_behind_a_line_add_up_to_it(company: Organization, measure: str, days: dict[str, Any]) -> None:
    """Whatever the measure, page by page."""
    asked = Question(measure=measure, **days)
    line = next(one for one in answer(company, asked, EVERYBODY, now=NOW).slices if one.key == "Ops")

    found, after = [], None
    while page := people_of(company, asked, EVERYBODY, wanted="Ops", now=NOW, after=after, limit=1):
        found += page
        after = (page[-1].raw, page[-1].learner_id)

    assert len(found) == line.people
    assert sum(one.value for one in found) == line.value


def test_limited_admin_sees_only_their_people(company: Organization) -> None:
    """In lines, in groups, of today and of a past day, and behind a line."""
    cooks = People(frozenset({Group.objects.get(organization=company).pk}))
    Group.objects.create(organization=company, name="Others", name_key="others", created_at=at(1))

    assert ask(company, cooks, measure="people") == {"Ops": (1, 1)}
    assert ask(company, cooks, measure="people", **as_of(15)) == {"Ops": (1, 1)}
    assert ask(company, cooks, measure="people", slice=GROUP) == {"Cooks": (1, 1)}
    assert ask(company, cooks, measure="people", slice=MANAGER) == {"(a manager outside your groups)": (1, 1)}
    assert "p1@example.com" in ask(company, measure="people", slice=MANAGER)
    asked = Question(slice=MANAGER, period=Period.CHOSEN, since=date(2026, 3, 16), until=date(2026, 3, 31))
    assert "p1@example.com" not in {line.label for line in tell_story(company, asked, cooks, now=NOW).lines}
    behind = people_of(company, Question(measure="people"), cooks, wanted="Ops", now=NOW)
    assert [one.learner_id for one in behind] == [CY]


def test_nothing_of_another_organization(company: Organization) -> None:
    """The same ids, other people."""
    assert ask(make_organization("Other"), measure="hours") == {}


def test_before_and_after(company: Organization) -> None:
    """As many days before: nobody learned then, and Ana was in Sales."""
    asked = Question(period=Period.CHOSEN, since=date(2026, 3, 16), until=date(2026, 3, 31))

    story = tell_story(company, asked, EVERYBODY, now=NOW)

    whole = story.whole
    assert (story.before.first, story.before.last) == (date(2026, 2, 28), date(2026, 3, 15))
    assert (whole.before.people, whole.before.learners, whole.before.hours, whole.before.completions) == (3, 3, 4, 1)
    assert (whole.after.people, whole.after.learners, whole.after.adoption) == (2, 1, 50.0)
    assert {line.label: line.before.people for line in story.lines} == {"Sales": 2, "Ops": 1}


def test_before_the_directory_began_people_of_today_stand_in(company: Organization) -> None:
    """Nobody was in the directory in January; activity of then still counts, for who they are today."""
    learn(company, CY, -60)
    asked = Question(period=Period.CHOSEN, since=date(2026, 2, 1), until=date(2026, 3, 31))

    story = tell_story(company, asked, EVERYBODY, now=NOW)

    assert (story.whole.before.people, story.whole.before.learners, story.whole.after.people) == (2, 1, 2)


def test_files_hold_what_the_page_shows_and_no_formula(company: Organization) -> None:
    """CSV with its mark; a workbook with numbers that are numbers."""
    Learner.objects.filter(organization_id=company.pk, id=CY).update(department_name="=1+1")
    report = answer(company, Question(measure="hours"), EVERYBODY, now=NOW)
    lines = b"".join(csv_parts(table_of(report, "Department"))).decode("utf-8-sig").splitlines()
    with zipfile.ZipFile(BytesIO(workbook(table_of(report, "Department")))) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()

    assert lines[0] == "Department,People,Hours of learning,Per person"
    assert set(lines[1:]) == {"Ops,1,2,2.0", "'=1+1,1,2,2.0"}
    assert "<v>2</v>" in sheet
    assert '<t xml:space="preserve">=1+1</t>' in sheet


def test_kept_report_is_mailed_once_a_day(company: Organization) -> None:
    """In the morning of the organization's zone; never to somebody who may no longer see it."""
    owner, gone = (make_admin(company, f"{name}@acme.example.com", Role.OWNER) for name in ("owner", "gone"))
    asked = Question(measure="hours", period=Period.LAST_30)
    for account in (owner, gone):
        save_report(company, account, "Hours", asked, is_shared=False, rhythm=Rhythm.DAILY, now=NOW)
    gone.admin_set.update(role=Role.SUB_ADMIN, grants={})

    sent = [send_due(moment) for moment in (NOW - timedelta(hours=4), NOW, NOW + timedelta(hours=2))]

    assert sent == [0, 1, 0]
    mail = OutboxMail.objects.get(organization=company)
    assert (mail.recipient, "Ops: 4 (2 people)" in mail.body) == ("owner@acme.example.com", True)
    assert from_json(to_json(asked)) == asked


@pytest.mark.parametrize(
    ("rhythm", "day", "expected"),
    [
        ("never", 2, False),
        ("daily", 2, True),
        ("weekly", 2, True),
        ("weekly", 3, False),
        ("monthly", 2, False),
        ("monthly", 1, True),
    ],
)
def test_rhythm(rhythm: str, day: int, expected: bool) -> None:
    """The second of March 2026 is a Monday."""
    assert is_due(rhythm, date(2026, 3, day), date(2026, 2, 1)) is expected
