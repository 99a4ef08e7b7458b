"""Edits by people: one person at once, several after a look at the plan; the same way as every file takes."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils import timezone

from orgsync.core.edits import Edit, write_edits
from orgsync.core.errors import OrgSyncError
from orgsync.core.model import JobStatus, Mode, RowPolicy
from orgsync.server.audit import actors
from orgsync.server.directory.models import Feed
from orgsync.server.directory.revision import PAGE_PATIENCE, DirectoryBusy
from orgsync.server.orgs.models import Account, Admin, Organization, Role
from orgsync.server.uploads import audited, transitions
from orgsync.server.uploads.handjobs import BY_HAND
from orgsync.server.uploads.intake import insert_job
from orgsync.server.uploads.media import store_media
from orgsync.server.uploads.models import JobKind, MediaKind, UploadJob
from orgsync.server.uploads.pipeline import process

_LAST_RANK: Final = 2**31 - 1


class EditRefused(OrgSyncError):
    """The edit cannot be made; nothing was changed."""


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
    check_may_edit(organization, by)
    job = _begin(organization, edits, by, note=note, is_whole=is_whole, asks_first=asks_first, now=clock())
    try:
        process(job.pk, job.attempts, now=clock(), clock=clock, patience=PAGE_PATIENCE)
    except DirectoryBusy as error:
        transitions.fail(job, job.attempts, code="directory_busy", reason=str(error), now=clock())
        raise
    return UploadJob.objects.select_related("organization", "feed", "source", "plan", "result").get(
        organization=organization, id=job.pk
    )


def check_may_edit(organization: Organization, by: Account) -> None:
    """Raise EditRefused unless the account is an owner or an admin of the organization."""
    roles = Admin.objects.filter(organization=organization, account=by, role__in=(Role.OWNER, Role.ADMIN))
    if not roles.exists():
        raise EditRefused(f"{by.email} may not edit people of {organization.name}.")


def feed_by_hand(organization: Organization) -> Feed:
    """Return the feed that edits belong to."""
    settings = {"mode": Mode.CHANGES, "rank": _LAST_RANK, "late_after_hours": 0}
    feed, _ = Feed.objects.get_or_create(organization=organization, name=BY_HAND, defaults=settings)
    return feed


def _begin(
    organization: Organization,
    edits: Sequence[Edit],
    by: Account,
    *,
    note: str,
    is_whole: bool,
    asks_first: bool,
    now: datetime,
) -> UploadJob:
    """Store the edits as a file and begin its job, which the queue gets only if this process dies."""
    feed = feed_by_hand(organization)
    name = note.strip() or "Edit by hand"
    source = store_media([write_edits(edits)], feed=feed, kind=MediaKind.SOURCE, file_name=name, now=now)
    all_or_nothing = is_whole or len(edits) == 1
    with transaction.atomic():
        job = insert_job(
            UploadJob(
                organization=organization,
                feed=feed,
                requested_by=by,
                source=source,
                kind=JobKind.EDIT,
                status=JobStatus.QUEUED,
                mode=Mode.CHANGES,
                rows=RowPolicy.ALL_OR_NOTHING if all_or_nothing else RowPolicy.GOOD_ROWS,
                asks_first=asks_first,
            )
        )
        audited.note_accepted(job, by=actors.account(by.pk))
        # No worker's name: a sweep that takes a lost edit over must not end the sessions of this process.
        transitions.start(job.pk, worker="", now=now)
    job.refresh_from_db()
    return job
