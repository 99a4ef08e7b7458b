"""One attempt at one upload job: read → plan → guard → apply → results → notify."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from orgsync.core.errors import UnreadableFile
from orgsync.core.guards import fill_of
from orgsync.core.model import Mode
from orgsync.core.planning.kept import fields_spoken
from orgsync.server.directory.apply import apply_writes
from orgsync.server.directory.carrying import CarriedCounts
from orgsync.server.directory.models import Feed
from orgsync.server.directory.recounting import WORTH_IT
from orgsync.server.directory.revision import lock_directory
from orgsync.server.directory.snapshot import consistent_read
from orgsync.server.uploads import audited, endings, tasks, transitions
from orgsync.server.uploads.adminships import follow_permissions
from orgsync.server.uploads.approvals import as_held, decision_on
from orgsync.server.uploads.aside import FilesAside
from orgsync.server.uploads.assignmentjobs import note_assignments
from orgsync.server.uploads.attempt import Attempt
from orgsync.server.uploads.draft import (
    Draft,
    make_draft,
    open_source,
    refusal_of,
    refusal_of_rows,
    without_lines,
)
from orgsync.server.uploads.followed import follow_people
from orgsync.server.uploads.guarding import remember_effects
from orgsync.server.uploads.invited import send_invitations
from orgsync.server.uploads.media import DamagedMedia, RemovedMedia
from orgsync.server.uploads.models import JobKind, UploadJob
from orgsync.server.uploads.phases import timed
from orgsync.server.uploads.remembered import keep_rows, remember_rows
from orgsync.server.uploads.repeating import find_repeated, finish_repeated
from orgsync.server.uploads.rest import hold_rest
from orgsync.server.uploads.rulejobs import note_rule
from orgsync.server.uploads.shortcut import reading_ahead
from orgsync.server.uploads.undoing import note_undone

_RELATED: Final = ("organization", "feed", "source", "token", "approved_plan")


def process(
    job_id: int,
    number: int,
    *,
    now: datetime,
    clock: Callable[[], datetime] = timezone.now,
    patience: timedelta | None = None,
) -> None:
    """
    Take one upload from bytes to results. Safe to run again after a crash.

    Raises LostAttempt when the job moved on meanwhile; nothing of the attempt remains then. Database errors
    rise: the attempt counts as failed and is tried again. With `patience`, DirectoryBusy rises when the directory's
    write lock is not got in that time; else it is waited for.
    """
    job = UploadJob.objects.select_related(*_RELATED).get(id=job_id)
    with timed(job, number) as phases:
        attempt = Attempt(job, number, now, clock, phases, is_attended=patience is not None)
        attempt.report("read")
        if (last := find_repeated(job, now=now)) and finish_repeated(attempt, last, patience=patience):
            return
        # As a value that nobody here holds on to: whatever it needs no more of a million people is let go of early.
        _end(attempt, _planned(attempt), patience)


def _planned(attempt: Attempt) -> Draft | None:
    """Read and plan; None for a file that cannot be read, which ends the attempt.

    Nobody is kept from writing meanwhile. Whether the plan still fits is checked under the lock.
    """
    job, now = attempt.job, attempt.began_at
    with reading_ahead(job) as ahead:
        try:
            file = open_source(job)
        except (UnreadableFile, DamagedMedia, RemovedMedia) as error:
            endings.fail_unread(attempt, error)
            return None
        attempt.report("plan", total=file.row_count)
        with consistent_read(None if ahead is None else ahead.snapshot()):
            return make_draft(job, file, now=now, ahead=ahead)


def _end(attempt: Attempt, draft: Draft | None, patience: timedelta | None) -> None:
    """Refuse the file, show what it would do, hold it, or apply it."""
    if draft is None:
        return
    job, now = attempt.job, attempt.began_at
    if refusal := refusal_of(job, draft.file) or refusal_of_rows(job, draft):
        endings.fail(attempt, draft, refusal)
        return
    if job.is_dry_run:
        endings.finish_dry(attempt, draft)
        return
    decide = decision_on(job, now=now)
    if reasons := decide(draft):
        endings.hold(attempt, *as_held(job, draft, reasons, now=now))
        return
    attempt.report(transitions.APPLYING, total=draft.file.row_count)
    with FilesAside(job, now=now) as files, transaction.atomic():
        files.begin(draft)
        if lock_directory(job.organization_id, wait=patience) != draft.plan.revision:
            # Somebody wrote between plan and lock: plan anew, once, now that nobody else can.
            draft = make_draft(job, draft.file, now=now)
            if refusal := refusal_of_rows(job, draft):
                endings.fail(attempt, draft, refusal)
                return
            if reasons := decide(draft):
                endings.hold(attempt, *as_held(job, draft, reasons, now=now))
                return
            files.begin(draft)
        draft = without_lines(draft)
        _apply(attempt, draft, files)


def _apply(attempt: Attempt, draft: Draft, files: FilesAside) -> None:
    """Write everything in the caller's transaction: directory, feed, job, mail."""
    job, now = attempt.job, attempt.began_at
    revision = draft.plan.revision
    remembered = remember_rows(job, draft, files, now=now)
    writes = draft.plan.writes
    if not writes.is_empty:
        carried = CarriedCounts.over(job.organization_id, writes, revision=revision)
        applied = apply_writes(
            writes,
            organization_id=job.organization_id,
            feed_id=job.feed_id,
            job_id=job.pk,
            at=now,
            by_id=job.requested_by_id,
            said=remembered.of_created() if remembered else None,
        )
        revision = applied.revision
        if carried is not None:
            carried.keep(applied)
        send_invitations(job, writes, applied, now=now)
    follow_people(job, draft, now=now)
    note_rule(job, writes)
    note_assignments(job, writes)
    remember_effects(job, draft.effects, now=now)
    kept = keep_rows(job, draft, remembered, revision=revision, now=now)
    _remember(job, draft, now, kept)
    superseded = transitions.cancel_superseded(job, now=now) if job.mode == Mode.FULL else []
    settled = remembered.epoch_before_file if remembered and kept["last_content_sha256"] is not None else None
    endings.finish(attempt, draft, files.record(), revision=revision, settled_epoch=settled)
    if job.takes_nothing:
        hold_rest(attempt, draft.file)
    transitions.note_superseded(job, superseded, now=now)
    audited.note_effects(job, draft.plan.writes, at=now)
    follow_permissions(job, draft.plan.writes, now=now)
    people = job.organization.next_learner_id + writes.creates.height
    if revision != draft.plan.revision and not attempt.is_attended and people > WORTH_IT:
        tasks.enqueue_recount(now)


def _remember(job: UploadJob, draft: Draft, now: datetime, kept: dict[str, Any]) -> None:
    """Note what the feed's applied file was like; a file of changes is no measure for the next full one."""
    if job.kind == JobKind.UNDO:
        note_undone(job)
        return
    values: dict[str, Any] = {"last_applied_at": now, "holds_next": False, **kept}
    if job.mode == Mode.FULL and not job.takes_nothing:
        values |= {"last_fields": list(draft.file.layout.fields), "last_rows": draft.file.row_count}
        values["last_fill"] = fill_of(draft.file.checked, draft.file.layout)
    if job.kind == JobKind.FILE:
        values["named_fields"] = sorted({*job.feed.named_fields, *fields_spoken(draft.file.layout)})
    Feed.objects.filter(organization_id=job.organization_id, id=job.feed_id).update(**values)
