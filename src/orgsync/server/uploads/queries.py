"""What pages ask about upload jobs: the history, one job, what became of it and who decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import QuerySet

from orgsync.core.guards import ADMIN_CHANGE
from orgsync.core.model import JobStatus, Mode
from orgsync.server.directory.models import Feed
from orgsync.server.orgs.models import Account, Organization
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.transitions import APPLYING

PAGE: Final = 50
"""Jobs on one page of the history."""
HELD_SHOWN: Final = 20
ACTIVE: Final = frozenset({JobStatus.CREATED, JobStatus.QUEUED, JobStatus.PROCESSING})
"""Statuses that move on without anybody's word."""
_LISTED: Final = ("feed", "token", "requested_by", "source")
_WHOLE: Final = (
    *("organization", "feed", "source", "result", "plan", "approved_plan"),
    *("token", "requested_by", "approved_by", "ended_by", "first_approved_by", "rest_of", "undoes"),
)


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs of an organization are meant; what is empty does not narrow."""

    feed_id: int | None = None
    status: str = ""
    since: datetime | None = None
    asked_by: int | None = None
    """Id of the account that asked for them."""


@dataclass(frozen=True, slots=True)
class JobPage:
    """One page of the history, the newest job first."""

    jobs: Sequence[UploadJob]
    newer: int | None
    """Public id of the job before which the newer page ends; null on the newest."""
    older: int | None
    """Public id of the job after which the older page begins; null on the last."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a job."""

    what: str
    """`uploaded`, `started`, `held`, `first_approved`, `approved`, or the status in which the job ended."""
    at: datetime
    who: Account | None = None


def feeds_of(organization: Organization) -> QuerySet[Feed]:
    """Return the organization's feeds by name."""
    return Feed.objects.filter(organization=organization).order_by("name")


def held_jobs(organization: Organization, chosen: JobFilter) -> list[UploadJob]:
    """Return the jobs that wait for a decision, the newest first; at most `HELD_SHOWN`."""
    found = chosen_jobs(organization, chosen).filter(status=JobStatus.HELD)
    return list(found.order_by("-id")[:HELD_SHOWN])


def chosen_jobs(organization: Organization, chosen: JobFilter) -> QuerySet[UploadJob]:
    """Return the jobs that a filter means, with what a list shows of them, in no order."""
    found = UploadJob.objects.filter(organization=organization).select_related(*_LISTED).defer("messages")
    if chosen.feed_id is not None:
        found = found.filter(feed_id=chosen.feed_id)
    if chosen.status:
        found = found.filter(status=chosen.status)
    if chosen.asked_by is not None:
        found = found.filter(requested_by_id=chosen.asked_by)
    if chosen.since is not None:
        found = found.filter(created_at__gte=chosen.since)
    return found


def page_of_jobs(
    organization: Organization, chosen: JobFilter, *, older_than: int | None = None, newer_than: int | None = None
) -> JobPage:
    """
    Return the page behind or before a job that is named by its public id, or the newest page.

    Held jobs are left out unless they are asked for: they have a block of their own (`held_jobs`).
    """
    found = chosen_jobs(organization, chosen)
    if chosen.status != JobStatus.HELD:
        found = found.exclude(status=JobStatus.HELD)
    if newer_than is not None:
        jobs = list(found.filter(id__gt=_key_of(organization, newer_than)).order_by("id")[: PAGE + 1])
        has_newer, jobs = len(jobs) > PAGE, jobs[:PAGE][::-1]
        return _page(jobs, has_newer=has_newer, has_older=True)
    if older_than is not None:
        found = found.filter(id__lt=_key_of(organization, older_than))
    jobs = list(found.order_by("-id")[: PAGE + 1])
    return _page(jobs[:PAGE], has_newer=older_than is not None, has_older=len(jobs) > PAGE)


def find_job(organization: Organization, public_id: int) -> UploadJob | None:
    """Return one job with its files and the people who had to do with it; another organization's is None."""
    return UploadJob.objects.select_related(*_WHOLE).filter(organization=organization, public_id=public_id).first()


def rest_of(job: UploadJob) -> UploadJob | None:
    """Return the job that holds what the additions of this one have left."""
    found = UploadJob.objects.filter(organization_id=job.organization_id, source=job.source_id, rest_of=job)
    return found.order_by("id").first()


def undos_of(job: UploadJob) -> list[UploadJob]:
    """Return the jobs that undo this one or would have, looks at what an undo would do left out; the newest first."""
    mine = UploadJob.objects.filter(organization_id=job.organization_id, undoes=job, is_dry_run=False)
    return list(mine.select_related("requested_by").order_by("-id"))


def superseded_by(job: UploadJob) -> UploadJob | None:
    """Return the newer full file of the feed that made this held job pointless; None where that is not so."""
    if job.reason_code != "superseded" or job.finished_at is None:
        return None
    newer = UploadJob.objects.filter(
        organization_id=job.organization_id,
        feed_id=job.feed_id,
        mode=Mode.FULL,
        status=JobStatus.DONE,
        is_dry_run=False,
        id__gt=job.pk,
        finished_at__gte=job.finished_at,
    )
    return newer.order_by("finished_at", "id").first()


def needs_owner(job: UploadJob) -> bool:
    """Tell whether a held job touches admins, so that only an owner decides on it."""
    return any(reason["code"] == ADMIN_CHANGE for reason in job.hold_reasons)


def is_active(job: UploadJob) -> bool:
    """Tell whether the job moves on without anybody's word."""
    return job.status in ACTIVE


def can_cancel(job: UploadJob) -> bool:
    """Tell whether the job waits or runs and has not begun to apply; a held one is rejected instead."""
    return is_active(job) and not (job.status == JobStatus.PROCESSING and job.phase == APPLYING)


def expires_at(job: UploadJob) -> datetime | None:
    """Return when a held job is cancelled because nobody decided."""
    if job.status != JobStatus.HELD or job.held_at is None:
        return None
    return job.held_at + timedelta(days=job.organization.approval_days)


def events_of(job: UploadJob) -> list[Event]:
    """Return what happened to a job and who did it, in order."""
    events = [
        Event("uploaded", job.created_at, job.requested_by),
        *([Event("held", job.held_at)] if job.held_at else []),
        *([Event("first_approved", job.first_approved_at, job.first_approved_by)] if job.first_approved_at else []),
        *([Event("approved", job.approved_at, job.approved_by)] if job.approved_at else []),
        *([Event("started", job.started_at)] if job.started_at else []),
        *([Event(job.status.lower(), job.finished_at, job.ended_by)] if job.finished_at else []),
    ]
    return sorted(events, key=lambda event: event.at)


def _key_of(organization: Organization, public_id: int) -> int:
    """Return the place of a job in the order of acceptance; a job that is not there is before all."""
    jobs = UploadJob.objects.filter(organization=organization, public_id=public_id)
    return jobs.values_list("id", flat=True).first() or 0


def _page(jobs: list[UploadJob], *, has_newer: bool, has_older: bool) -> JobPage:
    if not jobs:
        return JobPage(jobs, None, None)
    return JobPage(jobs, jobs[0].public_id if has_newer else None, jobs[-1].public_id if has_older else None)
