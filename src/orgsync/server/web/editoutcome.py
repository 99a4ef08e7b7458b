"""What an edit has done, told on the page of the person who was edited."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils import timezone

from orgsync.core.model import JobStatus
from orgsync.server.directory.models import Learner
from orgsync.server.uploads import queries
from orgsync.server.uploads.media import RemovedMedia
from orgsync.server.uploads.models import JobKind, UploadJob
from orgsync.server.uploads.planpages import PlanLine, open_plan
from orgsync.server.uploads.planpeople import seen_by
from orgsync.server.uploads.undoing import can_be_undone
from orgsync.server.web.screens import AdminRequest

LINES_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """An applied edit: its job, what it changed, and what was found on the way."""

    job: UploadJob
    lines: Sequence[PlanLine]
    total: int
    warnings: Sequence[str]
    can_undo: bool


def outcome_of(request: AdminRequest, public_id: int | None, learner: Learner) -> Outcome | None:
    """Return what an edit did to the learner; None for anything that is no applied edit of the organization.

    Who is limited to groups is told of the edits that they asked for themselves: others are about anybody.
    """
    organization, people = request.organization, request.people
    job = None if public_id is None else queries.find_job(organization, public_id)
    if job is not None and not people.is_everybody and job.requested_by_id != request.admin.account_id:
        return None
    if job is None or job.kind not in {JobKind.EDIT, JobKind.UNDO} or job.status != JobStatus.DONE or job.plan is None:
        return None
    with contextlib.suppress(RemovedMedia, FileNotFoundError):
        plan = open_plan(job.plan)
        page = plan.page(seen_by(people, organization.pk, plan), size=LINES_SHOWN)
        lines = [line for line in page.lines if line.learner_id in {learner.id, None}]
        told = tuple(dict.fromkeys(str(found["message"]) for found in findings_of(job)))
        return Outcome(job, lines, len(lines), told, can_be_undone(job, now=timezone.now()))
    return None


def findings_of(job: UploadJob) -> list[Mapping[str, Any]]:
    """Return what was found in the rows of a job, errors before warnings."""
    found = [message for message in job.messages if message["row"] is not None]
    return sorted(found, key=lambda message: message["level"] != "ERROR")
