"""Who is told about an upload job, and what of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Protocol

from django.conf import settings

from orgsync.core.model import JobStatus
from orgsync.server.directory.models import Feed
from orgsync.server.notify import outbox, texts
from orgsync.server.notify.recipients import Told, admin_addresses
from orgsync.server.orgs.contacts import contacts_of
from orgsync.server.orgs.models import Account, Admin, Organization
from orgsync.server.orgs.zones import local_time
from orgsync.server.tokens.models import AccessToken


class StoredFile(Protocol):
    """What a mail needs to know of a media."""

    @property
    def pk(self) -> int: ...
    @property
    def public_id(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def created_at(self) -> datetime: ...


class EndedJob(Protocol):
    """What a mail needs to know of an upload job. Uploads call us; we know nothing of them."""

    @property
    def pk(self) -> int: ...
    @property
    def public_id(self) -> int: ...
    @property
    def organization(self) -> Organization: ...
    @property
    def feed(self) -> Feed: ...
    @property
    def token(self) -> AccessToken | None: ...
    @property
    def source(self) -> StoredFile: ...
    @property
    def result(self) -> StoredFile | None: ...
    @property
    def status(self) -> str: ...
    @property
    def attempts(self) -> int: ...
    @property
    def requested_by(self) -> Account | None: ...
    @property
    def undone_id(self) -> int | None: ...
    @property
    def is_automatic(self) -> bool: ...
    @property
    def is_dry_run(self) -> bool: ...
    @property
    def messages(self) -> Sequence[dict[str, Any]]: ...
    @property
    def hold_reasons(self) -> Sequence[dict[str, Any]]: ...
    @property
    def reason_code(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def total_count(self) -> int: ...
    @property
    def created_count(self) -> int: ...
    @property
    def updated_count(self) -> int: ...
    @property
    def deleted_count(self) -> int: ...
    @property
    def unchanged_count(self) -> int: ...
    @property
    def skipped_count(self) -> int: ...
    @property
    def warning_count(self) -> int: ...
    @property
    def error_count(self) -> int: ...


LARGEST_ATTACHMENT: Final = 5_000_000
TOLD: Final = (JobStatus.DONE, JobStatus.HELD, JobStatus.FAILED)


def job_finished(job: EndedJob, *, now: datetime) -> int:
    """
    Put the mails about a job that is DONE, HELD or FAILED into the outbox; return how many are new.

    Call it in the transaction of the move, with the moved row's values on `job`. A job that is held
    again after an approval is told again.
    """
    status = JobStatus(job.status)
    if status not in TOLD:
        return 0
    recipients = _result_recipients(job) if _wants_results(job) else _asker(job)
    if status is not JobStatus.DONE:
        told = Told.HELD if status is JobStatus.HELD else Told.FAILED
        recipients += admin_addresses(job.organization.pk, told)
    facts = _facts(job, status)
    return outbox.add(
        job.organization,
        job_id=job.pk,
        kind=f"{status.lower()}-{job.attempts}" if status is JobStatus.HELD else status.lower(),
        recipients=recipients,
        subject=texts.subject(facts),
        body=texts.body(facts),
        attachment=_attachment(job),
        now=now,
    )


def _wants_results(job: EndedJob) -> bool:
    return job.token is not None and (job.is_automatic or job.token.mails_in_manual_mode)


def _asker(job: EndedJob) -> list[str]:
    """An undo has no token that would say who wants to know: whoever asked for it is told. Who only tries one looks."""
    asker = None if job.undone_id is None or job.is_dry_run else job.requested_by
    return [asker.email] if asker is not None and asker.is_active else []


def _result_recipients(job: EndedJob) -> list[str]:
    if job.token is None:
        return []
    addresses = [str(address) for address in job.token.notify_addresses]
    if job.token.emails_creator and job.token.created_by_id is not None:
        # Only while they still belong to the organization.
        creator = Admin.objects.filter(
            organization_id=job.organization.pk, account_id=job.token.created_by_id, account__is_active=True
        )
        addresses += creator.values_list("account__email", flat=True)
    return addresses


def _attachment(job: EndedJob) -> int | None:
    if not job.organization.attaches_results or job.result is None:
        return None
    return job.result.pk if job.result.size <= LARGEST_ATTACHMENT else None


def _facts(job: EndedJob, status: JobStatus) -> texts.JobFacts:
    organization = job.organization
    counts = {
        "rows": job.total_count,
        "created": job.created_count,
        "changed": job.updated_count - job.created_count,
        "deactivated": job.deleted_count,
        "unchanged": job.unchanged_count,
        "skipped": job.skipped_count,
        "warnings": job.warning_count,
        "errors": job.error_count,
    }
    # A held job's reasons stand above; its messages repeat them for clients of the wire.
    told = {reason.get("code") for reason in job.hold_reasons} if status is JobStatus.HELD else set()
    return texts.JobFacts(
        status=status,
        organization=organization.name,
        feed=job.feed.name,
        job_id=job.public_id,
        received=local_time(job.source.created_at, organization),
        base_url=settings.BASE_URL,
        counts=counts,
        is_dry_run=job.is_dry_run,
        undone_id=job.undone_id,
        result_urn=_urn(job.result),
        issues=tuple(message for message in job.messages if message.get("code") not in told),
        hold_reasons=tuple(job.hold_reasons),
        reason_code=job.reason_code,
        reason=job.reason,
        approval_days=organization.approval_days,
        contacts=contacts_of(organization),
    )


def _urn(media: StoredFile | None) -> str | None:
    return None if media is None else f"urn:li:media:{media.public_id}"
