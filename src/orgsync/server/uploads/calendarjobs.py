"""What the calendar brings: whose last day is over leaves, whose start date has come gets licenses and assignments.

A small file that names the people goes the way of every file: plan, guards, hold, apply, results, timeline. It says
nothing of them but who they are; what is due is read from the directory when the job is planned.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

import polars as pl
from django.db import connection, transaction

from orgsync.core.directory import Directory
from orgsync.core.model import JobStatus, Mode, RowPolicy
from orgsync.server.directory.models import Feed
from orgsync.server.orgs.models import Organization
from orgsync.server.orgs.zones import day_of
from orgsync.server.uploads import audited, tasks, transitions
from orgsync.server.uploads.intake import insert_job
from orgsync.server.uploads.media import store_media
from orgsync.server.uploads.models import JobKind, MediaKind, UploadJob
from orgsync.server.uploads.receive import Digest

if TYPE_CHECKING:
    from django.db.models import QuerySet

CALENDAR: Final = "Calendar"
"""Name of the feed that an organization's calendar jobs belong to; it is made when first needed."""

FURTHEST_EAST: Final = timedelta(hours=14)
_HEADERS: Final = ("existing_email_address", "unique_user_id")
"""A row with the old address alone never creates anybody and never changes an address."""
_IS_DUE: Final = """
    learner.is_active
    AND ((learner.end_date < %(today)s AND NOT learner.is_protected)
      OR (learner.start_date IS NULL OR learner.start_date <= %(today)s OR NOT organization.waits_for_start_date)
     AND EXISTS (SELECT FROM directory_licenseassignment AS license
                  WHERE license.organization_id = learner.organization_id AND license.learner_id = learner.id
                    AND license.state = 'scheduled'))
"""
# Who has just started, is reached by an assignment, and has not got it: a file that named them before was too early.
_HAS_STARTED: Final = """
    SELECT learner.id
      FROM directory_learner AS learner, learning_assignment AS assignment
     WHERE learner.organization_id = organization.id AND assignment.organization_id = organization.id
       AND assignment.begun_at IS NOT NULL AND assignment.ended_at IS NULL
       AND learner.is_active AND learner.start_date BETWEEN %(today)s::date - 30 AND %(today)s
       AND CASE assignment.audience
           WHEN 'everybody' THEN true
           WHEN 'person' THEN assignment.learner_id = learner.id
           WHEN 'group' THEN EXISTS (SELECT FROM directory_membership AS membership
                                      WHERE membership.organization_id = organization.id
                                        AND membership.learner_id = learner.id
                                        AND membership.group_id = assignment.group_id)
           ELSE lower(coalesce(to_jsonb(learner) ->> assignment.attribute, learner.custom ->> assignment.attribute))
                = lower(assignment.value)
           END
       AND NOT EXISTS (SELECT FROM learning_learnerassignment AS has
                        WHERE has.organization_id = organization.id AND has.learner_id = learner.id
                          AND has.assignment_id = assignment.id)
"""
_FIND_ORGANIZATIONS: Final = f"""
    SELECT organization.id FROM orgs_organization AS organization
     WHERE EXISTS (SELECT FROM directory_learner AS learner
                    WHERE learner.organization_id = organization.id AND {_IS_DUE})
        OR EXISTS ({_HAS_STARTED})
     ORDER BY organization.id
"""  # noqa: S608
_FIND_PEOPLE: Final = f"""
    SELECT learner.primary_email_address, coalesce(learner.unique_user_id, '')
      FROM directory_learner AS learner JOIN orgs_organization AS organization
        ON organization.id = learner.organization_id
     WHERE learner.organization_id = %(organization)s AND ({_IS_DUE} OR learner.id IN ({_HAS_STARTED}))
     ORDER BY learner.id
"""  # noqa: S608
_UNDER_WAY: Final = (JobStatus.CREATED, JobStatus.QUEUED, JobStatus.PROCESSING)


