"""The reporting wire tells of at most two weeks, by everybody, group, person or content."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from orgsync.server.directory.models import Group, Learner, Membership
from orgsync.server.learning.models import Content, Source, Verb
from orgsync.server.learning.recording import Deed, record
from tests.upload_world import Sender, make_organization, make_sender

NOW = timezone.now().replace(microsecond=0)
START = round((NOW - timedelta(days=7)).timestamp() * 1000)


@pytest.fixture
def reader(db: None) -> Sender:
    """Ana viewed two courses and completed one of them; Bo viewed one; something is older than a week."""
    sender = make_sender(make_organization(), scopes=["reports:read"])
    organization = sender.feed.organization
    mine: dict[str, Any] = {"organization_id": organization.pk}
    for number, name in ((1, "Ana"), (2, "Bo")):
        address = f"{name.lower()}@example.com"
        Learner.objects.create(
            **mine,
            id=number,
            primary_email_address=address,
            email_key=address,
            unique_user_id=f"E{number}",
            preferred_first_name=name,
            custom={"attribute_city": "Porto"},
            created_at=NOW,
        )
    cooks = Group.objects.create(organization=organization, name="Cooks", name_key="cooks", created_at=NOW)
    Membership.objects.create(**mine, learner_id=1, group_id=cooks.pk, reasons=1, since=NOW)
    courses = [
        Content.objects.create(
            organization=organization, key=f"urn:li:course:{key}", title=f"Course {key}", title_key="", created_at=NOW
        )
        for key in (1, 2)
    ]
    deeds = [(1, 0, Verb.VIEWED, 1), (1, 1, Verb.VIEWED, 2), (1, 1, Verb.COMPLETED, 1), (2, 0, Verb.VIEWED, 1)]
    deeds.append((2, 1, Verb.VIEWED, 9))
    told = [
        Deed(who, courses[course].pk, verb, NOW - timedelta(days=days), uuid.uuid4(), seconds=60)
        for who, course, verb, days in deeds
    ]
    record(organization, told, source=Source.PAGE, now=NOW)
    return sender


def ask(reader: Sender, primary: str, more: str = "") -> dict[str, Any]:
    query = f"q=criteria&startedAt={START}&timeOffset.unit=DAY&timeOffset.duration=8"
    answer = reader.get(f"/v2/learningActivityReports?{query}&aggregationCriteria.primary={primary}{more}")
    assert answer.status_code == 200, answer.content
    return answer.json()  # type: ignore[attr-defined,no-any-return]


def numbers(element: dict[str, Any]) -> dict[str, int]:
    return {
        f"{one['engagementType']} {one['engagementMetricQualifier']}": one["engagementValue"]
        for one in element["activities"]
    }


def test_everybody_together(reader: Sender) -> None:
    """What is older than the window does not count."""
    (element,) = ask(reader, "ACCOUNT")["elements"]

    assert numbers(element) == {
        "VIEWS TOTAL": 3,
        "VIEWS UNIQUE": 3,
        "SECONDS_VIEWED TOTAL": 240,
        "COMPLETIONS TOTAL": 1,
        "COMPLETIONS UNIQUE": 1,
        "DAYS_ACTIVE TOTAL": 3,
        "DAYS_ACTIVE UNIQUE": 2,
    }
    assert element["activities"][0]["assetType"] == "COURSE"
    assert element["activities"][0]["firstEngagedAt"] == round((NOW - timedelta(days=2)).timestamp() * 1000)


def test_each_person_with_what_the_directory_knows(reader: Sender) -> None:
    """Page by page, and split by content where asked."""
    first = ask(reader, "INDIVIDUAL", "&count=1")
    split = ask(reader, "INDIVIDUAL", "&aggregationCriteria.secondary=CONTENT")

    assert first["elements"][0]["learnerDetails"] == {
        "name": "Ana",
        "email": "ana@example.com",
        "uniqueUserId": "E1",
        "enterpriseGroups": ["Cooks"],
        "customAttributes": {"attribute_city": "Porto"},
        "entity": {"profileUrn": "urn:li:enterpriseProfile:1"},
    }
    assert first["paging"]["total"] == 2
    following = reader.get(first["paging"]["links"][0]["href"]).json()  # type: ignore[attr-defined]
    assert following["elements"][0]["learnerDetails"]["name"] == "Bo"
    assert [one["contentDetails"]["name"] for one in split["elements"]] == ["Course 1", "Course 2", "Course 1"]


def test_groups_and_contents(reader: Sender) -> None:
    """A group by its name, a content by its URN; an asset type that we do not tell apart has none."""
    (group,) = ask(reader, "GROUP")["elements"]
    contents = ask(reader, "CONTENT")["elements"]

    assert (group["learnerDetails"]["name"], numbers(group)["VIEWS TOTAL"]) == ("Cooks", 2)
    assert [(one["contentDetails"]["contentUrn"], numbers(one)["VIEWS TOTAL"]) for one in contents] == [
        ("urn:li:course:1", 2),
        ("urn:li:course:2", 1),
    ]
    assert ask(reader, "CONTENT", "&assetType=VIDEO")["elements"] == []


@pytest.mark.parametrize(
    "change",
    [
        *("timeOffset.duration=15", "timeOffset.unit=MONTH", "timeOffset.duration=0", "startedAt=now", "q=all"),
        *("aggregationCriteria.primary=TEAM", "aggregationCriteria.secondary=GROUP", "assetType=SONG", "count=9999"),
    ],
)
def test_what_cannot_be_answered_is_named(reader: Sender, change: str) -> None:
    """More than two weeks, and words that nobody knows."""
    good = {"q": "criteria", "startedAt": START, "timeOffset.unit": "DAY", "timeOffset.duration": 1}
    name, _, value = change.partition("=")
    asked = {**good, "aggregationCriteria.primary": "ACCOUNT", name: value}

    answer = reader.get("/v2/learningActivityReports?" + "&".join(f"{key}={one}" for key, one in asked.items()))

    assert answer.status_code == 400


def test_only_with_the_scope_and_only_ones_own(reader: Sender) -> None:
    """A token for uploads is refused; another organization has no activity."""
    path = (
        f"/v2/learningActivityReports?q=criteria&startedAt={START}&timeOffset.duration=8&aggregationCriteria.primary="
    )
    other = make_sender(make_organization("Other"), scopes=["reports:read"])

    assert make_sender(reader.feed.organization).get(f"{path}ACCOUNT").status_code == 403
    for by in ("ACCOUNT", "INDIVIDUAL", "GROUP", "CONTENT"):
        assert other.get(path + by).json()["elements"] == []  # type: ignore[attr-defined]
