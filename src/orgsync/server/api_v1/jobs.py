"""Jobs: the history, what is planned, and decisions in the name of whoever made the token, never on its own feed."""

from datetime import UTC, datetime
from typing import Any, Literal

from ninja import Query
from pydantic import Field

from orgsync.core.model import JobStatus
from orgsync.server.api.authentication import ApiRequest, creator_of
from orgsync.server.api.errors import ApiError, access_denied
from orgsync.server.api_v1.calls import MakerRequest
from orgsync.server.api_v1.jobshape import JobShape, job_shape, with_related
from orgsync.server.api_v1.listing import newest_first
from orgsync.server.api_v1.operations import Resource
from orgsync.server.api_v1.paging import Listed, PageQuery
from orgsync.server.api_v1.refusals import existing
from orgsync.server.api_v1.shapes import Body, Flag, Id, Line, Moment, Number, Text
from orgsync.server.orgs.access import Permission
from orgsync.server.tokens.scopes import Scope
from orgsync.server.uploads.decisions import approve_job, cancel_job, reject_job
from orgsync.server.uploads.models import JobKind, UploadJob
from orgsync.server.uploads.queries import JobFilter, chosen_jobs, find_job
from orgsync.server.uploads.undoing import start_undo

resource = Resource("jobs", "Every processing of a file, every edit and every undo, and the decisions on them.")


class JobQuery(PageQuery):
    """Which jobs are meant; what is empty does not narrow."""

    status: Literal[("", *(status.value for status in JobStatus))] = ""  # type: ignore[valid-type]  # the catalogue
    feed: Id | None = None
    kind: Literal[("", *JobKind.values)] = ""  # type: ignore[valid-type]  # the catalogue
    since: Moment | None = Field(None, description="Accepted at or after this time.")


class Approval(Body):
    """What is approved."""

    additionsOnly: Flag = Field(default=False, description="Apply now what takes nothing away; the rest waits.")  # noqa: N815
    plan: Line | None = Field(
        default=None, description="The job's `plan` that was looked at: another one by now is a 412."
    )


class Rejection(Body):
    """Why a job is rejected."""

    why: Text = ""


class Undo(Body):
    """How a job is undone."""

    dryRun: Flag = Field(default=False, description="Show what the undo would do, and change nothing.")  # noqa: N815
    people: list[Number] = Field(default=[], max_length=10_000, description="Ids of learners; none: everybody.")


@resource.get("/jobs", Scope.PLANS_READ, Listed[JobShape])
def list_jobs(request: ApiRequest, asked: Query[JobQuery]) -> dict[str, Any]:
    """List jobs of all feeds, the newest first."""
    chosen = JobFilter(feed_id=asked.feed, status=asked.status, since=asked.since)
    found = with_related(chosen_jobs(request.organization, chosen))
    if asked.kind:
        found = found.filter(kind=asked.kind)
    return newest_first(found, asked, job_shape)


@resource.get("/jobs/{int:job_id}", Scope.PLANS_READ, JobShape)
def show_job(request: ApiRequest, job_id: Id) -> dict[str, Any]:
    """Show a job of whatever feed of the organization, with why it is held."""
    return job_shape(job_of(request, job_id))


@resource.post("/jobs/{int:job_id}/approve", Scope.JOBS_APPROVE, JobShape)
def approve(request: ApiRequest, job_id: Id, body: Approval = Approval()) -> dict[str, Any]:  # noqa: B008  it never changes
    """Approve the plan that a job is held with."""
    job, now = _of_another_feed(request, job_id), datetime.now(UTC)
    if body.plan is not None and (job.plan is None or job.plan.public_id != body.plan):
        raise ApiError(412, "PLAN_CHANGED", "The job has another plan by now. Nothing was changed: look at it first.")
    is_approved = approve_job(job, by=creator_of(request), now=now, additions_only=body.additionsOnly)
    text = "is approved and will be applied." if is_approved else "has its first approval; it needs a second person."
    return _told(request, job_id, f"Job {job_id} {text}")


@resource.post("/jobs/{int:job_id}/reject", Scope.JOBS_APPROVE, JobShape)
def reject(request: ApiRequest, job_id: Id, body: Rejection = Rejection()) -> dict[str, Any]:  # noqa: B008  it never changes
    """End a held job; nothing of it is applied."""
    job = _of_another_feed(request, job_id)
    reject_job(job, by=creator_of(request), now=datetime.now(UTC), why=body.why[:500])
    return _told(request, job_id, f"Job {job_id} is rejected; nothing of it is applied.")


@resource.post("/jobs/{int:job_id}/cancel", Scope.JOBS_APPROVE, JobShape, permission=Permission.DECIDE)
def cancel(request: MakerRequest, job_id: Id) -> dict[str, Any]:
    """End a job that nobody has to decide on and that has not begun to apply."""
    cancel_job(_of_another_feed(request, job_id), by=request.admin.account, now=datetime.now(UTC))
    return _told(request, job_id, f"Job {job_id} is cancelled; nothing of it is applied.")


@resource.post("/jobs/{int:job_id}/undo", Scope.JOBS_UNDO, JobShape, status=201)
def undo(request: ApiRequest, job_id: Id, body: Undo = Undo()) -> dict[str, Any]:  # noqa: B008  it never changes
    """Undo an applied job, for everybody or for some people, by a job of its own.

    Of a dry run of an undo it makes the undo that it has shown.
    """
    job, by, chosen = _of_another_feed(request, job_id), creator_of(request), body.people
    if job.kind == JobKind.UNDO and job.is_dry_run and job.undoes is not None and job.status == JobStatus.DONE:
        job, chosen = job.undoes, job.chosen
    made = start_undo(job, by=by, now=datetime.now(UTC), chosen=chosen, is_dry_run=body.dryRun)
    what = "says what the undo of" if body.dryRun else "undoes"
    end = " would do" if body.dryRun else ""
    return _told(request, made.public_id, f"Job {made.public_id} {what} job {job.public_id}{end}.")


def job_of(request: ApiRequest, job_id: int) -> UploadJob:
    """Return a job of the organization; anybody else's is not found."""
    return existing(find_job(request.organization, job_id))


def _told(request: ApiRequest, job_id: int, message: str) -> dict[str, Any]:
    return job_shape(job_of(request, job_id)) | {"message": message}


def _of_another_feed(request: ApiRequest, job_id: int) -> UploadJob:
    job = job_of(request, job_id)
    if job.feed_id == request.token.feed_id:
        raise access_denied("A token decides on no job of its own feed: whoever sends must not approve.")
    return job
