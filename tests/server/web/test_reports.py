"""Reports in the browser: ask, look behind a line, keep, share, take along."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from orgsync.server.directory.models import Group, Learner, Membership
from orgsync.server.learning.models import Activity, ActivityImport, Content, Source, Verb
from orgsync.server.learning.recording import Deed, record
from orgsync.server.orgs.models import Admin, Organization, Role
from orgsync.server.reports.models import SavedReport
from tests.server.web.conftest import signed_in
from tests.server.web.test_learners import add_learner

REPORTS = "/admin/reports/"


@pytest.fixture
def people(acme: Organization) -> list[Learner]:
    """Ana of Sales learned for two hours, Bo has no department and learned for one."""
    found = [add_learner(acme, 1, "Ana", "Silva"), add_learner(acme, 2, "Bo", "Adams")]
    Learner.objects.filter(organization_id=acme.pk, id=1).update(department_name="Sales & Co")
    Learner.objects.filter(organization_id=acme.pk, id=2).update(department_name=None)
    now = timezone.now()
    deeds = [
        Deed(who, 7, Verb.VIEWED, now - timedelta(days=who), uuid.uuid4(), seconds=3600 * (3 - who)) for who in (1, 2)
    ]
    record(acme, deeds, source=Source.PAGE, now=now)
    return found


def page(client: Client, path: str = "", **query: Any) -> str:
    answer = client.get(REPORTS + path, query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_line_leads_to_its_people(alice: Client, people: list[Learner]) -> None:
    """Each line is a link to the people behind it, also where they have no value; home shows the sum."""
    shown = page(alice)

    assert "of=%3DSales%20%26%20Co" in shown
    assert "of=-" in shown
    assert "Ana Silva" in page(alice, "people/", of="=Sales & Co")
    assert "Bo Adams" in page(alice, "people/", of="-")
    assert "Ana Silva" not in page(alice, "people/", of="-")
    assert "3 h" in alice.get("/admin/").content.decode()


def test_what_cannot_be_read_falls_back(alice: Client, people: list[Learner]) -> None:
    """A report that somebody typed wrongly is still a report; an unknown kept one, or file, is not found."""
    assert "Not everything of this could be read" in page(alice, measure="mood", slice="shoe size", since="soon")
    for path in ("?saved=1", "?saved=x", "download/pdf/", "people/?of=odd"):
        assert alice.get(REPORTS + path).status_code == 404


def test_kept_report_is_shared_and_shows_each_their_people(
    acme: Organization, alice: Client, charlie: Client, people: list[Learner]
) -> None:
    """A limited admin finds it and sees only theirs in it; another organization does not."""
    asked = {
        "measure": "hours",
        "slice": "whole",
        "period": "last_30",
        "name": "Hours",
        "is_shared": "on",
        "rhythm": "weekly",
    }
    kept = alice.post(f"{REPORTS}keep/", asked)
    group = Group.objects.create(organization=acme, name="Mine", name_key="mine", created_at=timezone.now())
    Membership.objects.create(organization_id=acme.pk, learner_id=2, group_id=group.pk, reasons=1, since=timezone.now())
    dora = signed_in(acme, "dora@example.com", Role.SUB_ADMIN)
    Admin.objects.filter(account__email="dora@example.com").update(grants={"view_reports": [group.pk]})
    saved = SavedReport.objects.get(organization=acme)

    hers, mine = (page(client, saved=saved.pk) for client in (dora, alice))

    assert kept["Location"] == f"{REPORTS}?saved={saved.pk}"
    assert ("Hours of learning: 1" in hers, "Hours of learning: 3" in mine) == (True, True)
    assert "Ana Silva" not in page(dora, "people/", slice="whole", of="=")
    month = {"slice": "whole", "over": "month", "period": "last_30"}
    monthly = [
        sum(map(float, re.findall(r"&amp;name=Everybody\">([\d.]+)<", page(one, **month)))) for one in (dora, alice)
    ]
    assert monthly == [1.0, 3.0]
    first = re.search(r"&amp;at=([-\d]+)&amp;", page(dora, **month))
    assert first is not None
    assert "Ana Silva" not in page(dora, "people/", **month, at=first[1], of="=")
    assert dora.get(f"{REPORTS}people/", {**month, "at": "2026-01-02", "of": "="}).status_code == 404
    assert "Ana Silva" not in b"".join(dora.get(f"{REPORTS}download/csv/?slice=whole&of==").streaming_content).decode()
    assert charlie.get(f"{REPORTS}?saved={saved.pk}").status_code == 404
    asked = [(dora, saved.pk), (alice, "9" * 5_000), (alice, saved.pk)]
    assert [client.post(f"{REPORTS}keep/", {"remove": number}).status_code for client, number in asked] == [
        404,
        404,
        302,
    ]


def test_files_and_story(alice: Client, people: list[Learner]) -> None:
    """The same numbers as CSV and as a workbook, and beside the days before."""
    text = b"".join(alice.get(f"{REPORTS}download/csv/").streaming_content).decode("utf-8-sig")
    book = alice.get(f"{REPORTS}download/xlsx/")

    assert text.splitlines()[1] == "Sales & Co,1,2,2.0"
    assert book.content.startswith(b"PK")
    assert "100.0 %" in page(alice, "story/")


def test_activity_by_file_is_looked_at_and_recorded_once(
    acme: Organization, alice: Client, people: list[Learner]
) -> None:
    """Each row in error says why; the same file again, and a row twice, record nothing more; the file is gone then."""
    Content.objects.create(organization=acme, key="fire", title="Fire", title_key="fire", created_at=timezone.now())
    email = people[0].primary_email_address
    text = (
        "person,content,verb,at,minutes,percent,mood\n"
        f"{email.upper()},fire,Completed,2026-03-02 14:30,25,,good\n{email},fire,completed,2026-03-02 14:30,25,,\n"
        f"nobody@example.com,ice,sang,tomorrow,many,101,\n"
    )
    shown = []
    for _ in range(2):
        file = SimpleUploadedFile("learned.csv", text.encode())
        preview = alice.post(f"{REPORTS}import/", {"file": file})["Location"]
        shown.append(alice.get(preview).content.decode())
        alice.post(preview)

    assert ["1 new, 1 recorded already, 1 in error" in shown[0], "0 new, 2 recorded already" in shown[1]] == [
        True,
        True,
    ]
    problems = ("Nobody has this", "No content has", "Write one of", "past time", "number of minutes", "from 0 to 100")
    assert [problem in shown[0] for problem in problems] == [True] * 6
    recorded = Activity.objects.filter(organization_id=acme.pk, source="file")
    assert list(recorded.values_list("learner_id", "verb", "seconds")) == [(1, "completed", 1500)]
    assert not ActivityImport.objects.exists()
