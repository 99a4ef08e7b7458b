"""Files that pages offer: people as CSV, now or as of a moment, and what belongs to a job."""

from collections.abc import Iterator
from typing import Any, Literal

from django.http import StreamingHttpResponse
from ninja import Query, Schema
from pydantic import Field

from orgsync.server.api.authentication import ApiRequest
from orgsync.server.api.errors import resource_not_found
from orgsync.server.api_v1.jobs import job_of
from orgsync.server.api_v1.learners import LearnerFilter
from orgsync.server.api_v1.operations import CSV, Resource
from orgsync.server.api_v1.shapes import Id, Moment
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record_look
from orgsync.server.directory.asof_csv import people_as_of
from orgsync.server.directory.export import export_people
from orgsync.server.tokens.scopes import Scope
from orgsync.server.uploads.failedrows import failed_rows
from orgsync.server.uploads.media import RemovedMedia, open_verified
from orgsync.server.uploads.models import Media, UploadJob
from orgsync.server.uploads.planpages import PlanFilter, open_plan

resource = Resource("files", "CSV files, as pages offer them; each call is recorded in the audit log.")


class MomentQuery(Schema):
    """When."""

    moment: Moment = Field(description="A time with its zone, such as 2026-03-02T04:30:00Z.")


class FileQuery(Schema):
    """Which file of a job."""

    what: Literal["source", "results", "failed-rows", "plan"] = "results"


@resource.get("/files/learners", Scope.DIRECTORY_READ, CSV)
def send_learners(request: ApiRequest, asked: Query[LearnerFilter]) -> StreamingHttpResponse:
    """Send the people who are meant as CSV."""
    criteria = asked.criteria(request.organization.pk)
    record_look(request.organization.pk, Action.LEARNERS_EXPORTED)
    return sent(export_people(request.organization, criteria), "learners.csv")


@resource.get("/files/learners/as-of", Scope.DIRECTORY_READ, CSV)
def send_learners_as_of(request: ApiRequest, asked: Query[MomentQuery]) -> StreamingHttpResponse:
    """Send everybody who was in the directory at a moment, with groups, licenses and feeds, as CSV."""
    record_look(request.organization.pk, Action.LEARNERS_EXPORTED)
    return sent(people_as_of(request.organization.pk, asked.moment), "learners-as-of.csv")


@resource.get("/jobs/{int:job_id}/file", Scope.PLANS_READ, CSV)
def send_file(request: ApiRequest, job_id: Id, asked: Query[FileQuery]) -> StreamingHttpResponse:
    """Send a file of a job as CSV; a source that came packed is sent packed."""
    job = job_of(request, job_id)
    try:
        chunks = _chunks(job, asked.what)
    except (RemovedMedia, FileNotFoundError) as gone:
        raise resource_not_found("The file is kept no longer.") from gone
    record_look(request.organization.pk, Action.FILE_DOWNLOADED, {"job": job.public_id, "kind": asked.what})
    answer = sent(chunks, f"{asked.what}-{job.public_id}.csv")
    if asked.what == "source" and job.source.content_encoding:
        answer["Content-Encoding"] = job.source.content_encoding
    return answer


def _chunks(job: UploadJob, what: str) -> Iterator[bytes]:
    if what == "source":
        return open_verified(job.source)
    if what == "plan":
        return open_plan(_there(job.plan)).csv(PlanFilter())
    return open_verified(_there(job.result)) if what == "results" else failed_rows(_there(job.result))


def _there(media: Media | None) -> Media:
    if media is None:
        raise resource_not_found("The job has no such file.")
    return media


def sent(chunks: Iterator[bytes], name: str) -> StreamingHttpResponse:
    """Return a CSV file as an answer."""
    headers: dict[str, Any] = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(chunks, content_type=f"{CSV}; charset=utf-8", headers=headers)
