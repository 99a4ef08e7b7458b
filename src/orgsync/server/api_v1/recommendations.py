"""Rules by which content is recommended to people who have a value of an attribute."""

from datetime import UTC, datetime
from typing import Any, Final

from django.db.models import Q
from ninja import Query, Schema
from pydantic import Field

from orgsync.core.normalize import fold_key
from orgsync.server.api.authentication import ApiRequest
from orgsync.server.api.errors import resource_not_found
from orgsync.server.api_v1.calls import MakerRequest
from orgsync.server.api_v1.listing import newest_first
from orgsync.server.api_v1.operations import Resource
from orgsync.server.api_v1.paging import Listed, PageQuery
from orgsync.server.api_v1.shapes import Body, Id, Line, Number, Shape, iso
from orgsync.server.learning.models import RecommendationRule
from orgsync.server.learning.recommending.rules import (
    Wanted,
    attributes_of,
    count_people,
    make_rule,
    remove_rule,
    values_of,
)
from orgsync.server.orgs.access import Permission
from orgsync.server.tokens.scopes import Scope

resource = Resource("recommendations", "Which people are recommended which content.")
_CHANGE: Final[dict[str, Any]] = {"permission": Permission.RECOMMEND_CONTENT}
MOST_VALUES: Final = 200


class RecommendationShape(Shape):
    """A rule."""

    id: int
    attribute: str
    value: str
    content: int | None
    skill: str
    why: str
    made_at: str


class RecommendationBody(Body):
    """A rule that is made: content or a skill, not both."""

    attribute: Line
    value: str = Field(min_length=1, max_length=200)
    content: Number | None = None
    skill: str = Field("", max_length=200, description="Whatever content teaches it.")
    why: str = Field("", max_length=200, description="What people read about it.")


class RecommendationQuery(PageQuery):
    """Which rules are meant."""

    q: Line = Field("", description="A part of the value or the skill.")


class RemovedRule(Shape):
    """A rule that is gone."""

    id: int


class MeantQuery(Schema):
    """Who is meant."""

    attribute: Line
    value: str = Field("", max_length=200)


class MeantShape(Shape):
    """How many a rule would mean."""

    count: int
    values: list[str] = Field(description=f"Values that people have, {MOST_VALUES} at most.")
    attributes: list[str] = Field(description="What a rule may ask about.")


@resource.get("/recommendation-rules", Scope.DIRECTORY_READ, Listed[RecommendationShape])
def list_recommendation_rules(request: ApiRequest, asked: Query[RecommendationQuery]) -> dict[str, Any]:
    """List the rules, the newest first."""
    found = RecommendationRule.objects.filter(organization=request.organization)
    if text := asked.q.strip():
        found = found.filter(Q(value_key__contains=fold_key(text)) | Q(skill__icontains=text))
    return newest_first(found, asked, _rule_json)


@resource.post("/recommendation-rules", Scope.DIRECTORY_WRITE, RecommendationShape, status=201, **_CHANGE)
def make_recommendation_rule(request: MakerRequest, body: RecommendationBody) -> dict[str, Any]:
    """Make a rule, or answer the one that is there already."""
    wanted = Wanted(body.attribute, body.value, body.content, body.skill, body.why)
    return _rule_json(make_rule(request.organization, wanted, by=request.admin.account, now=datetime.now(UTC)))


@resource.delete("/recommendation-rules/{int:rule_id}", Scope.DIRECTORY_WRITE, RemovedRule, **_CHANGE)
def remove_recommendation_rule(request: MakerRequest, rule_id: Id) -> dict[str, Any]:
    """Remove a rule."""
    if not remove_rule(request.organization, rule_id, now=datetime.now(UTC)):
        raise resource_not_found()
    return {"id": rule_id}


@resource.get("/recommendation-rules/people", Scope.DIRECTORY_READ, MeantShape)
def count_recommended(request: ApiRequest, asked: Query[MeantQuery]) -> dict[str, Any]:
    """Say how many people a rule would mean, and which values there are."""
    organization_id = request.organization.pk
    return {
        "count": count_people(organization_id, asked.attribute, asked.value) if asked.value.strip() else 0,
        "values": list(values_of(organization_id, asked.attribute))[:MOST_VALUES],
        "attributes": attributes_of(organization_id),
    }


def _rule_json(one: RecommendationRule) -> dict[str, Any]:
    facts = {name: getattr(one, name) for name in ("attribute", "value", "skill", "why")}
    return {"id": one.pk, **facts, "content": one.content_id, "made_at": iso(one.made_at)}
