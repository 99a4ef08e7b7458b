"""A job as the API shows it: what the wire says about it, and where it comes from."""

from typing import Any

from django.db.models import QuerySet
from pydantic import ConfigDict, Field

from orgsync.core.model import JobStatus
from orgsync.server.api.jobs import job_json
from orgsync.server.api_v1.refusals import conflict
from orgsync.server.api_v1.shapes import Shape
from orgsync.server.uploads.models import UploadJob

RELATED = (
    *("feed", "source", "result", "plan", "approved_by", "ended_by", "first_approved_by", "rest_of", "undoes"),
    "requested_by",
)


class ResultStats(Shape):
    """What became of the rows."""

    updatedCount: int  # noqa: N815  names of the wire
    deletedCount: int  # noqa: N815
    warningCount: int  # noqa: N815
    totalCount: int  # noqa: N815
    errorCount: int  # noqa: N815
    createdCount: int  # noqa: N815
    unchangedCount: int  # noqa: N815
    skippedCount: int  # noqa: N815


class JobProgress(Shape):
    """How far the job is."""

    phase: str
    done: int
    total: int


class JobFeed(Shape):
    """Whose changes they are."""

    id: int
    name: str


class JobShape(Shape):
    """A job, as the wire shows it and some facts more; times are milliseconds since 1970 (UTC)."""

    model_config = ConfigDict(extra="allow")

    Id: int
    id: int
    status: str = Field(description="CREATED, QUEUED, PROCESSING, HELD, DONE, FAILED or CANCELLED.")
    dryRun: bool  # noqa: N815
    created: int
    lastModified: int  # noqa: N815
    sourceMedia: str | None  # noqa: N815
    resultMedia: str | None  # noqa: N815
    resultStats: ResultStats  # noqa: N815
    progress: JobProgress
    messages: list[dict[str, Any]]
    kind: str = Field(description="`file`, `undo`, `edit` (changes by hand) or `sweep` (what the calendar brings).")
    mode: str
    feed: JobFeed
    fileName: str | None = Field(description="Of an edit: what it was made for.")  # noqa: N815
    requestedBy: str | None  # noqa: N815
    plan: str | None = Field(description="Names the plan; an approval may name the one that was looked at.")
    undoes: int | None = Field(description="The job that this one undoes.")
    reason: dict[str, Any] | None = Field(None, description="Why it failed or was cancelled.")
    holdReasons: list[dict[str, Any]] | None = Field(None, description="Why it is held.")  # noqa: N815
    firstApproval: dict[str, Any] | None = None  # noqa: N815
    approval: dict[str, Any] | None = None
    restOf: int | None = Field(None, description="The job that applied the additions of the same file.")  # noqa: N815
    message: str | None = Field(None, description="What a decision did, in a sentence.")


def with_related(jobs: QuerySet[UploadJob]) -> QuerySet[UploadJob]:
    """Load with the jobs what `job_shape` shows of them."""
    return jobs.select_related(*RELATED).defer(None)


def job_shape(job: UploadJob) -> dict[str, Any]:
    """Return a job; best loaded `with_related`."""
    more = {
        "kind": job.kind,
        "mode": job.mode,
        "feed": {"id": job.feed_id, "name": job.feed.name},
        "fileName": job.source.file_name or None,
        "requestedBy": job.requested_by.email if job.requested_by else None,
        "plan": job.plan.public_id if job.plan else None,
        "undoes": job.undone_id,
    }
    return job_json(job) | more


def done_or_refused(job: UploadJob) -> dict[str, Any]:
    """Return a job that was run at once; raise ApiError, with what it found, where it failed."""
    if job.status == JobStatus.FAILED:
        found = [str(message["message"]) for message in job.messages if message["row"] is not None]
        raise conflict(" ".join(dict.fromkeys(found)) or job.reason)
    again = with_related(UploadJob.objects.filter(organization_id=job.organization_id, id=job.pk))
    return job_shape(again.get())
