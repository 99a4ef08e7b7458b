"""Curation: of what paths and collections consist, who sees a content, and how people stand with it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal

from django.db import transaction
from ninja import Query
from pydantic import Field

from orgsync.server.api.authentication import ApiRequest
from orgsync.server.api_v1.assignments import assignment_of
from orgsync.server.api_v1.calls import MakerRequest
from orgsync.server.api_v1.contents import content_of
from orgsync.server.api_v1.operations import Resource
from orgsync.server.api_v1.paging import Listed, PageQuery, listed
from orgsync.server.api_v1.refusals import impossible
from orgsync.server.api_v1.shapes import Body, Id, Number, Shape, iso
from orgsync.server.directory.models import Group, Learner
from orgsync.server.learning.contents import set_audience, set_parts
from orgsync.server.learning.models import Content, LearnerAssignment
from orgsync.server.learning.queries_assignments import VIEWS, links_of, page_of_people
from orgsync.server.learning.queries_contents import audience_groups, parts_of, wholes_of
from orgsync.server.orgs.access import EVERYBODY, Permission
from orgsync.server.orgs.zones import day_of
from orgsync.server.tokens.scopes import Scope

resource = Resource("curation", "Of what content consists, who sees it, and how people stand with it.")
_CURATE: Final[dict[str, Any]] = {"permission": Permission.CURATE_CONTENT}


class CurationShape(Shape):
    """How a content is put together."""

    parts: list[int] = Field(description="Ids of what it consists of, in order.")
    part_of: list[int] = Field(description="Ids of the paths and collections that it is part of.")
    groups: list[int] = Field(description="Ids of the groups whose people see it; none: everybody.")


class CurationBody(Body):
    """What is to be otherwise; what is not named stays."""

    parts: list[Number] | None = Field(None, max_length=1_000)
    groups: list[Number] | None = Field(None, max_length=1_000)


class StandingShape(Shape):
    """How a person stands with an assignment."""

    learner: int
    primary_email_address: str
    assignment: int
    content: int
    state: str
    due_on: str | None
    since: str
    until: str | None


class StandingQuery(PageQuery):
    """Who is meant."""

    view: Literal[tuple(VIEWS)] = VIEWS[0]  # type: ignore[valid-type]  # the catalogue


@resource.get("/contents/{int:content_id}/curation", Scope.DIRECTORY_READ, CurationShape)
def show_curation(request: ApiRequest, content_id: Id) -> dict[str, Any]:
    """Show of what a content consists and who sees it."""
    return _curation_json(content_of(request, content_id))


@resource.patch("/contents/{int:content_id}/curation", Scope.DIRECTORY_WRITE, CurationShape, **_CURATE)
def curate(request: MakerRequest, content_id: Id, body: CurationBody) -> dict[str, Any]:
    """Say of what a path or a collection consists, or who sees a content."""
    found, now = content_of(request, content_id), datetime.now(UTC)
    with transaction.atomic():
        if body.parts is not None:
            mine = Content.objects.filter(organization=request.organization).in_bulk(body.parts)
            set_parts(found, _in_order(mine, body.parts, "parts"), now=now)
        if body.groups is not None:
            groups = Group.objects.filter(organization=request.organization).in_bulk(body.groups)
            set_audience(found, _in_order(groups, list(dict.fromkeys(body.groups)), "groups"), now=now)
    return _curation_json(content_of(request, content_id))


@resource.get("/contents/{int:content_id}/people", Scope.DIRECTORY_READ, Listed[StandingShape])
def list_people_of_content(request: ApiRequest, content_id: Id, asked: Query[StandingQuery]) -> dict[str, Any]:
    """List who has a content assigned and stands so with it; a page names whole people."""
    return _people(request, asked, content_id=content_of(request, content_id).pk)


@resource.get("/assignments/{int:assignment_id}/people", Scope.DIRECTORY_READ, Listed[StandingShape])
def list_people_of_assignment(request: ApiRequest, assignment_id: Id, asked: Query[StandingQuery]) -> dict[str, Any]:
    """List whom an assignment has reached and who stand so with it."""
    return _people(request, asked, assignment_id=assignment_of(request, assignment_id).pk)


def _people(request: ApiRequest, asked: StandingQuery, **which: int) -> dict[str, Any]:
    organization = request.organization
    today = day_of(datetime.now(UTC), organization)
    links = links_of(organization.pk, asked.view, today=today, within=EVERYBODY, **which)
    page = page_of_people(organization.pk, links, after=asked.after_id(), size=asked.limit)
    return listed([_standing_json(one, link) for one, link in page.lines], page.after)


def _standing_json(one: Learner, link: LearnerAssignment) -> dict[str, Any]:
    return {
        "learner": one.id,
        "primary_email_address": one.primary_email_address,
        "assignment": link.assignment_id,
        "content": link.content_id,
        "state": link.state,
        "due_on": link.due_on and link.due_on.isoformat(),
        "since": iso(link.since),
        "until": iso(link.until),
    }


def _curation_json(content: Content) -> dict[str, Any]:
    return {
        "parts": [one.pk for one in parts_of(content)],
        "part_of": [one.pk for one in wholes_of(content)],
        "groups": [one.pk for one in audience_groups(content)],
    }


def _in_order(found: dict[int, Any], ids: Sequence[int], name: str) -> list[Any]:
    if missing := [one for one in ids if one not in found]:
        raise impossible(f"{name}: there is no {missing[0]}.")
    return [found[one] for one in ids]
