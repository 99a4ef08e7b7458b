"""Decisions on jobs: in the name of whoever made the token, never on its own feed."""

from datetime import UTC, datetime
from typing import Any

from pydantic import Field

from orgsync.server.api.authentication import ApiRequest, creator_of
from orgsync.server.api.errors import access_denied, resource_not_found
from orgsync.server.api_v1.jobshape import JobShape, job_shape
from orgsync.server.api_v1.operations import Resource
from orgsync.server.api_v1.shapes import Body, Flag, Id, Text
from orgsync.server.tokens.scopes import Scope
from orgsync.server.uploads.decisions import approve_job, reject_job
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.queries import find_job
from orgsync.server.uploads.undoing import start_undo

resource = Resource("jobs", "Every processing of a file, every edit and every undo, with its plan and what holds it.")


class Approval(Body):
    """What is approved."""

    additionsOnly: Flag = Field(default=False, description="Apply now what takes nothing away; the rest waits.")  # noqa: N815


class Rejection(Body):
    """Why a job is rejected."""

    why: Text = ""


class Undo(Body):
    """How a job is undone."""

    dryRun: Flag = Field(default=False, description="Show what the undo would do, and change nothing.")  # noqa: N815


@resource.get("/jobs/{int:job_id}", Scope.PLANS_READ, JobShape)
def show_job(request: ApiRequest, job_id: Id) -> dict[str, Any]:
    """Show a job of whatever feed of the organization, with why it is held."""
    return job_shape(job_of(request, job_id))


@resource.post("/jobs/{int:job_id}/approve", Scope.JOBS_APPROVE, JobShape)
def approve(request: ApiRequest, job_id: Id, body: Approval = Approval()) -> dict[str, Any]:  # noqa: B008  it never changes
    """Approve the plan that a job is held with."""
    job, now = _of_another_feed(request, job_id), datetime.now(UTC)
    is_approved = approve_job(job, by=creator_of(request), now=now, additions_only=body.additionsOnly)
    text = "is approved and will be applied." if is_approved else "has its first approval; it needs a second person."
    return _told(request, job_id, f"Job {job_id} {text}")


@resource.post("/jobs/{int:job_id}/reject", Scope.JOBS_APPROVE, JobShape)
def reject(request: ApiRequest, job_id: Id, body: Rejection = Rejection()) -> dict[str, Any]:  # noqa: B008  it never changes
    """End a held job; nothing of it is applied."""
    job = _of_another_feed(request, job_id)
    reject_job(job, by=creator_of(request), now=datetime.now(UTC), why=body.why[:500])
    return _told(request, job_id, f"Job {job_id} is rejected; nothing of it is applied.")


@resource.post("/jobs/{int:job_id}/undo", Scope.JOBS_UNDO, JobShape, status=201)
def undo(request: ApiRequest, job_id: Id, body: Undo = Undo()) -> dict[str, Any]:  # noqa: B008  it never changes
    """Undo an applied job by a job of its own."""
    job = _of_another_feed(request, job_id)
    made = start_undo(job, by=creator_of(request), now=datetime.now(UTC), is_dry_run=body.dryRun)
    what = "says what the undo of" if body.dryRun else "undoes"
    end = " would do" if body.dryRun else ""
    return _told(request, made.public_id, f"Job {made.public_id} {what} job {job_id}{end}.")


def job_of(request: ApiRequest, job_id: int) -> UploadJob:
    """Return a job of the organization; anybody else's is not found."""
    found = find_job(request.organization, job_id)
    if found is None:
        raise resource_not_found()
    return found


def _told(request: ApiRequest, job_id: int, message: str) -> dict[str, Any]:
    return job_shape(job_of(request, job_id)) | {"message": message}


def _of_another_feed(request: ApiRequest, job_id: int) -> UploadJob:
    job = job_of(request, job_id)
    if job.feed_id == request.token.feed_id:
        raise access_denied("A token decides on no job of its own feed: whoever sends must not approve.")
    return job
