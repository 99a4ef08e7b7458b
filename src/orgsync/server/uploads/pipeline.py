"""One attempt at one upload job: read → plan → guard → apply → results → notify."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from orgsync.core.errors import UnreadableFile
from orgsync.core.guards import HoldReason
from orgsync.core.model import Mode
from orgsync.server.directory.apply import apply_writes
from orgsync.server.directory.models import Feed
from orgsync.server.directory.revision import lock_directory
from orgsync.server.directory.snapshot import consistent_read
from orgsync.server.uploads import endings, transitions
from orgsync.server.uploads.attempt import Attempt
from orgsync.server.uploads.draft import (
    Draft,
    approved_reasons,
    make_draft,
    read_file,
    refusal_of,
    refusal_of_rows,
)
from orgsync.server.uploads.media import DamagedMedia, RemovedMedia
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.reporting import Files, read_plan, store_files

_RELATED: Final = ("organization", "feed", "source", "token", "approved_plan")

Decide = Callable[[Draft], tuple[HoldReason, ...]]


def process(job_id: int, number: int, *, now: datetime, clock: Callable[[], datetime] = timezone.now) -> None:
    """
    Take one upload from bytes to results. Safe to run again after a crash.

    Raises LostAttempt when the job moved on meanwhile; nothing of the attempt remains then. Database errors
    rise: the attempt counts as failed and is tried again.
    """
    job = UploadJob.objects.select_related(*_RELATED).get(id=job_id)
    attempt = Attempt(job, number, now, clock)
    attempt.report("read")
    try:
        file = read_file(job)
    except (UnreadableFile, DamagedMedia, RemovedMedia) as error:
        endings.fail_unread(attempt, error)
        return
    attempt.report("plan", total=file.row_count)
    # Nobody is kept from writing while we plan; whether the plan still fits is checked under the lock.
    with consistent_read():
        draft = make_draft(job, file, now=now)
    if refusal := refusal_of(job, file) or refusal_of_rows(job, draft):
        endings.fail(attempt, draft, refusal)
    elif job.is_dry_run:
        endings.finish_dry(attempt, draft)
    else:
        _apply_or_hold(attempt, draft)


def _apply_or_hold(attempt: Attempt, draft: Draft) -> None:
    job, now = attempt.job, attempt.began_at
    decide = _decision(job)
    if reasons := decide(draft):
        endings.hold(attempt, draft, reasons)
        return
    files = store_files(job, draft, is_held=False, now=now)
    attempt.report(transitions.APPLYING, total=draft.file.row_count)
    with transaction.atomic():
        if lock_directory(job.organization_id, wait=None) != draft.plan.revision:
            # Somebody wrote between plan and lock: plan anew, once, now that nobody else can.
            draft = make_draft(job, draft.file, now=now)
            if refusal := refusal_of_rows(job, draft):
                endings.fail(attempt, draft, refusal)
                return
            if reasons := decide(draft):
                endings.hold(attempt, draft, reasons)
                return
            files = store_files(job, draft, is_held=False, now=now)
        _apply(attempt, draft, files)


def _decision(job: UploadJob) -> Decide:
    """Return what decides whether a draft is held: the guards, or the approval that the job carries."""
    if job.approved_plan is None:
        return lambda draft: draft.reasons
    approved = read_plan(job.approved_plan)
    shown = {reason["code"] for reason in job.hold_reasons}
    return lambda draft: approved_reasons(draft, approved, shown)


def _apply(attempt: Attempt, draft: Draft, files: Files) -> None:
    """Write everything in the caller's transaction: directory, feed, job, mail."""
    job, now = attempt.job, attempt.began_at
    revision = draft.plan.revision
    if not draft.plan.writes.is_empty:
        applied = apply_writes(
            draft.plan.writes, organization_id=job.organization_id, feed_id=job.feed_id, job_id=job.pk, at=now
        )
        revision = applied.revision
    _remember(job, draft, now)
    if job.mode == Mode.FULL:
        transitions.cancel_superseded(job, now=now)
    endings.finish(attempt, draft, files, revision=revision)


def _remember(job: UploadJob, draft: Draft, now: datetime) -> None:
    """Note what the feed's applied file was like; a file of changes is no measure for the next full one."""
    values: dict[str, Any] = {"last_applied_at": now, "holds_next": False}
    if job.mode == Mode.FULL:
        values |= {"last_fields": list(draft.file.layout.fields), "last_rows": draft.file.row_count}
    Feed.objects.filter(organization_id=job.organization_id, id=job.feed_id).update(**values)
