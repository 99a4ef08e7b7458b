"""From a stored file to a queued job."""

import secrets
from typing import Final

from django.db import IntegrityError, transaction

from orgsync.core.errors import OrgSyncError
from orgsync.core.model import JobStatus
from orgsync.server.audit import actors
from orgsync.server.audit.actors import Actor
from orgsync.server.orgs.models import Account
from orgsync.server.tokens.models import AccessToken
from orgsync.server.tokens.tokens import actor_of
from orgsync.server.uploads import audited, tasks
from orgsync.server.uploads.models import Media, UploadJob
from orgsync.server.uploads.terms import Asked, Terms, narrowed, terms_of_job, terms_of_media

PUBLIC_IDS: Final = 2**53
"""Job ids stay below this, so that every JSON reader keeps them exact."""
ID_TRIES: Final = 5
OVER: Final = (JobStatus.FAILED, JobStatus.CANCELLED)


class AlreadyStarted(OrgSyncError):
    """The file is processed already, on other terms than those asked for now."""

    def __init__(self, parameter: str, running: str) -> None:
        self.parameter = parameter
        self.running = running
        super().__init__(f"The file is processed already with {parameter}={running}; upload it again to change that.")


def accept_upload(token: AccessToken, media: Media, *, automatic: bool) -> UploadJob | None:
    """Start the job of a fresh upload in automatic mode; in manual mode nothing starts unasked.

    To be called in the transaction that records the media: file, job and queue entry come together or not at all.
    """
    if not automatic:
        return None
    return _queue(media, terms_of_media(media), token=token, is_automatic=True)


def start_job(media: Media, *, requested_by: AccessToken | Account, asked: Asked | None = None) -> UploadJob:
    """
    Queue a job for a file, or return the one that the file has already.

    The same file gives the same job, the one of automatic mode included, until that job has FAILED or was
    CANCELLED. A dry run and a real run are different jobs. Raises WiderThanAllowed when `asked` goes beyond feed
    and upload, AlreadyStarted when the job there runs on other terms than `asked` names.
    """
    asked = asked or Asked()
    with transaction.atomic():
        media = _lock(media)
        terms = narrowed(terms_of_media(media), asked)
        if running := _job_of(media, is_dry_run=terms.is_dry_run):
            _check_same(asked, terms_of_job(running))
            return running
        if isinstance(requested_by, Account):
            return _queue(media, terms, token=media.token, account=requested_by)
        return _queue(media, terms, token=requested_by)


def _lock(media: Media) -> Media:
    """Make two requests for the same file wait for each other."""
    locked = Media.objects.select_for_update(of=("self",)).select_related("feed", "token")
    return locked.get(organization_id=media.organization_id, id=media.pk)


def _job_of(media: Media, *, is_dry_run: bool) -> UploadJob | None:
    mine = {"organization_id": media.organization_id, "source": media, "rest_of": None, "undoes": None}
    of_media = UploadJob.objects.filter(**mine, is_dry_run=is_dry_run)
    return of_media.exclude(status__in=OVER).order_by("id").last()


def _check_same(asked: Asked, running: Terms) -> None:
    if asked.mode is not None and asked.mode is not running.mode:
        raise AlreadyStarted("mode", running.mode)
    if asked.rows is not None and asked.rows is not running.rows:
        raise AlreadyStarted("rows", running.rows)


def _queue(
    media: Media,
    terms: Terms,
    *,
    token: AccessToken | None,
    account: Account | None = None,
    is_automatic: bool = False,
) -> UploadJob:
    with transaction.atomic():
        job = insert_job(
            UploadJob(
                organization_id=media.organization_id,
                feed=media.feed,
                token=token,
                requested_by=account,
                source=media,
                status=JobStatus.QUEUED,
                is_automatic=is_automatic,
                mode=terms.mode,
                rows=terms.rows,
                is_dry_run=terms.is_dry_run,
            )
        )
        tasks.enqueue(job)
        audited.note_accepted(job, by=_whoever(token, account))
    return job


def _whoever(token: AccessToken | None, account: Account | None) -> Actor | None:
    if account is not None:
        return actors.account(account.pk)
    return None if token is None else actor_of(token)


def insert_job(job: UploadJob) -> UploadJob:
    """Insert a job, to be queued or held in the same transaction, under a random id that is not taken."""
    for attempt in range(ID_TRIES):
        job.public_id = secrets.randbelow(PUBLIC_IDS - 1) + 1
        try:
            with transaction.atomic():
                job.save(force_insert=True)
        except IntegrityError as error:
            is_taken = "upload_job_public_id" in str(error)
            if not is_taken or attempt == ID_TRIES - 1:
                raise
        else:
            break
    return job
