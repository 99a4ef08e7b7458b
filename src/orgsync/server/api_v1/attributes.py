"""Attributes that the organization's files have made, and values that differ in their spelling alone."""

from datetime import UTC, datetime
from typing import Any

from ninja import Query, Schema
from pydantic import Field

from orgsync.core.edits import Edit
from orgsync.server.api.authentication import ApiRequest
from orgsync.server.api_v1.calls import MakerRequest
from orgsync.server.api_v1.jobshape import JobShape, done_or_refused
from orgsync.server.api_v1.learnershape import public_ids
from orgsync.server.api_v1.operations import Resource
from orgsync.server.api_v1.paging import Listed, PageQuery, listed
from orgsync.server.api_v1.refusals import conflict, impossible
from orgsync.server.api_v1.shapes import Body, Line, Shape, iso
from orgsync.server.directory.models import CustomAttribute
from orgsync.server.directory.spellings import MERGEABLE, TooManyValues, people_spelled, spelling_key, spellings_of
from orgsync.server.orgs.access import Permission
from orgsync.server.tokens.scopes import Scope
from orgsync.server.uploads.edits import plan_same

resource = Resource("attributes", "Attributes of the organization's own, and values in several spellings.")


class AttributeShape(Shape):
    """An attribute that a file has made."""

    id: int
    name: str
    created_at: str
    job: int | None = Field(description="The job whose file named it first.")


class SpellingQuery(Schema):
    """Which attribute is looked at."""

    attribute: str = Field(MERGEABLE[0], max_length=255)


class SpelledShape(Shape):
    """A spelling, and how many people have it."""

    value: str
    people: int


class SpellingsShape(Shape):
    """A value in its spellings, the most used first."""

    values: list[SpelledShape]


class SpellingsList(Shape):
    """All values that are written in several ways."""

    items: list[SpellingsShape]


class SameBody(Body):
    """The spelling that stays."""

    attribute: Line
    keep: Line


@resource.get("/attributes", Scope.DIRECTORY_READ, Listed[AttributeShape])
def list_custom_attributes(request: ApiRequest, page: Query[PageQuery]) -> dict[str, Any]:
    """List the attributes that the organization's files have made, the oldest first."""
    found = CustomAttribute.objects.filter(organization=request.organization, id__gt=page.after_id() or 0)
    rows = list(found.order_by("id")[: page.limit + 1])
    shown = rows[: page.limit]
    jobs = public_ids(request.organization.pk, [one.created_job_id for one in shown])
    items = [
        {"id": one.pk, "name": one.name, "created_at": iso(one.created_at), "job": jobs.get(one.created_job_id or 0)}
        for one in shown
    ]
    return listed(items, shown[-1].pk if len(rows) > page.limit else None)


@resource.get("/spellings", Scope.DIRECTORY_READ, SpellingsList)
def list_spellings(request: ApiRequest, asked: Query[SpellingQuery]) -> dict[str, Any]:
    """List the values of an attribute that are written in several ways."""
    found = _spellings(request, asked.attribute)
    return {"items": [{"values": [{"value": value, "people": count} for value, count in one]} for one in found]}


@resource.post("/spellings/merge", Scope.DIRECTORY_WRITE, JobShape, status=202, permission=Permission.MERGE_PEOPLE)
def merge_spellings(request: MakerRequest, body: SameBody) -> dict[str, Any]:
    """Plan that everybody who has another spelling of a value gets the one that stays; the plan waits for a word."""
    known = [value for one in _spellings(request, body.attribute) for value, _count in one]
    others = [value for value in known if value != body.keep and spelling_key(value) == spelling_key(body.keep)]
    if body.keep not in known or not others:
        raise conflict("keep is no value that is written in several ways.")
    people = people_spelled(request.organization.pk, body.attribute, others)
    edit, note = Edit(0, "", values={body.attribute: body.keep}), f"Spelling of {body.keep}"
    job = plan_same(request.organization, edit, [people], request.admin.account, note=note, now=datetime.now(UTC))
    return done_or_refused(job)


def _spellings(request: ApiRequest, attribute: str) -> list[list[tuple[str, int]]]:
    custom = CustomAttribute.objects.filter(organization=request.organization, name=attribute)
    if attribute not in MERGEABLE and not custom.exists():
        raise impossible("attribute: it has no values that people share.")
    try:
        return [list(one.values) for one in spellings_of(request.organization.pk, attribute)]
    except TooManyValues as too_many:
        raise conflict("The attribute has too many different values.") from too_many
