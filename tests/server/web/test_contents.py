"""Content pages: list, one content, import, assign; and what a limited sub-admin sees of them."""

import re
import uuid
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from orgsync.core.model import JobStatus
from orgsync.server.directory.models import Group, Learner
from orgsync.server.learning.models import (
    Assignment,
    Audience,
    Content,
    ContentPart,
    LearnerAssignment,
    Source,
    Verb,
)
from orgsync.server.learning.recording import Deed, record
from orgsync.server.orgs.access import Right
from orgsync.server.orgs.models import Account, Organization
from orgsync.server.uploads import transitions
from orgsync.server.uploads.decisions import approve_job, find_job
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.pipeline import process
from tests.server.web.scope_world import ana_and_bo, content, limited_admin, sales_group  # noqa: F401  fixtures

LIST = "/admin/content/"
FILE = """key,kind,title,url,language,minutes,skills,parts,audience
c1,course,Fire safety,https://example.com/1,en,25,Safety; First aid,,
c2,course,Cutting,ftp://x,en,ten,,,
p1,path,First week,,,,,c1,Sales
p2,path,Nothing,,,,,c9,
c1,course,Twice,,,,,,
"""
TERMS = {"whom": "group", "due": "on_date", "due_on": "2020-01-31", "reminders": "7, 1"}


def make(acme: Organization, title: str, **fields: object) -> Content:
    return Content.objects.create(
        organization=acme, key=title, title=title, title_key=title.lower(), created_at=timezone.now(), **fields
    )


def run(job: UploadJob) -> UploadJob:
    now = timezone.now()
    number = transitions.start(job.pk, worker="test", now=now)
    assert number is not None
    process(job.pk, number, now=now, clock=lambda: now)
    job.refresh_from_db()
    return job


def test_list_is_narrowed_sorted_and_paged(acme: Organization, alice: Client) -> None:
    """
    Search, filters and order are in the address; a page ends where the next one begins.
    """
    for number in range(60):
        make(acme, f"Course {number:02}", skills=["Safety"] if number % 2 else [], seconds=60 * number)
    make(acme, "Old", archived_at=timezone.now())

    first = alice.get(LIST, {"skill": "Safety", "sort": "-length"})
    titles = [one.title for one, _ in first.context["page"].lines]
    every = alice.get(LIST, {"sort": "title"}).context["page"]
    second = alice.get(LIST, {"sort": "title", "after": every.after}).context["page"]
    back = alice.get(LIST, {"sort": "title", "before": second.before}).context["page"]

    assert (titles[0], len(titles), every.count) == ("Course 59", 30, 60)
    assert len(every.lines) + len(second.lines) == 60
    assert [one.pk for one, _ in back.lines] == [one.pk for one, _ in every.lines]
    assert [one.title for one, _ in alice.get(LIST, {"state": "archived"}).context["page"].lines] == ["Old"]
    assert "No content yet" not in content(alice, LIST)
    assert "Course 01" in content(alice, f"{LIST}download/", q="course 01")


def test_content_is_added_changed_curated_and_archived(acme: Organization, sales: Group, alice: Client) -> None:
    """
    What cannot be stands beside its field; a path takes as long as its courses.
    """
    bad = alice.post(f"{LIST}new/", {"kind": "course", "title": "X", "url": "javascript:alert(1)"})
    assert "This is no address of a page" in bad.content.decode()
    alice.post(f"{LIST}new/", {"kind": "course", "title": "Knives", "minutes": "10", "skills": "Cutting; Safety"})
    alice.post(f"{LIST}new/", {"kind": "path", "title": "Kitchen"})
    knives, path = (Content.objects.get(organization=acme, title=title) for title in ("Knives", "Kitchen"))

    alice.post(f"{LIST}{path.pk}/curate/", {"do": "parts", "parts": "knives"})
    alice.post(f"{LIST}{path.pk}/curate/", {"do": "audience", "groups": "sales"})
    alice.post(f"{LIST}{knives.pk}/edit/", {"title": "Sharp knives", "minutes": "20", "key": knives.key})
    path.refresh_from_db()

    assert (path.seconds, knives.skills) == (1200, ["Cutting", "Safety"])
    assert Audience.objects.filter(content_id=path.pk).values_list("group_id", flat=True)[0] == sales.pk
    assert "Sharp knives" in content(alice, f"{LIST}{path.pk}/")
    alice.post(f"{LIST}{knives.pk}/archive/", {"do": "archive"})
    assert Content.objects.get(organization=acme, id=knives.pk).archived_at is not None


def test_import_shows_first_and_writes_once(acme: Organization, sales: Group, alice: Client) -> None:
    """
    Rows in error are named in place and left out; the same file again changes nothing.
    """
    sent = alice.post(f"{LIST}import/", {"file": SimpleUploadedFile("c.csv", FILE.encode())})
    shown = alice.get(sent["Location"])
    problems = {row.number: sorted(row.problems) for row in shown.context["file"].bad_rows}
    assert problems == {3: ["minutes", "url"], 5: ["parts"], 6: ["key"]}
    assert Content.objects.filter(organization=acme).count() == 0

    alice.post(sent["Location"])

    again = alice.get(sent["Location"]).context["file"]
    assert (again.count("new"), again.count("changed"), again.count("unchanged")) == (0, 0, 2)
    path = Content.objects.get(organization=acme, key="p1")
    assert (path.seconds, ContentPart.objects.get(organization_id=acme.pk).whole_id) == (1500, path.pk)
    assert Audience.objects.filter(organization_id=acme.pk, group_id=sales.pk).exists()
    template = alice.get(f"{LIST}import/template/").content
    assert alice.post(f"{LIST}import/", {"file": SimpleUploadedFile("t.csv", template)}).status_code == 302


