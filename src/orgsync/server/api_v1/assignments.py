"""Assignments over the API, in the name of whoever made the token."""

from datetime import UTC, date, datetime
from typing import Any, Final, Literal

from ninja import Query
from pydantic import Field

from orgsync.core.assigning import Audience, AudienceKind, Due, DueKind
from orgsync.core.normalize import fold_key
from orgsync.server.api.authentication import ApiRequest, creator_of
from orgsync.server.api_v1.contents import content_of
from orgsync.server.api_v1.learners import learner_of
from orgsync.server.api_v1.operations import Resource
from orgsync.server.api_v1.paging import Listed, PageQuery, listed
from orgsync.server.api_v1.refusals import existing, impossible
from orgsync.server.api_v1.shapes import Body, Flag, Id, Line, Number, Shape, SmallNumber, Text, iso
from orgsync.server.directory.models import Group
from orgsync.server.learning.models import Assignment
from orgsync.server.learning.queries_assignments import (
    AssignedContent,
    AssignmentLine,
    assigned_to,
    assignments_seen,
    lines_of,
    page_of_assignments,
)
from orgsync.server.orgs.access import EVERYBODY
from orgsync.server.orgs.zones import day_of
from orgsync.server.tokens.scopes import Scope
from orgsync.server.uploads.assigning import Terms, assign, end_assignments
from orgsync.server.uploads.models import UploadJob

resource = Resource("assignments", "Who is to learn what until when.")
_COUNTED_FROM: Final = {"reaching": DueKind.AFTER_REACHING, "start": DueKind.AFTER_START}


class AudienceShape(Shape):
    """Who is meant."""

    kind: str
    group: int | None
    learner: int | None
    attribute: str | None
    value: str | None


class DueShape(Shape):
    """Until when."""

    kind: str
    on: str | None
    days: int | None


class Counts(Shape):
    """How many people stand how."""

    open: int
    overdue: int
    completed: int
    closed: int


class AssignmentShape(Shape):
    """A content that is assigned."""

    id: int
    content: int
    audience: AudienceShape
    due: DueShape
    note: str
    begun_at: str | None
    ended_at: str | None
    counts: Counts


class AssignedShape(Shape):
    """What is assigned to a person, and how far they are."""

    assignment: int
    content: int
    title: str
    state: str
    is_overdue: bool
    due_on: str | None
    since: str
    until: str | None
    percent: int


class AssignedList(Shape):
    """All that is assigned to a person."""

    items: list[AssignedShape]


class QueuedShape(Shape):
    """The job that does what was asked for."""

    job: str
    status: str


class AssignmentBody(Body):
    """Give `group`, `learner`, `attribute` with `value`, or `everybody`."""

    content: Number
    everybody: Flag = False
    group: Line | None = Field(None, description="A group's name.")
    learner: Number | None = None
    attribute: Line | None = None
    value: Line | None = None
    due_on: date | None = None
    due_days: SmallNumber | None = None
    due_from: Literal["reaching", "start"] = "reaching"
    reminder_days: list[SmallNumber] = Field([], max_length=20)
    note: Text = ""
    asks_first: Flag = Field(default=False, description="Wait for a word on the plan.")


class EndBody(Body):
    """How an assignment ends."""

    asks_first: Flag = Field(default=False, description="Wait for a word on the plan.")


@resource.get("/assignments", Scope.DIRECTORY_READ, Listed[AssignmentShape])
def list_assignments(request: ApiRequest, page: Query[PageQuery]) -> dict[str, Any]:
    """List assignments, the newest first, with how many people stand how."""
    organization = request.organization
    seen = assignments_seen(organization.pk, EVERYBODY).order_by("-id")
    found = page_of_assignments(seen, after=page.after_id(), size=page.limit)
    lines = lines_of(organization.pk, found.assignments, today=day_of(datetime.now(UTC), organization))
    return listed([_assignment_json(line) for line in lines], found.after)


