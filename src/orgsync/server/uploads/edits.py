"""Edits by people: one person at once, several after a look at the plan; the same way as every file takes."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

import polars as pl
from django.db import transaction
from django.utils import timezone

from orgsync.core.edits import Edit, write_edits, write_same
from orgsync.core.model import JobStatus, Mode, RowPolicy
from orgsync.server.audit import actors
from orgsync.server.directory.models import Feed
from orgsync.server.orgs.models import Account, Organization
from orgsync.server.uploads import audited, tasks
from orgsync.server.uploads.atonce import run_at_once
from orgsync.server.uploads.editrights import EditRefused, check_edits, only_editable
from orgsync.server.uploads.handjobs import BY_HAND
from orgsync.server.uploads.intake import insert_job
from orgsync.server.uploads.media import store_media
from orgsync.server.uploads.models import JobKind, MediaKind, UploadJob

__all__ = ["EditRefused", "edit_people", "feed_by_hand", "plan_same"]

_LAST_RANK: Final = 2**31 - 1


def edit_people(
    organization: Organization,
    edits: Sequence[Edit],
    by: Account,
    *,
    note: str = "",
    is_whole: bool = False,
    asks_first: bool = False,
    clock: Callable[[], datetime] = timezone.now,
) -> UploadJob:
    """
    Change people as somebody asks; return the job, with its plan and results.

    One person (or several with `is_whole`, which belong together as in a merge) is changed before this returns: the
    job is DONE, FAILED with the reason, or HELD where an owner has to decide. Several are planned only: the job is
    HELD with the plan to look at, and `decisions.approve_job` confirms it. With
    `asks_first` one person's plan waits for that too. `note` is shown where a file has its name.
    Raises EditRefused when there is nothing to do or `by` may not edit, and DirectoryBusy when a sync is being
    applied. Call it outside any transaction.
    """
    if not edits:
        raise EditRefused("There is nobody to edit.")
    check_edits(organization, by, edits)
    all_or_nothing = is_whole or len(edits) == 1
    rows = RowPolicy.ALL_OR_NOTHING if all_or_nothing else RowPolicy.GOOD_ROWS
    job = _job_of(organization, [write_edits(edits)], by, note=note, rows=rows, now=clock())
    job.asks_first = asks_first
    return run_at_once(job, by=actors.account(by.pk), clock=clock)


def plan_same(
    organization: Organization, edit: Edit, people: Iterable[pl.DataFrame], by: Account, *, note: str, now: datetime
) -> UploadJob:
    """
    Queue the same edit of many people; the job is HELD with its plan when it is planned, and confirmed like any.

    `people` come in frames of `learner_id`, `address` and, where local overrides are to be lifted, `lifts` (targets,
    one a line); whom `by` may not edit is left out. Raises EditRefused.
    """
    editable = only_editable(organization, by, edit, people)
    job = _job_of(organization, write_same(edit, editable), by, note=note, rows=RowPolicy.GOOD_ROWS, now=now)
    job.asks_first = True
    with transaction.atomic():
        insert_job(job)
        tasks.enqueue(job)
        audited.note_accepted(job, by=actors.account(by.pk))
    return job


def feed_by_hand(organization: Organization) -> Feed:
    """Return the feed that edits belong to."""
    settings = {"mode": Mode.CHANGES, "rank": _LAST_RANK, "late_after_hours": 0}
    feed, _ = Feed.objects.get_or_create(organization=organization, name=BY_HAND, defaults=settings)
    return feed


def _job_of(
    organization: Organization,
    file: Iterable[bytes],
    by: Account,
    *,
    note: str,
    rows: RowPolicy,
    now: datetime,
) -> UploadJob:
    """Store the edits as a file; return their job, which is not saved yet."""
    feed = feed_by_hand(organization)
    name = note.strip() or "Edit by hand"
    source = store_media(file, feed=feed, kind=MediaKind.SOURCE, file_name=name, now=now)
    return UploadJob(
        organization=organization,
        feed=feed,
        requested_by=by,
        source=source,
        kind=JobKind.EDIT,
        status=JobStatus.QUEUED,
        mode=Mode.CHANGES,
        rows=rows,
    )
