"""One attempt at one upload job: read → plan → guard → apply → results → notify."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.db import transaction

from orgsync.core.checking import CheckedFile
from orgsync.core.errors import UnreadableFile
from orgsync.core.guards import HoldReason
from orgsync.core.model import JobStatus, Mode, Severity
from orgsync.core.summary import summarize
from orgsync.server.directory.apply import apply_writes
from orgsync.server.directory.models import Feed
from orgsync.server.directory.revision import lock_directory
from orgsync.server.directory.snapshot import consistent_read
from orgsync.server.notify.mails import job_finished
from orgsync.server.uploads import transitions
from orgsync.server.uploads.draft import (
    Draft,
    Refusal,
    approved_reasons,
    make_draft,
    read_file,
    refusal_of,
    refusal_of_rows,
)
from orgsync.server.uploads.media import DamagedMedia, RemovedMedia
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.progress import Progress
from orgsync.server.uploads.reporting import (
    Files,
    file_message,
    outcome_values,
    planned_values,
    read_plan,
    store_files,
    store_results,
    untouched,
)

_RELATED: Final = ("organization", "feed", "source", "token", "approved_plan")

Decide = Callable[[Draft], tuple[HoldReason, ...]]


def process(job_id: int, attempt: int, *, now: datetime) -> None:
    """
    Take one upload from bytes to results. Safe to run again after a crash.

    Raises LostAttempt when the job moved on meanwhile; nothing of the attempt remains then. Database errors
    rise: the attempt counts as failed and is tried again.
    """
    job = UploadJob.objects.select_related(*_RELATED).get(id=job_id)
    progress = Progress(job, attempt)
    progress.phase("read")
    try:
        file = read_file(job)
    except (UnreadableFile, DamagedMedia, RemovedMedia) as error:
        _fail_unread(job, attempt, error, now=now)
        return
    progress.total = file.row_count
    progress.phase("plan")
    draft = _draft_outside_lock(job, file, now)
    if refusal := refusal_of(job, file) or refusal_of_rows(job, draft):
        _fail(job, attempt, draft, refusal, now=now)
    elif job.is_dry_run:
        _finish_dry(job, attempt, draft, now=now)
    else:
        _apply_or_hold(job, attempt, draft, progress, now=now)


def _draft_outside_lock(job: UploadJob, file: CheckedFile, now: datetime) -> Draft:
    """Plan without keeping anybody from writing; whether the plan still fits is checked under the lock."""
    with consistent_read():
        return make_draft(job, file, now=now)


def _apply_or_hold(job: UploadJob, attempt: int, draft: Draft, progress: Progress, *, now: datetime) -> None:
    decide = _decision(job)
    if reasons := decide(draft):
        _hold(job, attempt, draft, reasons, now=now)
        return
    files = store_files(job, draft, is_held=False, now=now)
    progress.phase(transitions.APPLYING)
    with transaction.atomic():
        if lock_directory(job.organization_id, wait=None) != draft.plan.revision:
            # Somebody wrote between plan and lock: plan anew, once, now that nobody else can.
            draft = make_draft(job, draft.file, now=now)
            if reasons := decide(draft):
                _hold(job, attempt, draft, reasons, now=now)
                return
            files = store_files(job, draft, is_held=False, now=now)
        _apply(job, attempt, draft, files, now=now)


def _decision(job: UploadJob) -> Decide:
    """Return what decides whether a draft is held: the guards, or the approval that the job carries."""
    if job.approved_plan is None:
        return lambda draft: draft.reasons
    approved = read_plan(job.approved_plan)
    return lambda draft: approved_reasons(draft, approved)


def _apply(job: UploadJob, attempt: int, draft: Draft, files: Files, *, now: datetime) -> None:
    """Write everything in the caller's transaction: directory, feed, job, mail."""
    revision = draft.plan.revision
    if not draft.plan.writes.is_empty:
        applied = apply_writes(
            draft.plan.writes, organization_id=job.organization_id, feed_id=job.feed_id, job_id=job.pk, at=now
        )
        revision = applied.revision
    Feed.objects.filter(organization_id=job.organization_id, id=job.feed_id).update(
        last_fields=list(draft.file.layout.fields),
        last_rows=draft.file.row_count,
        last_applied_at=now,
        holds_next=False,
    )
    if job.mode == Mode.FULL:
        transitions.cancel_superseded(job, now=now)
    values = planned_values(draft, files, revision, ())
    transitions.finish(job, attempt, JobStatus.DONE, now=now, **values)
    job_finished(job, now=now)


def _hold(job: UploadJob, attempt: int, draft: Draft, reasons: tuple[HoldReason, ...], *, now: datetime) -> None:
    files = store_files(job, draft, is_held=True, now=now)
    values = planned_values(draft, files, draft.plan.revision, reasons)
    with transaction.atomic():
        transitions.hold(job, attempt, now=now, **values)
        job_finished(job, now=now)


def _finish_dry(job: UploadJob, attempt: int, draft: Draft, *, now: datetime) -> None:
    """End a dry run with the counts it would have had; what would hold it is listed."""
    files = store_files(job, draft, is_held=False, now=now)
    values = planned_values(draft, files, draft.plan.revision, draft.reasons)
    with transaction.atomic():
        transitions.finish(job, attempt, JobStatus.DONE, now=now, **values)
        job_finished(job, now=now)


def _fail(job: UploadJob, attempt: int, draft: Draft, refusal: Refusal, *, now: datetime) -> None:
    """End a file whose rows could be read but which is not applied: every row has its result."""
    outcome, nobody = untouched(draft), draft.plan.leavers.clear()
    result = store_results(job, draft, outcome, nobody, now=now)
    values = outcome_values(summarize(outcome, draft.issues, nobody), draft.issues)
    values["messages"] = [file_message(Severity.ERROR, refusal.code, refusal.reason), *values["messages"]]
    values["result"] = result
    with transaction.atomic():
        transitions.fail(job, attempt, code=refusal.code, reason=refusal.reason, now=now, **values)
        job_finished(job, now=now)


def _fail_unread(
    job: UploadJob, attempt: int, error: UnreadableFile | DamagedMedia | RemovedMedia, *, now: datetime
) -> None:
    """End a file that could not be read at all: nothing was applied, and there are no rows to report."""
    code = error.code if isinstance(error, UnreadableFile) else "damaged_file"
    with transaction.atomic():
        transitions.fail(
            job,
            attempt,
            code=code,
            reason=str(error),
            now=now,
            messages=[file_message(Severity.ERROR, code, str(error))],
        )
        job_finished(job, now=now)
