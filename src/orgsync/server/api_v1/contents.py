"""Content over the API, in the name of whoever made the token."""

from datetime import UTC, datetime
from typing import Any, Final, Literal

from django.db import transaction
from ninja import Query
from pydantic import Field

from orgsync.server.api.authentication import ApiRequest, creator_of
from orgsync.server.api.errors import access_denied
from orgsync.server.api_v1.listing import oldest_first
from orgsync.server.api_v1.operations import Resource
from orgsync.server.api_v1.paging import Listed, PageQuery
from orgsync.server.api_v1.refusals import existing
from orgsync.server.api_v1.shapes import Body, Flag, Id, Line, Shape, SmallNumber, Text, given, iso
from orgsync.server.learning.contents import archive_content, change_content, make_content
from orgsync.server.learning.contentvalues import ContentValues
from orgsync.server.learning.models import Content, ContentKind
from orgsync.server.learning.queries_contents import ContentFilter, chosen_contents
from orgsync.server.orgs.access import Permission, account_may
from orgsync.server.orgs.models import Account
from orgsync.server.tokens.scopes import Scope

resource = Resource("contents", "What can be learned: courses, collections, learning paths.")
_TEXTS: Final = ("key", "title", "provider", "url", "description", "language", "level")


class ContentShape(Shape):
    """Something to learn."""

    id: int
    kind: str
    key: str
    title: str
    provider: str
    url: str
    description: str
    language: str
    level: str
    skills: list[str]
    minutes: int | None
    archived_at: str | None


class ContentChange(Body):
    """What is to be otherwise; what is not named stays."""

    kind: ContentKind = ContentKind.COURSE
    key: Text = ""
    title: Text = ""
    provider: Line = ""
    url: Text = ""
    description: Text = ""
    language: Line = ""
    level: Line = ""
    skills: list[Line] = Field([], max_length=200)
    minutes: SmallNumber | None = None
    archived: Flag = Field(default=False, description="Offer it no longer, or again.")


class ContentBody(ContentChange):
    """A content that is made."""

    title: Text
    archived: Literal[False] = False


class ContentQuery(PageQuery):
    """Which content is meant; what is empty does not narrow."""

    q: Line = Field("", description="A part of title, provider or key.")
    kind: Line = ""
    provider: Line = ""
    skill: Line = ""
    language: Line = ""
    state: Literal["", "assigned", "archived"] = ""


@resource.get("/contents", Scope.DIRECTORY_READ, Listed[ContentShape])
def list_contents(request: ApiRequest, asked: Query[ContentQuery]) -> dict[str, Any]:
    """List content by id."""
    names = ("kind", "provider", "skill", "language", "state")
    chosen = ContentFilter(asked.q, **{name: getattr(asked, name) for name in names})
    return oldest_first(chosen_contents(request.organization.pk, chosen), asked, _content_json)


@resource.post("/contents", Scope.DIRECTORY_WRITE, ContentShape, status=201)
def make_content_item(request: ApiRequest, body: ContentBody) -> dict[str, Any]:
    """Make a content."""
    by, values = creator_of(request), _values(given(body), None)
    _check_may(request, by, values.kind)
    return _content_json(make_content(request.organization, values, by=by, now=datetime.now(UTC)))


@resource.get("/contents/{int:content_id}", Scope.DIRECTORY_READ, ContentShape)
def show_content(request: ApiRequest, content_id: Id) -> dict[str, Any]:
    """Show a content."""
    return _content_json(content_of(request, content_id))


@resource.patch("/contents/{int:content_id}", Scope.DIRECTORY_WRITE, ContentShape)
def change_content_item(request: ApiRequest, content_id: Id, body: ContentChange) -> dict[str, Any]:
    """Change what the body names of a content."""
    found, by, now = content_of(request, content_id), creator_of(request), datetime.now(UTC)
    _check_may(request, by, ContentKind(found.kind))
    with transaction.atomic():
        change_content(found, _values(given(body), found), now=now)
        if "archived" in body.model_fields_set:
            archive_content(found, now=now, archives=body.archived)
    return _content_json(found)


def content_of(request: ApiRequest, content_id: int) -> Content:
    """Return a content of the organization, or answer that there is none."""
    return existing(Content.objects.filter(organization=request.organization, id=content_id).first())


def _content_json(one: Content) -> dict[str, Any]:
    facts = {"id": one.pk, "kind": one.kind, **{name: getattr(one, name) for name in _TEXTS}, "skills": one.skills}
    minutes = None if one.seconds is None else one.seconds // 60
    return facts | {"minutes": minutes, "archived_at": iso(one.archived_at)}


def _values(sent: dict[str, Any], known: Content | None) -> ContentValues:
    """Return the values that were sent, over those of the known content."""
    before = _content_json(known) if known else {"kind": ContentKind.COURSE, "skills": [], "minutes": None}
    texts = {name: str(sent.get(name, before.get(name, ""))).strip() for name in _TEXTS}
    skills, minutes = (sent.get(name, before[name]) for name in ("skills", "minutes"))
    kind = ContentKind(sent.get("kind", before["kind"]))
    return ContentValues(kind=kind, skills=skills, minutes=minutes, **texts)


def _check_may(request: ApiRequest, by: Account, kind: ContentKind) -> None:
    needed = Permission.MANAGE_CONTENT if kind is ContentKind.COURSE else Permission.CURATE_CONTENT
    if not account_may(request.organization.pk, by, needed):
        raise access_denied("Whoever made this token may not do that.")
