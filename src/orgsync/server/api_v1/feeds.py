"""Feeds: how they stand, what can be set on them, and whose people they are. No token loosens its own feed."""

from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from ninja import Query
from pydantic import Field

from orgsync.core.guards import GUARDS
from orgsync.core.model import Mode, RowPolicy
from orgsync.server.api.authentication import ApiRequest
from orgsync.server.api.errors import access_denied
from orgsync.server.api_v1.calls import MakerRequest
from orgsync.server.api_v1.listing import oldest_first
from orgsync.server.api_v1.operations import Resource
from orgsync.server.api_v1.paging import Listed, PageQuery
from orgsync.server.api_v1.refusals import conflict, existing, impossible
from orgsync.server.api_v1.shapes import Body, Id, Line, Number, Shape, given, iso
from orgsync.server.directory.claims import HIGHEST_RANK, hand_over, set_rank
from orgsync.server.directory.feeds import change_feed, release_feed, set_patience, set_paused
from orgsync.server.directory.models import Feed
from orgsync.server.directory.queries_feeds import claim_counts, feed_of, is_name_taken, shared_claims
from orgsync.server.orgs.access import Permission
from orgsync.server.setup import ensure_feed
from orgsync.server.tokens.scopes import Scope

resource = Resource("feeds", "The named origins of changes, with their order, guards and people.")
_MANAGE: dict[str, Any] = {"permission": Permission.MANAGE_FEEDS}
_GUARDS = ", ".join(f"`{guard.code}`" for guard in GUARDS if guard.has_limit)


class GuardLimit(Body):
    """What a guard lets pass; a part that is not given is the organization's, or the default."""

    number: int | None = Field(None, ge=0, le=2**31 - 1, strict=True)
    percent: float | None = Field(None, ge=0, le=100)
    cap: int | None = Field(None, ge=0, le=2**31 - 1, strict=True)


class FeedShape(Shape):
    """A feed."""

    id: int
    name: str
    mode: str
    rows: str
    rank: int = Field(description=f"The lower number wins where feeds disagree; {HIGHEST_RANK}: behind all others.")
    guards: dict[str, dict[str, float]]
    is_paused: bool = Field(description="What comes in is planned and held.")
    holds_next: bool = Field(description="An undo has put its next job on hold.")
    missing_files: int
    late_after_hours: int
    last_applied_at: str | None
    last_rows: int | None
    people: int = Field(description="How many it claims.")


class SharedShape(Shape):
    """Another feed that claims some of the same people."""

    feed: int
    name: str
    people: int


class FeedDetail(FeedShape):
    """A feed, with where its claims meet those of others."""

    shared: list[SharedShape]


class FeedBody(Body):
    """A feed that is made."""

    name: str = Field(min_length=1, max_length=100)
    mode: Mode = Mode.CHANGES


class FeedChange(Body):
    """What is to be otherwise; what is not named stays."""

    name: str = Field("", max_length=100)
    mode: Mode = Mode.CHANGES
    rows: RowPolicy = RowPolicy.GOOD_ROWS
    guards: dict[Line, GuardLimit] = Field({}, description=f"Own limits, all of them, by guard: {_GUARDS}.")
    missing_files: int = Field(1, ge=1, le=100, strict=True)
    late_after_hours: int = Field(26, ge=0, le=8_760, strict=True)


class OrderBody(Body):
    """Where a feed stands."""

    rank: int = Field(ge=0, le=HIGHEST_RANK - 1, strict=True)


class HandOverBody(Body):
    """Whose people are meant."""

    source: Number | None = Field(default=None, description="A feed; null: the active people whom no feed claims.")


class HandOverShape(Shape):
    """How many were handed over."""

    people: int


@resource.get("/feeds", Scope.PLANS_READ, Listed[FeedShape])
def list_feeds(request: ApiRequest, page: Query[PageQuery]) -> dict[str, Any]:
    """List the feeds by id."""
    feeds, people = Feed.objects.filter(organization=request.organization), claim_counts(request.organization)
    return oldest_first(feeds, page, lambda feed: _feed_json(feed, people))


@resource.post("/feeds", Scope.ADMIN, FeedShape, status=201, **_MANAGE)
def make_feed(request: MakerRequest, body: FeedBody) -> dict[str, Any]:
    """Make a feed."""
    _check_name(request, body.name)
    return _feed_json(ensure_feed(request.organization, body.name, body.mode), {})


@resource.get("/feeds/{int:feed_id}", Scope.PLANS_READ, FeedDetail)
def show_feed(request: ApiRequest, feed_id: Id) -> dict[str, Any]:
    """Show a feed."""
    return _detail(request, feed_id)


