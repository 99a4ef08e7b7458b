"""The plan of a job: what it holds in numbers, line by line, and how the job came to be what it is."""

from typing import Any, Literal

from ninja import Query
from pydantic import Field

from orgsync.core.plan import ChangeKind
from orgsync.server.api.authentication import ApiRequest
from orgsync.server.api.errors import resource_not_found
from orgsync.server.api_v1.jobs import job_of
from orgsync.server.api_v1.operations import Resource
from orgsync.server.api_v1.paging import Listed, PageQuery, listed
from orgsync.server.api_v1.shapes import Id, Line, Shape, Text, iso
from orgsync.server.directory.models import Learner
from orgsync.server.tokens.scopes import Scope
from orgsync.server.uploads.media import RemovedMedia
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.planpages import PlanFile, PlanFilter, open_plan
from orgsync.server.uploads.queries import events_of

resource = Resource("plans", "What a job changes, or would change.")
MOST_TARGETS = 1_000


class KindShape(Shape):
    """How many lines of one kind of change."""

    kind: str
    count: int
    removes: bool = Field(description="Whether it takes something away.")


class TargetShape(Shape):
    """How many lines are about one group, pool or attribute."""

    target: str
    count: int


class PlanSummary(Shape):
    """A plan in numbers."""

    total: int
    kinds: list[KindShape]
    targets: list[TargetShape] = Field(description=f"The most frequent; at most {MOST_TARGETS:,}.")


class PlanLineShape(Shape):
    """One line of a plan."""

    kind: str
    learner: int | None = Field(description="Null, or not above 0, for somebody who is created by the plan.")
    row: int | None
    email: str | None
    name: str | None
    target: str | None
    before: str | None
    after: str | None


class PlanQuery(PageQuery):
    """Which lines are meant; what is empty does not narrow."""

    kind: Literal[("", *(kind.value for kind in ChangeKind))] = ""  # type: ignore[valid-type]  # the catalogue
    target: Text = Field("", description="The group, pool or attribute, as it is written in the plan.")
    q: Line = Field("", description="How an address, or a word of a name, begins.")
    learner: Id | None = None


class MessageShape(Shape):
    """Something that was found in a row, or in the file."""

    level: str
    code: str
    message: str
    row: int | None
    column: str | None
    count: int | None = None


class EventShape(Shape):
    """Something that happened to a job."""

    what: str
    at: str
    who: str | None


class EventList(Shape):
    """All that happened to a job."""

    items: list[EventShape]


@resource.get("/jobs/{int:job_id}/plan/summary", Scope.PLANS_READ, PlanSummary)
def show_plan(request: ApiRequest, job_id: Id) -> dict[str, Any]:
    """Say how much of what a plan holds."""
    plan = _plan_of(job_of(request, job_id))
    kinds = [{"kind": one.kind.value, "count": one.count, "removes": one.is_removal} for one in plan.kinds]
    targets = [{"target": target, "count": count} for target, count in plan.targets()[:MOST_TARGETS]]
    return {"total": plan.total, "kinds": kinds, "targets": targets}


@resource.get("/jobs/{int:job_id}/plan", Scope.PLANS_READ, Listed[PlanLineShape])
def list_plan(request: ApiRequest, job_id: Id, asked: Query[PlanQuery]) -> dict[str, Any]:
    """List the lines of a plan, in its order."""
    plan = _plan_of(job_of(request, job_id))
    only = None if asked.learner is None else _known(request, asked.learner)
    chosen = PlanFilter(asked.kind, asked.target, asked.q, only)
    page = plan.page(chosen, asked.after_id() or 0, size=asked.limit)
    lines = [
        {
            **{name: getattr(line, name) for name in ("kind", "email", "name", "target", "before", "after")},
            "learner": line.learner_id,
            "row": line.row_number,
        }
        for line in page.lines
    ]
    return listed(lines, page.next)


@resource.get("/jobs/{int:job_id}/messages", Scope.PLANS_READ, Listed[MessageShape])
def list_messages(request: ApiRequest, job_id: Id, asked: Query[PageQuery]) -> dict[str, Any]:
    """List what was found in the rows of a job's file."""
    messages, first = job_of(request, job_id).messages, asked.after_id() or 0
    end = first + asked.limit
    return listed(messages[first:end], end if end < len(messages) else None)


@resource.get("/jobs/{int:job_id}/events", Scope.PLANS_READ, EventList)
def list_events(request: ApiRequest, job_id: Id) -> dict[str, Any]:
    """List what happened to a job and who did it, in order."""
    events = events_of(job_of(request, job_id))
    return {
        "items": [{"what": one.what, "at": iso(one.at), "who": one.who.email if one.who else None} for one in events]
    }


def _known(request: ApiRequest, learner_id: int) -> frozenset[int]:
    mine = Learner.objects.filter(organization_id=request.organization.pk, id=learner_id)
    return frozenset(mine.values_list("id", flat=True))


def _plan_of(job: UploadJob) -> PlanFile:
    if job.plan is None:
        raise resource_not_found("The job has no plan.")
    try:
        return open_plan(job.plan)
    except (RemovedMedia, FileNotFoundError) as gone:
        raise resource_not_found("The plan is kept no longer.") from gone
