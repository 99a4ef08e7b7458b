"""Decisions by /api/v1: a token with the scope, never on a job of its own feed, in the name of whoever made it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.http.response import HttpResponseBase
from django.test import Client

from orgsync.core.model import JobStatus
from orgsync.server.directory.models import Feed
from orgsync.server.tokens.models import AccessToken
from orgsync.server.tokens.scopes import Scope
from orgsync.server.tokens.tokens import make_token
from orgsync.server.uploads.models import JobKind, UploadJob
from tests.server.pipeline.pipeline_world import FIVE, TWO, World

Call = Callable[..., HttpResponseBase]
EVERY = [Scope.SYNC, Scope.PLANS_READ, Scope.JOBS_APPROVE, Scope.JOBS_UNDO]


def held(world: World) -> UploadJob:
    now = datetime.now(UTC)
    for text in (FIVE, TWO):
        job = world.run(world.upload(text), now=now, clock=lambda: now)
    assert job.status == JobStatus.HELD
    return job


def new_token(world: World, feed: Feed, scopes: list[Scope]) -> str:
    now = datetime.now(UTC)
    _, text = make_token(
        world.organization,
        feed,
        name="Decider",
        scopes=scopes,
        expires_at=now + timedelta(days=30),
        created_by=world.owner,
    )
    return text


@pytest.fixture
def other_feed(world: World) -> Feed:
    return Feed.objects.create(organization=world.organization, name="Console")


def call(token: str, method: str, path: str, body: dict[str, object] | None = None) -> HttpResponseBase:
    ask = getattr(Client(), method)
    more = {} if body is None else {"data": body, "content_type": "application/json"}
    return ask(f"/api/v1/{path}", headers={"authorization": f"Bearer {token}"}, **more)


def test_a_held_job_is_approved_and_undone(world: World, other_feed: Feed) -> None:
    """By a token of another feed; the answers are the job as the wire shows it, and a sentence."""
    job, token = held(world), new_token(world, other_feed, EVERY)

    shown = call(token, "get", f"jobs/{job.public_id}").json()
    approved = call(token, "post", f"jobs/{job.public_id}/approve", {})
    again = call(token, "post", f"jobs/{job.public_id}/approve", {})

    assert shown["status"] == "HELD"
    assert shown["holdReasons"]
    assert approved.status_code == 200
    assert approved.json()["status"] == "QUEUED"
    assert (again.status_code, again["Content-Type"]) == (409, "application/problem+json")
    assert "no longer held" in again.json()["detail"]
    now = datetime.now(UTC)
    world.run(world.stored(job), now=now, clock=lambda: now)
    undone = call(token, "post", f"jobs/{job.public_id}/undo", {})
    assert undone.status_code == 201, undone.content
    assert UploadJob.objects.get(**world.mine, public_id=undone.json()["id"]).kind == JobKind.UNDO


def test_a_held_job_is_rejected(world: World, other_feed: Feed) -> None:
    """With the reason that was given."""
    job, token = held(world), new_token(world, other_feed, [Scope.JOBS_APPROVE])

    answer = call(token, "post", f"jobs/{job.public_id}/reject", {"why": "half of it is missing"}).json()

    assert answer["status"] == "CANCELLED"
    assert "half of it is missing" in answer["reason"]["message"]


def test_who_may_not_decide(world: World, other_feed: Feed, make: Callable[..., World]) -> None:
    """Not whoever sends, not without the scope, not on another organization's job, not for a creator who is gone."""
    job = held(world)
    own, plain = new_token(world, world.feed, EVERY), new_token(world, other_feed, [Scope.SYNC])
    stranger = make("Other")
    foreign = new_token(stranger, stranger.feed, EVERY)
    good = new_token(world, other_feed, EVERY)

    for word in ("approve", "reject", "undo"):
        path = f"jobs/{job.public_id}/{word}"
        assert [call(token, "post", path, {}).status_code for token in (own, plain, foreign)] == [403, 403, 404]
        assert call("nonsense", "post", path, {}).status_code == 401
        assert call(good, "get", path).status_code == 405
    assert call(good, "post", f"jobs/{job.public_id}/approve", {"additionsOnly": "yes"}).status_code == 422
    assert call(good, "get", "jobs/../token").status_code == 404
    AccessToken.objects.filter(**world.mine).update(created_by=None)
    assert call(good, "post", f"jobs/{job.public_id}/approve", {}).status_code == 403
    assert world.stored(job).status == JobStatus.HELD


def test_a_token_tells_of_itself(world: World) -> None:
    """What it may do and how long it is good, which the client warns of."""
    told = call(new_token(world, world.feed, [Scope.SYNC]), "get", "token").json()

    assert (told["feed"], told["scopes"]) == (world.feed.name, ["sync"])
    assert datetime.fromisoformat(told["expires_at"]) > datetime.now(UTC)
