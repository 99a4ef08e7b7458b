"""Jobs that name nobody: what they change is a rule or a pool, and the plan finds whom that moves."""

import csv
import io
from datetime import datetime

from django.db import transaction

from orgsync.core.model import JobStatus, Mode, RowPolicy
from orgsync.core.planning.handrows import HAND_COLUMNS
from orgsync.server.audit import actors
from orgsync.server.directory.models import Feed
from orgsync.server.orgs.models import Account, Organization
from orgsync.server.uploads import audited
from orgsync.server.uploads.edits import feed_by_hand
from orgsync.server.uploads.intake import insert_job
from orgsync.server.uploads.media import store_media
from orgsync.server.uploads.models import JobKind, MediaKind, UploadJob


@transaction.atomic
def insert_job_of_nobody(
    organization: Organization, words: str, *, by: Account, now: datetime, asks_first: bool = False
) -> UploadJob:
    """Insert the QUEUED job of an edit without rows; to queue it (`tasks.enqueue`) is the caller's.

    `words` are shown where a file has its name. With `asks_first` a plan that moves anybody waits for a confirmation.
    """
    job = job_of_nobody(organization, feed_by_hand(organization), words, now=now)
    job.requested_by, job.asks_first = by, asks_first
    job = insert_job(job)
    audited.note_accepted(job, by=actors.account(by.pk))
    return job


def job_of_nobody(organization: Organization, feed: Feed, words: str, *, now: datetime) -> UploadJob:
    """Store the file of an edit without rows; return its job, QUEUED and not saved yet."""
    source = store_media([_no_rows()], feed=feed, kind=MediaKind.SOURCE, file_name=words, now=now)
    return UploadJob(
        organization=organization,
        feed=feed,
        source=source,
        kind=JobKind.EDIT,
        status=JobStatus.QUEUED,
        mode=Mode.CHANGES,
        rows=RowPolicy.GOOD_ROWS,
    )


def _no_rows() -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow(["existing_email_address", *HAND_COLUMNS])
    return text.getvalue().encode()
