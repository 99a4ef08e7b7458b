"""Add one person by hand: a file of one row, processed while somebody waits."""

import csv
import io
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from django.utils import timezone

from orgsync.core.model import JobStatus, Mode, RowPolicy
from orgsync.core.results import LINE_END
from orgsync.server.audit import actors
from orgsync.server.orgs.access import Permission
from orgsync.server.orgs.models import Account, Organization
from orgsync.server.setup import ensure_feed
from orgsync.server.uploads.atonce import run_at_once
from orgsync.server.uploads.editrights import check_may_edit
from orgsync.server.uploads.media import store_media
from orgsync.server.uploads.models import MediaKind, UploadJob

UPLOADS_BY_HAND: Final = "Uploads by hand"
"""Name of the feed that takes what people upload or add in pages, made when it is first needed."""


def add_person(
    organization: Organization,
    cells: Mapping[str, str],
    by: Account,
    *,
    clock: Callable[[], datetime] = timezone.now,
) -> UploadJob:
    """
    Create the person whom a row (header → cell) describes; return the job, DONE, FAILED with the reason, or HELD.

    It is a file of the feed for uploads by hand, which claims the person, and can be undone as any. Raises EditRefused
    and DirectoryBusy. Call it outside any transaction.
    """
    check_may_edit(organization, by, Permission.EDIT_PEOPLE)
    feed = ensure_feed(organization, UPLOADS_BY_HAND, Mode.CHANGES)
    source = store_media(
        [_file_of(cells)], feed=feed, kind=MediaKind.SOURCE, file_name="One person by hand", now=clock()
    )
    job = UploadJob(
        organization=organization,
        feed=feed,
        requested_by=by,
        source=source,
        status=JobStatus.QUEUED,
        mode=Mode.CHANGES,
        rows=RowPolicy.ALL_OR_NOTHING,
    )
    return run_at_once(job, by=actors.account(by.pk), clock=clock)


def _file_of(cells: Mapping[str, str]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=LINE_END)
    writer.writerows([cells.keys(), cells.values()])
    return text.getvalue().encode()