@resource.patch("/feeds/{int:feed_id}", Scope.ADMIN, FeedDetail, **_MANAGE)
def change_feed_settings(request: MakerRequest, feed_id: Id, body: FeedChange) -> dict[str, Any]:
    """Change what the body names of a feed; the next job goes by it."""
    feed, sent = _of_another_token(request, feed_id), given(body)
    if "name" in sent:
        _check_name(request, body.name, but=feed.pk)
    guards = {code: one.model_dump(exclude_none=True) for code, one in body.guards.items()}
    with transaction.atomic():
        try:
            change_feed(
                feed,
                name=sent.get("name", feed.name),
                mode=Mode(sent.get("mode", feed.mode)),
                rows=RowPolicy(sent.get("rows", feed.rows)),
                guards=guards if "guards" in sent else feed.guards,
            )
        except ValueError as unknown:
            raise impossible(f"guards: {unknown}") from unknown
        set_patience(feed, missing_files=sent.get("missing_files"), late_after_hours=sent.get("late_after_hours"))
    return _detail(request, feed_id)


@resource.post("/feeds/{int:feed_id}/pause", Scope.ADMIN, FeedDetail, **_MANAGE)
def pause_feed(request: MakerRequest, feed_id: Id) -> dict[str, Any]:
    """Let what comes in be planned and held until somebody approves it."""
    set_paused(_feed_of(request, feed_id), is_paused=True)
    return _detail(request, feed_id)


@resource.post("/feeds/{int:feed_id}/resume", Scope.ADMIN, FeedDetail, **_MANAGE)
def resume_feed(request: MakerRequest, feed_id: Id) -> dict[str, Any]:
    """Let a paused feed go on; jobs that are held still wait."""
    set_paused(_of_another_token(request, feed_id), is_paused=False)
    return _detail(request, feed_id)


@resource.post("/feeds/{int:feed_id}/release", Scope.ADMIN, FeedDetail, **_MANAGE)
def release(request: MakerRequest, feed_id: Id) -> dict[str, Any]:
    """Take back the hold that an undo has put on a feed's next job."""
    release_feed(_of_another_token(request, feed_id))
    return _detail(request, feed_id)


@resource.put("/feeds/{int:feed_id}/order", Scope.ADMIN, FeedDetail, **_MANAGE)
def order_feed(request: MakerRequest, feed_id: Id, body: OrderBody) -> dict[str, Any]:
    """Give a feed another place in the order: the lower number wins where feeds disagree."""
    set_rank(_of_another_token(request, feed_id), body.rank, now=datetime.now(UTC))
    return _detail(request, feed_id)


@resource.post("/feeds/{int:feed_id}/hand-over", Scope.ADMIN, HandOverShape, **_MANAGE)
def hand_over_people(
    request: MakerRequest,
    feed_id: Id,
    body: HandOverBody = HandOverBody(),  # noqa: B008  it never changes
) -> dict[str, Any]:
    """Give a feed the people of another one, or the active people whom no feed claims."""
    to = _of_another_token(request, feed_id)
    source = None if body.source is None else _feed_of(request, body.source)
    return {"people": hand_over(request.organization, to=to, source=source, now=datetime.now(UTC))}


def _feed_of(request: ApiRequest, feed_id: int) -> Feed:
    return existing(feed_of(request.organization, feed_id))


def _of_another_token(request: ApiRequest, feed_id: int) -> Feed:
    """Return a feed that the token does not send files of: whoever sends must not loosen what watches over it."""
    feed = _feed_of(request, feed_id)
    if feed.pk == request.token.feed_id:
        raise access_denied("A token changes and releases nothing of its own feed.")
    return feed


def _check_name(request: ApiRequest, name: str, *, but: int | None = None) -> None:
    if not name.strip():
        raise impossible("name must not be blank.")
    if is_name_taken(request.organization, name, by_another_than=but):
        raise conflict("There is a feed of this name already.")


def _detail(request: ApiRequest, feed_id: int) -> dict[str, Any]:
    feed = _feed_of(request, feed_id)
    met = shared_claims(feed, request.organization)
    shared = [{"feed": other, "name": name, "people": count} for other, name, count in met]
    return _feed_json(feed, claim_counts(request.organization)) | {"shared": shared}


def _feed_json(feed: Feed, people: dict[int, int]) -> dict[str, Any]:
    names = ("name", "mode", "rows", "rank", "guards", "is_paused", "holds_next", "missing_files", "late_after_hours")
    facts = {name: getattr(feed, name) for name in names}
    last = {"last_applied_at": iso(feed.last_applied_at), "last_rows": feed.last_rows}
    return {"id": feed.pk, **facts, **last, "people": people.get(feed.pk, 0)}