def test_form_to_assign_finds_groups_and_keeps_what_was_written(
    acme: Organization, alice: Client, people: dict[str, Learner], sales: Group
) -> None:
    """
    Chosen groups come first, whatever is searched; nobody at all is refused.
    """
    page, secret = f"{LIST}{make(acme, 'Selling').pk}/assign/", Group.objects.get(name="Secret")

    empty = alice.post(page, {"whom": "group", "due": "never"}).content.decode()
    found = alice.post(page, TERMS | {"groups": [sales.pk], "do": "find", "find": "sEcr"}).content.decode()

    assert "Say to whom." in empty
    assert re.findall(r'name="groups" value="(\d+)"( checked)?', found) == [
        (str(sales.pk), " checked"),
        (str(secret.pk), ""),
    ]
    assert 'value="2020-01-31"' in found
    assert not UploadJob.objects.exists()


@pytest.fixture
def selling(acme: Organization, alice: Client, people: dict[str, Learner]) -> Content:
    """A course that Sales and Secret were to complete years ago: by form, plan and approval."""
    course = make(acme, "Selling")
    groups = Group.objects.filter(organization=acme).values_list("pk", flat=True)
    sent = alice.post(f"{LIST}{course.pk}/assign/", TERMS | {"groups": list(groups)})
    job = UploadJob.objects.get(organization=acme)
    assert sent["Location"] == f"/admin/people/sync-history/{job.public_id}/"
    assert run(job).status == JobStatus.HELD
    assert "Assignments opened" in content(alice, sent["Location"])
    by = Account.objects.get(email="alice@example.com")
    assert approve_job(find_job(acme, job.public_id), by=by, now=timezone.now())
    assert run(job).status == JobStatus.DONE
    assert LearnerAssignment.objects.filter(organization_id=acme.pk, state="open").count() == 2
    return course


def complete(acme: Organization, course: Content) -> None:
    """Let Ana complete it."""
    deed = Deed(1, course.pk, Verb.COMPLETED, timezone.now(), uuid.uuid4())
    record(acme, [deed], source=Source.PAGE, now=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_course_is_assigned_by_plan_and_shown_everywhere(
    acme: Organization, alice: Client, selling: Content, sales: Group
) -> None:
    """
    The content, the group and the learner show it; what nobody is assigned is archived, and nothing else.
    """
    seen = content(alice, f"{LIST}{selling.pk}/", view="overdue")

    assert "ana.silva@example.com" in seen
    assert "bo.adams@example.com" in seen
    assert re.search(r"Selling.*overdue", content(alice, "/admin/people/learners/1/"), re.DOTALL)
    assert "Assigned courses" in content(alice, f"/admin/people/groups/{sales.pk}/")
    complete(acme, selling)
    assert "by learning" in content(alice, "/admin/people/learners/1/", about="assignments")
    for one in (selling, make(acme, "Old")):
        assert alice.post(f"{LIST}{one.pk}/archive/", {"do": "archive"}).status_code == 302
    assert Content.objects.get(organization=acme, archived_at__isnull=False).title == "Old"


@pytest.mark.django_db(transaction=True)
def test_limited_admin_sees_and_ends_what_their_groups_are_assigned(
    acme: Organization, selling: Content, sales: Group, sub: Callable[..., Client]
) -> None:
    """
    Other people and groups are not named, and nothing is assigned to them.
    """
    limited, page = sub(Right.RECOMMEND_CONTENT), f"{LIST}{selling.pk}/"
    secret = Group.objects.get(name="Secret")
    of_sales, of_secret = (Assignment.objects.get(organization=acme, group_id=one.pk) for one in (sales, secret))

    for path in (page, f"{LIST}assignments/", f"{LIST}assignments/download/", f"{page}download/"):
        text = content(limited, path)
        assert "bo.adams@example.com" not in text
        assert "Secret" not in text
    for whom in ({"whom": "group", "groups": [secret.pk]}, {"whom": "everybody"}):
        assert limited.post(f"{page}assign/", {"due": "never", **whom}).status_code == 200
    assert "Secret" not in limited.post(f"{page}assign/", {"do": "find", "find": "sec"}).content.decode()
    assert limited.get(f"{LIST}assignments/{of_secret.pk}/").status_code == 404
    # Ana has completed it, so that the end closes nothing and needs no second look.
    complete(acme, selling)
    ended = limited.post(f"{LIST}assignments/{of_sales.pk}/")
    assert run(UploadJob.objects.latest("id")).status == JobStatus.DONE
    assert content(limited, ended["Location"])