@resource.post("/assignments", Scope.DIRECTORY_WRITE, QueuedShape, status=202)
def make_assignment(request: ApiRequest, body: AssignmentBody) -> dict[str, Any]:
    """Queue the job that assigns a content; it is applied unless a guard holds it."""
    by, content, now = creator_of(request), content_of(request, body.content), datetime.now(UTC)
    audience = _audience(request, body)
    terms = Terms(_due(body), body.reminder_days, body.note)
    return _queued(assign(request.organization, content, [audience], terms, by=by, now=now, asks_first=body.asks_first))


@resource.post("/assignments/{int:assignment_id}/end", Scope.DIRECTORY_WRITE, QueuedShape, status=202)
def end_assignment(request: ApiRequest, assignment_id: Id, body: EndBody = EndBody()) -> dict[str, Any]:  # noqa: B008  it never changes
    """Queue the job that ends an assignment; guards look at what it closes."""
    by, now = creator_of(request), datetime.now(UTC)
    found = assignment_of(request, assignment_id)
    return _queued(end_assignments(request.organization, [found], by=by, now=now, asks_first=body.asks_first))


@resource.get("/learners/{int:learner_id}/assignments", Scope.DIRECTORY_READ, AssignedList)
def list_assigned(request: ApiRequest, learner_id: Id) -> dict[str, Any]:
    """List what is assigned to a person and how far they are."""
    organization, learner = request.organization, learner_of(request, learner_id)
    found = assigned_to(organization.pk, learner.id, today=day_of(datetime.now(UTC), organization))
    return {"items": [_assigned_json(one) for one in found]}


def assignment_of(request: ApiRequest, assignment_id: int) -> Assignment:
    """Return an assignment of the organization, or answer that there is none."""
    return existing(Assignment.objects.filter(organization=request.organization, id=assignment_id).first())


def _queued(job: UploadJob) -> dict[str, Any]:
    return {"job": str(job.public_id), "status": job.status}


def _assignment_json(line: AssignmentLine) -> dict[str, Any]:
    one = line.assignment
    audience = {"kind": one.audience, "group": one.group_id, "learner": one.learner_id}
    audience |= {"attribute": one.attribute or None, "value": one.value or None}
    due = {"kind": one.due, "on": one.due_on and one.due_on.isoformat(), "days": one.due_days}
    counts = {"open": line.open, "overdue": line.overdue, "completed": line.completed, "closed": line.closed}
    return {
        "id": one.pk,
        "content": one.content_id,
        "audience": audience,
        "due": due,
        "note": one.note,
        "begun_at": iso(one.begun_at),
        "ended_at": iso(one.ended_at),
        "counts": counts,
    }


def _assigned_json(one: AssignedContent) -> dict[str, Any]:
    link = one.link
    return {
        "assignment": link.assignment_id,
        "content": link.content_id,
        "title": one.content.title,
        "state": link.state,
        "is_overdue": one.is_overdue,
        "due_on": link.due_on and link.due_on.isoformat(),
        "since": link.since.isoformat(),
        "until": iso(link.until),
        "percent": one.percent,
    }


def _audience(request: ApiRequest, body: AssignmentBody) -> Audience:
    if body.everybody:
        return Audience(AudienceKind.EVERYBODY)
    if body.group is not None:
        group = Group.objects.filter(organization=request.organization, name_key=fold_key(body.group.strip())).first()
        if group is None:
            raise impossible("There is no group of that name.")
        return Audience(AudienceKind.GROUP, group_id=group.pk)
    if body.learner is not None:
        return Audience(AudienceKind.PERSON, learner_id=body.learner)
    if body.attribute is None or body.value is None:
        raise impossible("Give group, learner, attribute with value, or everybody: true.")
    return Audience(AudienceKind.ATTRIBUTE, attribute=body.attribute, value=body.value)


def _due(body: AssignmentBody) -> Due:
    if body.due_on is not None:
        return Due(DueKind.ON_DATE, on=body.due_on)
    return Due() if body.due_days is None else Due(_COUNTED_FROM[body.due_from], days=body.due_days)
