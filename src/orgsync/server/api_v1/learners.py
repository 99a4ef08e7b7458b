"""Learners: find them, see one of them, and what happened to them."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any, Final, Literal

from ninja import Query, Schema
from pydantic import Field

from orgsync.core.columns import ATTRIBUTE_NAMES
from orgsync.server.api.authentication import ApiRequest
from orgsync.server.api_v1.learnershape import LearnerDetail, LearnerShape, learner_detail, learner_json, public_ids
from orgsync.server.api_v1.operations import Resource
from orgsync.server.api_v1.paging import CURSOR, Listed, PageQuery, listed, read_cursor, wrong_cursor
from orgsync.server.api_v1.refusals import existing, impossible
from orgsync.server.api_v1.shapes import Id, Line, Shape, Text, iso
from orgsync.server.directory.criteria import NONE, Criteria
from orgsync.server.directory.meant import ids_meant
from orgsync.server.directory.models import CustomAttribute, Learner, LicenseState
from orgsync.server.directory.queries import people_in_order
from orgsync.server.directory.timeline import Subject, timeline_of
from orgsync.server.tokens.scopes import Scope

resource = Resource("learners", "The people of the directory.")
States: Final = ("", *LicenseState.values, NONE)
SUBJECTS: Final[dict[str, Collection[Subject]]] = {
    "": tuple(Subject),
    "values": (Subject.ATTRIBUTE, Subject.LEARNER, Subject.REMOVAL),
    "groups": (Subject.GROUP,),
    "licenses": (Subject.LICENSE,),
    "assignments": (Subject.ASSIGNMENT,),
    "feeds": (Subject.CLAIM,),
}


class LearnerFilter(Schema):
    """Which people are meant; what is empty does not narrow."""

    q: Line = Field("", description="Words that begin a name, an address or a unique user id.")
    status: Literal["", "active", "inactive"] = ""
    department: Line = ""
    group: Id | None = None
    pool: Id | None = None
    license: Literal[States] = Field("", description="How they stand with the pool, or with any; `none`: no license.")  # type: ignore[valid-type]  # the catalogue
    feed: Id | None = Field(None, description="Claimed by this feed.")
    also_feed: Id | None = Field(None, description="Claimed by this feed too.")
    unclaimed: bool = Field(default=False, description="Claimed by no feed.")
    attribute: Line = Field("", description="With `value`: whose attribute is exactly that; without: is empty.")
    value: Text = ""

    def criteria(self, organization_id: int) -> Criteria:
        """Return who is meant; raise ApiError for an attribute that there is not."""
        if self.attribute:
            check_attributes(organization_id, [self.attribute])
        return Criteria(
            text=self.q,
            is_active={"active": True, "inactive": False}.get(self.status),
            group_id=self.group,
            pool_id=self.pool,
            license_state=self.license,
            feed_id=self.feed,
            also_feed_id=self.also_feed,
            is_unclaimed=self.unclaimed,
            department=self.department,
            attribute=self.attribute,
            value=self.value,
        )


class LearnerQuery(PageQuery, LearnerFilter):
    """Which page of which people."""


class FactShape(Shape):
    """One thing that became another."""

    subject: str
    name: str = Field(description="An attribute's name, or the id of a group, pool, assignment or feed.")
    before: str | None
    after: str | None
    row: int | None


class MomentShape(Shape):
    """What one job, or one person by hand, did at one time."""

    at: str
    job: int | None
    facts: list[FactShape]


class TimelineQuery(Schema):
    """Which part of a timeline; a page has at most 30 moments."""

    about: Literal[tuple(SUBJECTS)] = ""  # type: ignore[valid-type]  # the table above
    cursor: str = CURSOR

    def before(self) -> datetime | None:
        """Return the moment that the cursor names; raise ApiError."""
        if not self.cursor:
            return None
        try:
            return datetime.fromisoformat(read_cursor(self.cursor, [str])[0]).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise wrong_cursor() from error


@resource.get("/learners", Scope.DIRECTORY_READ, Listed[LearnerShape])
def list_learners(request: ApiRequest, asked: Query[LearnerQuery]) -> dict[str, Any]:
    """List people by id."""
    organization_id = request.organization.pk
    criteria = asked.criteria(organization_id)
    ids = ids_meant(organization_id, criteria, after=asked.after_id() or 0, size=asked.limit + 1)
    shown = ids[: asked.limit]
    people = people_in_order(organization_id, shown)
    return listed([learner_json(one) for one in people], shown[-1] if len(ids) > asked.limit else None)


@resource.get("/learners/{int:learner_id}", Scope.DIRECTORY_READ, LearnerDetail)
def show_learner(request: ApiRequest, learner_id: Id) -> dict[str, Any]:
    """Show a person, with where every value comes from and why they are in each group."""
    return learner_detail(learner_of(request, learner_id))


@resource.get("/learners/{int:learner_id}/timeline", Scope.DIRECTORY_READ, Listed[MomentShape])
def list_timeline(request: ApiRequest, learner_id: Id, asked: Query[TimelineQuery]) -> dict[str, Any]:
    """List what happened to a person, the newest first."""
    learner = learner_of(request, learner_id)
    timeline = timeline_of(learner, before=asked.before(), about=SUBJECTS[asked.about])
    jobs = public_ids(learner.organization_id, [moment.job_id for moment in timeline.moments])
    items = [
        {
            "at": iso(moment.at),
            "job": jobs.get(moment.job_id or 0),
            "facts": [
                {
                    "subject": fact.subject.value,
                    "name": str(fact.name),
                    "before": None if fact.before is None else str(fact.before),
                    "after": None if fact.after is None else str(fact.after),
                    "row": fact.row_number,
                }
                for fact in moment.facts
            ],
        }
        for moment in timeline.moments
    ]
    older = iso(timeline.older)
    return listed(items, None if older is None else [older])


def learner_of(request: ApiRequest, learner_id: int) -> Learner:
    """Return a person of the organization, or answer that there is none."""
    return existing(Learner.objects.filter(organization_id=request.organization.pk, id=learner_id).first())


def check_attributes(organization_id: int, names: Iterable[str]) -> None:
    """Raise ApiError unless people of the organization have all of these attributes."""
    if not (asked := set(names) - set(ATTRIBUTE_NAMES)):
        return
    known = CustomAttribute.objects.filter(organization_id=organization_id, name__in=asked)
    if missing := asked - set(known.values_list("name", flat=True)):
        raise impossible(f"There is no attribute {min(missing)!a}.")
