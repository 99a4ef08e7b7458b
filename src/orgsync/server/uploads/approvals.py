"""What an approval lets through: the plan that was shown, for so many days, and nothing more."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime, timedelta

import polars as pl
from django.db import connection

from orgsync.core.approval import lines_beyond
from orgsync.core.guards import HoldReason
from orgsync.core.plan import PLAN_SCHEMA
from orgsync.server.directory.snapshot import consistent_read
from orgsync.server.uploads.draft import Draft, approved_reasons, make_draft
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.reporting import read_plan

Decide = Callable[[Draft], tuple[HoldReason, ...]]


def decision_on(job: UploadJob, *, now: datetime) -> Decide:
    """Return what decides whether a draft of the job is held: the guards, or the approval that the job carries.

    Raises what `read_plan` raises when the approved plan is gone.
    """
    if job.approved_plan is None:
        return lambda draft: draft.reasons
    if job.approved_at is not None and has_expired(job, job.approved_at, now=now):
        days = job.organization.approval_days
        expired = HoldReason("approval_expired", f"The approval is older than {days} days and counts no more.", days)
        return lambda draft: (expired, *draft.reasons)
    approved = read_plan(job.approved_plan)
    shown = {reason["code"] for reason in job.hold_reasons}
    return lambda draft: approved_reasons(draft, approved, shown, adds_only=job.takes_nothing)


def has_expired(job: UploadJob, since: datetime, *, now: datetime) -> bool:
    """Say whether a hold or an approval of that moment is older than the organization lets it become."""
    return now - since > timedelta(days=job.organization.approval_days)


def as_held(
    job: UploadJob, draft: Draft, reasons: tuple[HoldReason, ...], *, now: datetime
) -> tuple[Draft, tuple[HoldReason, ...]]:
    """Return what a held job shows: always the plan of the whole file, also where only its additions were approved.

    To be called in the transaction that has the directory's write lock, or outside of any.
    """
    if not job.takes_nothing:
        return draft, reasons
    job.takes_nothing = False
    with nullcontext() if connection.in_atomic_block else consistent_read():
        whole = make_draft(job, draft.file, now=now)
    own = [reason for reason in reasons if reason not in draft.reasons]
    return whole, (*own, *whole.reasons)


def lines_since_approval(job: UploadJob) -> pl.DataFrame:
    """Return the lines (`PLAN_SCHEMA`) of a held job's plan that the plan approved before does not have.

    Empty for a job that nobody has approved. Raises what `read_plan` raises when one of the plans is gone.
    """
    if job.plan is None or job.approved_plan is None:
        return pl.DataFrame(schema=PLAN_SCHEMA)
    return lines_beyond(read_plan(job.plan), read_plan(job.approved_plan))
