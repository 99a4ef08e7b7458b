"""What every operation of /api/v1 has in common: problems, cursors, keys, limits, and a document that is true."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from openapi_spec_validator import validate

from orgsync.server.api_v1.description import operations_of
from orgsync.server.learning.models import Content
from orgsync.server.orgs.models import Organization
from orgsync.server.tokens.kept import KEPT_FOR, forget_answers
from orgsync.server.tokens.models import KeptAnswer
from tests.job_world import make_admin
from tests.server.api_v1.api_world import Caller, make_caller
from tests.server.pipeline.pipeline_world import World

PROBLEM = "application/problem+json"
FOR_ANY_TOKEN = {"/api/v1/token", "/api/v1/organization", "/api/v1/catalogues"}
"""What a token is and whose, and what stands in the documentation: nothing that its holder does not know."""


@pytest.fixture
def acme(world: World) -> Organization:
    return world.organization


@pytest.fixture
def caller(world: World) -> Caller:
    return make_caller(world.organization, world.owner)


def test_every_refusal_is_a_problem(caller: Caller, acme: Organization) -> None:
    """Never a page, never LinkedIn's shape; `instance` is the id in the log, `errors` say where."""
    plain = make_caller(acme, caller.token.created_by, ["sync"])
    headers = caller.headers()
    refused = {
        404: [caller.get("nowhere"), caller.get("contents/1"), caller.get("jobs/abc")],
        401: [Client().get("/api/v1/contents"), Client().get("/api/v1/contents?access_token=x")],
        403: [plain.get("contents")],
        405: [caller.send("DELETE", "contents")],
        400: [Client().post("/api/v1/contents", b"{", "application/json", headers=headers)],
        413: [caller.post("contents", {"title": "x" * 1_000_000})],
        415: [Client().post("/api/v1/contents", {"title": "x"}, headers=headers)],
        422: [
            *(caller.get("contents", stat="x"), caller.get("contents", limit=501), caller.get("contents", q="a\x00")),
            *(caller.get("contents", cursor="!"), caller.get("contents", cursor="WyJhIl0")),
            *(caller.post("contents", {"title": "a\x00"}), caller.post("contents", {"titel": "a", "title": "x"})),
            *(caller.post("contents", {"title": "\ud800"}), caller.post("contents", [])),
        ],
        409: [caller.post("contents", {"title": "X", "url": "x"})],
    }

    for status, answers in refused.items():
        for answer in answers:
            assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM), answer.content
            body = answer.json()
            assert body["status"] == status
            assert body["instance"] == f"urn:uuid:{answer['x-li-uuid']}"
            assert "no-store" in answer["Cache-Control"]
    assert refused[405][0]["Allow"] == "GET, HEAD, POST"
    assert refused[422][1].json()["errors"][0]["where"] == "query.limit"


def test_a_session_is_nothing_here(acme: Organization) -> None:
    """Whoever is signed in to the Account Center is nobody without a token."""
    browser = Client()
    browser.force_login(make_admin(acme, "bob@example.com"), backend="django.contrib.auth.backends.ModelBackend")

    assert browser.get("/api/v1/token").status_code == 401


def test_blanks_around_a_token_do_not_count(caller: Caller) -> None:
    """Shells and forms add them."""
    answer = Client().get("/api/v1/token", headers={"Authorization": f"  bearer   {caller.text}  "})
    head = Client().head("/api/v1/token", headers=caller.headers())

    assert (answer.status_code, head.status_code) == (200, 200)


def test_calls_are_counted_and_limited(caller: Caller, settings: Any) -> None:
    """Each answer says what is left; beyond the limit it says when to come again."""
    settings.CALLS_PER_HOUR = 1
    first, second = caller.get("token"), caller.get("token")

    assert first["RateLimit-Policy"] == '"hour";q=1;w=3600'
    assert first["RateLimit"].startswith('"hour";r=0;t=')
    assert (second.status_code, second["Content-Type"]) == (429, PROBLEM)
    assert 0 < int(second["Retry-After"]) <= 3600


def test_the_same_key_does_it_once(caller: Caller, acme: Organization) -> None:
    """Another call with the key is refused; what was refused is not kept; after a day the key is free."""
    first = caller.post("contents", {"title": "A"}, Idempotency_Key="k1")
    again = caller.post("contents", {"title": "A"}, Idempotency_Key="k1")
    other = caller.post("contents", {"title": "B"}, Idempotency_Key="k1")
    bad = caller.post("contents", {"title": "", "url": "x"}, Idempotency_Key="k2")
    good = caller.post("contents", {"title": "C"}, Idempotency_Key="k2")

    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert again["Idempotency-Replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_CONFLICT")
    assert (bad.status_code, good.status_code) == (409, 201)
    assert Content.objects.filter(organization=acme).count() == 2
    assert b'"A"' not in bytes(KeptAnswer.objects.get(organization_id=acme.pk, key="k1").answer)
    stored = KeptAnswer.objects.get(organization_id=acme.pk, key="k1")
    assert forget_answers(now=stored.created_at + KEPT_FOR + timedelta(minutes=1)) == 2
    assert caller.post("contents", {"title": "B"}, Idempotency_Key="k1").status_code == 201


def test_pages_hold_everything_once(caller: Caller, acme: Organization) -> None:
    """Also while rows come and go between them."""
    for number in range(7):
        assert caller.post("contents", {"title": f"C{number}"}).status_code == 201
    first = caller.get("contents", limit=3).json()
    Content.objects.filter(organization=acme, title="C1").delete()
    caller.post("contents", {"title": "C7"})
    rest = [one["title"] for one in caller.walk("contents", limit=2)][2:]
    second = caller.get("contents", limit=500, cursor=first["next"]).json()

    assert [one["title"] for one in first["items"]] == ["C0", "C1", "C2"]
    assert [one["title"] for one in second["items"]] == rest == ["C3", "C4", "C5", "C6", "C7"]


@pytest.mark.parametrize(
    ("until", "status"),
    [
        ("3197-12-01T23:55:25-20:24", 200),  # farther from Greenwich than PostgreSQL goes
        ("2026-03-02T04:30:00+00:00", 200),
        ("0001-01-01T00:00:00+05:00", 422),
    ],
)
def test_a_time_is_one_whatever_its_zone(caller: Caller, until: str, status: int) -> None:
    assert caller.get("audit", until=until).status_code == status


def test_the_document_is_openapi() -> None:
    """Valid, with a scope on every operation, no token asked for, and no id used twice."""
    answer = Client().get("/api/v1/openapi.json")
    document = json.loads(answer.content)
    operations = list(operations_of(document))
    ids = [operation["operationId"] for _, _, operation in operations]

    validate(document)
    assert document["openapi"] == "3.1.0"
    assert len(set(ids)) == len(ids)
    for method, path, operation in operations:
        assert operation["summary"].endswith("."), (method, path)
        assert operation["security"][0]["accessToken"] or path in FOR_ANY_TOKEN, (method, path)
