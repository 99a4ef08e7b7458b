"""Content and assignments over /api/v1: made, changed, listed, assigned by a job; nobody else's, and only by right."""

import json

import pytest
from django.http import HttpResponse
from django.test import Client

from orgsync.server.directory.models import Learner
from orgsync.server.learning.models import Content, JobAssignment
from orgsync.server.orgs.models import Account, Organization, Role
from orgsync.server.tokens.models import AccessToken
from orgsync.server.uploads.models import UploadJob
from tests.job_world import NOW, make_admin, make_token
from tests.upload_world import make_organization

SCOPES = ["directory:read", "directory:write"]


def call(path: str, body: object = None, method: str = "", *, text: str = "os_abc") -> HttpResponse:
    method = method or ("GET" if body is None else "POST")
    sent = b"" if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {text}"}
    return Client().generic(method, f"/api/v1/{path}", sent, "application/json", headers=headers)


@pytest.fixture
def acme(db: None, monkeypatch: pytest.MonkeyPatch) -> Organization:
    """Let every call come with the token of an owner of Acme."""
    acme = make_organization()
    token = make_token(acme, make_admin(acme, "alice@example.com", Role.OWNER), scopes=SCOPES)
    monkeypatch.setattr("orgsync.server.api.authentication._authenticate", lambda _request, _now: token)
    return acme


def test_content_is_made_changed_archived_and_listed(acme: Organization) -> None:
    """What is not named stays; what cannot be is a problem that says why."""
    made = call("contents", {"title": "Knives", "minutes": 10, "skills": ["Cutting"]})
    number = made.json()["id"]
    changed = call(f"contents/{number}", {"title": "Sharp knives"}, "PATCH")

    assert (made.status_code, changed.json()["minutes"], changed.json()["skills"]) == (201, 10, ["Cutting"])
    assert [one["title"] for one in call("contents?q=sharp").json()["items"]] == ["Sharp knives"]
    assert call("contents", {"title": "", "url": "x"}).status_code == 409
    assert call("contents", {"title": "X", "minutes": "ten"}).status_code == 422
    assert call(f"contents/{number}", {"title": "X", "archived": "yes"}, "PATCH").status_code == 422
    assert [one["title"] for one in call("contents").json()["items"]] == ["Sharp knives"]
    assert call(f"contents/{number}", {"archived": True}, "PATCH").json()["archived_at"]
    assert call("contents").json() == {"items": [], "next": None}


def test_assignment_is_a_job(acme: Organization) -> None:
    """A group by name, a due day; the job is queued and has the edit with it."""
    course = Content.objects.create(organization=acme, key="a", title="A", title_key="a", created_at=NOW)
    acme.group_set.create(name="Sales", name_key="sales", created_at=NOW)
    Learner.objects.create(
        organization_id=acme.pk,
        id=1,
        primary_email_address="ana@example.com",
        email_key="ana@example.com",
        created_at=NOW,
    )

    sent = call("assignments", {"content": course.pk, "group": "sales", "due_days": 30, "reminder_days": [7]})

    assert (sent.status_code, sent.json()["status"]) == (202, "QUEUED")
    assert JobAssignment.objects.get(organization_id=acme.pk).job_id == UploadJob.objects.get(organization=acme).pk
    assert call("assignments").json() == {"items": [], "next": None}
    assert call("learners/1/assignments").json() == {"items": []}
    for body in ({"content": course.pk}, {"content": 10**9, "everybody": True}, {"content": course.pk, "group": "No"}):
        assert call("assignments", body).status_code in {422, 404}
    assert call(f"assignments/{10**9}/end", {}).status_code == 404
    assert call("learners/2/assignments").status_code == 404


def test_who_made_the_token_must_have_the_right(acme: Organization) -> None:
    """A scope alone makes nobody a curator; another organization's content is not found."""
    foreign = Content.objects.create(
        organization=make_organization("Globex"), key="a", title="A", title_key="a", created_at=NOW
    )
    assert call(f"contents/{foreign.pk}").status_code == 404
    acme.admin_set.filter(account=Account.objects.get(email="alice@example.com")).update(role=Role.READ_ONLY)

    assert call("contents", {"title": "X"}).status_code == 403
    assert call("contents").status_code == 200
    assert AccessToken.objects.filter(organization=acme).exists()
