"""What guards need from the database, and what they leave in it: limits, history, effects of the last days."""

from datetime import datetime, timedelta
from typing import Final

import polars as pl
from django.db import connection

from orgsync.core.checking import CheckedFile
from orgsync.core.directory import Directory
from orgsync.core.guards import (
    DAYS,
    EFFECTS,
    SPARED_IN_FIRST_FILE,
    Case,
    FeedHistory,
    HoldReason,
    fill_of,
    reasons_to_hold,
)
from orgsync.core.model import JobStatus, Mode
from orgsync.core.plan import Plan
from orgsync.server.orgs.blackouts import blackout_at
from orgsync.server.uploads.models import AppliedEffect, JobKind, UploadJob

_WEEK: Final = """
    SELECT kind, target, sum(count)::bigint
      FROM uploads_appliedeffect
     WHERE organization_id = %s AND feed_id = %s AND at > %s AND counts
     GROUP BY kind, target
"""
_REMEMBER: Final = """
    INSERT INTO uploads_appliedeffect (organization_id, job_id, kind, target, feed_id, at, count, counts)
    SELECT %s, %s, effect.kind, effect.target, %s, %s, effect.count, effect.counts
      FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::boolean[]) AS effect (kind, target, count, counts)
        ON CONFLICT (organization_id, job_id, kind, target) DO NOTHING
"""


def guard_case(
    job: UploadJob,
    file: CheckedFile,
    plan: Plan,
    issues: pl.DataFrame,
    directory: Directory,
    *,
    now: datetime,
) -> Case:
    """Put together what the guards look at, as the current transaction sees it."""
    feed = job.feed
    history = FeedHistory(
        fields=tuple(feed.last_fields),
        rows=feed.last_rows,
        fill=feed.last_fill,
        has_applied=not is_first_load(job, now=now),
        week=read_week(job, now=now),
    )
    fill = fill_of(file.checked, file.layout)
    return Case(plan, file.layout, issues, directory, Mode(job.mode), history, fill, job.kind)


def is_first_load(job: UploadJob, *, now: datetime) -> bool:
    """Say whether everybody may be new to the feed: in its first file, or `DAYS` of an identity provider's requests.

    A provider hands its people over one by one.
    """
    if job.feed.last_applied_at is None:
        return True
    if job.scim is None:
        return False
    applied = UploadJob.objects.filter(organization_id=job.organization_id, feed_id=job.feed_id, status=JobStatus.DONE)
    first = applied.filter(is_dry_run=False).order_by("id").values_list("finished_at", flat=True).first()
    return first is None or now - first < timedelta(days=DAYS)


def guard_reasons(job: UploadJob, case: Case, *, now: datetime) -> tuple[HoldReason, ...]:
    """Return why the guards hold the job: blackout days first, then what the plan would do too much of."""
    closed = blackout_at(job.organization, now)
    found = reasons_to_hold(case, job.organization.guards, job.feed.guards)
    return found if closed is None else (HoldReason("blackout", closed.message), *found)


def read_week(job: UploadJob, *, now: datetime) -> pl.DataFrame:
    """Return `EFFECTS`: what the job's feed did in the last `DAYS`, neither approved by a person nor undone."""
    with connection.cursor() as cursor:
        cursor.execute(_WEEK, [job.organization_id, job.feed_id, now - timedelta(days=DAYS)])
        return pl.DataFrame(cursor.fetchall(), schema=EFFECTS, orient="row")


def remember_effects(job: UploadJob, effects: pl.DataFrame, *, now: datetime) -> None:
    """Note what the job did, in the transaction that does it; call it before the feed notes its file.

    What a person approved or did, and what an undo brings, does not count; nor does what a whole undo takes back.
    """
    if job.kind == JobKind.UNDO and job.undoes_id is not None and not job.chosen:
        undone = AppliedEffect.objects.filter(organization_id=job.organization_id, job_id=job.undoes_id)
        undone.update(counts=False)
    if effects.is_empty():
        return
    by_itself = job.approved_plan_id is None and job.kind in {JobKind.FILE, JobKind.SWEEP}
    spared = SPARED_IN_FIRST_FILE if is_first_load(job, now=now) else frozenset[str]()
    # Groups come and go: their memberships are added up as a whole.
    kept = effects.filter(~pl.col("target").str.starts_with("group:")).with_columns(
        counts=pl.lit(by_itself) & ~pl.col("code").is_in(list(spared))
    )
    columns = [kept[name].to_list() for name in ("code", "target", "count", "counts")]
    with connection.cursor() as cursor:
        cursor.execute(_REMEMBER, [job.organization_id, job.pk, job.feed_id, now, *columns])