def queue_due(*, now: datetime) -> list[UploadJob]:
    """
    Queue a job for every organization that has people of whom something is due; return the jobs.

    Safe at any time and as often as you like: nothing is queued while an organization's last calendar job is under
    way, while one for the same people is held, or when such a one has ended on the same day. Days are those of the
    organization's time zone.
    """
    with connection.cursor() as cursor:
        # Nobody's day is further on than that; each organization then looks by its own.
        cursor.execute(_FIND_ORGANIZATIONS, {"today": (now + FURTHEST_EAST).date()})
        found = [organization_id for (organization_id,) in cursor.fetchall()]
    organizations = list(Organization.objects.filter(id__in=found).order_by("id"))
    jobs = [_queue_due_of(organization, now) for organization in organizations]
    return [job for job in jobs if job is not None]


def claim_all(directory: Directory) -> Directory:
    """Return the directory as a calendar job sees it: it makes no claims, and guards measure against everybody."""
    return replace(directory, learners=directory.learners.with_columns(is_claimed_here=pl.lit(value=True)))


def _queue_due_of(organization: Organization, now: datetime) -> UploadJob | None:
    today = day_of(now, organization)
    with transaction.atomic():
        people = _people_due(organization, today)
        if not people:
            return None
        feed = _lock_feed(organization)
        content = _file_of(people)
        name = f"calendar-{today.isoformat()}.csv"
        if _is_settled(feed, content, name):
            return None
        source = store_media([content], feed=feed, kind=MediaKind.SOURCE, file_name=name, now=now)
        job = insert_job(
            UploadJob(
                organization=organization,
                feed=feed,
                source=source,
                kind=JobKind.SWEEP,
                status=JobStatus.QUEUED,
                is_automatic=True,
                mode=Mode.CHANGES,
                rows=RowPolicy.GOOD_ROWS,
            )
        )
        audited.note_accepted(job)
        _supersede(job, now)
        tasks.enqueue(job)
    return job


def _lock_feed(organization: Organization) -> Feed:
    """Return the organization's calendar feed, locked: two sweeps wait for each other."""
    Feed.objects.get_or_create(
        organization=organization, name=CALENDAR, defaults={"mode": Mode.CHANGES, "late_after_hours": 0}
    )
    return Feed.objects.select_for_update().get(organization=organization, name=CALENDAR)


def _people_due(organization: Organization, today: date) -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(_FIND_PEOPLE, {"today": today, "organization": organization.pk})
        return [(email, unique_user_id) for email, unique_user_id in cursor.fetchall()]


def _file_of(people: Sequence[tuple[str, str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([_HEADERS, *people])
    return text.getvalue().encode()


def _is_settled(feed: Feed, content: bytes, name: str) -> bool:
    """Say whether what is due is being done, waits for a person's word, or was done or refused today."""
    last = _jobs_of(feed).select_related("source").order_by("-id").first()
    if last is None:
        return False
    if last.status in _UNDER_WAY:
        return True
    is_same = bytes(last.source.content_sha256) == _hash_of(content)
    return is_same and (last.status == JobStatus.HELD or last.source.file_name == name)


def _hash_of(content: bytes) -> bytes:
    digest = Digest()
    digest.update(content)
    return digest.content_sha256()


def _supersede(job: UploadJob, now: datetime) -> None:
    """End older calendar jobs that are held: the new one names everybody of whom something is still due."""
    held = _jobs_of(job.feed).filter(status=JobStatus.HELD, id__lt=job.pk)
    superseded = list(held.select_for_update().values_list("public_id", flat=True))
    reason = "A later calendar job names everybody of whom something is still due."
    held.update(status=JobStatus.CANCELLED, reason_code="superseded", reason=reason, finished_at=now, modified_at=now)
    transitions.note_superseded(job, superseded, now=now)


def _jobs_of(feed: Feed) -> "QuerySet[UploadJob]":
    return UploadJob.objects.filter(organization_id=feed.organization_id, feed=feed, kind=JobKind.SWEEP)
