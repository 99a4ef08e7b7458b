"""Erase one person: directory, timeline, files, mails, messages; a receipt and keyed hashes remain.

Safe to be cut off anywhere. New files are written first: without the commit they are left-overs, which the sweep
removes. The commit replaces files and rows at once and notes which old files are to go; whoever runs it again, and
the daily housekeeping, deletes what is still noted.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Q, TextField
from django.db.models.functions import Cast

from orgsync.core.errors import OrgSyncError
from orgsync.core.forgetting import Keys, messages_without
from orgsync.core.model import JobStatus
from orgsync.server.audit import actors
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record
from orgsync.server.directory.erasing import Person, erase_rows, find_person, lift_erasure, read_person
from orgsync.server.directory.models import Erasure
from orgsync.server.directory.revision import PAGE_PATIENCE, lock_directory
from orgsync.server.learning.forgetting import forget_notes
from orgsync.server.notify.forgetting import forget_mails
from orgsync.server.orgs.access import Permission, account_may
from orgsync.server.orgs.models import Account, Organization
from orgsync.server.tokens.kept import forget_answers_of
from orgsync.server.uploads.models import Media, UploadJob
from orgsync.server.uploads.rewriting import (
    Rewritten,
    delete_objects,
    kept_if_committed,
    old_keys,
    replace_files,
    rewrite_files,
)

PENDING: Final = "files_to_delete"
"""Storage keys in a receipt's counts, until their bytes are gone."""
_WAITING: Final = (JobStatus.CREATED, JobStatus.QUEUED, JobStatus.HELD)


class ErasureRefused(OrgSyncError):
    """The person cannot be erased as asked, or not now; nothing was changed."""


def erase_person(organization: Organization, email: str, *, by: Account, now: datetime) -> Erasure:
    """Erase the person who has the address, for good; return the receipt.

    Raises as `erase_people`, and PersonUnknown.
    """
    check_is_owner(organization, by)
    finish_erasures(organization)
    person = find_person(organization.pk, email)
    return erase_people(organization, [person.learner_id], by=by, now=now)[0]


def erase_people(
    organization: Organization, learner_ids: Sequence[int], *, by: Account, now: datetime
) -> list[Erasure]:
    """
    Erase these people, for good, all or none; return a receipt for each. Files are read once, whatever their number.

    What the receipts say of files, jobs and mails is said of all of them together. Raises ErasureRefused (not an
    owner, a file that names somebody is being processed, somebody changed meanwhile), and DirectoryBusy when a sync
    is being applied.
    """
    check_is_owner(organization, by)
    finish_erasures(organization)
    people = [read_person(organization.pk, learner_id) for learner_id in learner_ids]
    keys = Keys.of_all(person.keys for person in people)
    last = Media.objects.filter(organization=organization).order_by("-id").values_list("id", flat=True).first() or 0
    files: list[Rewritten] = []
    with kept_if_committed(files):
        # Reading a month of files takes a while; nobody has to wait for that.
        files.extend(rewrite_files(organization.pk, keys, now=now))
        with transaction.atomic():
            lock_directory(organization.pk, wait=PAGE_PATIENCE)
            if any(read_person(organization.pk, person.learner_id) != person for person in people):
                raise ErasureRefused("An address or id has changed just now. Run it again.")
            files.extend(rewrite_files(organization.pk, keys, after=last, now=now))
            erasures = _erase(organization, people, keys, _once(files), by=by, now=now)
    finish_erasures(organization)
    return erasures


def finish_erasures(organization: Organization | None = None) -> int:
    """Delete the files that receipts still name, of one organization or of all; return how many receipts did."""
    unfinished = Erasure.objects.filter(**{f"counts__{PENDING}__isnull": False})
    if organization is not None:
        unfinished = unfinished.filter(organization=organization)
    found = list(unfinished)
    for erasure in found:
        delete_objects(erasure.counts.pop(PENDING))
    Erasure.objects.bulk_update(found, ["counts"])
    return len(found)


def lift(organization: Organization, erasure_id: int, *, by: Account, now: datetime) -> Erasure:
    """Let files create the person again; raise ErasureRefused when there is no such erasure, or it is lifted."""
    check_is_owner(organization, by)
    with transaction.atomic():
        lock_directory(organization.pk, wait=PAGE_PATIENCE)
        erasure = Erasure.objects.filter(organization=organization, id=erasure_id).first()
        if erasure is None:
            raise ErasureRefused(f"There is no erasure {erasure_id} in {organization.name}.")
        if not lift_erasure(erasure, at=now):
            raise ErasureRefused(f"Erasure {erasure_id} is lifted already.")
        _record(Action.ERASURE_LIFTED, erasure, by=by, now=now)
    return erasure


def check_is_owner(organization: Organization, account: Account) -> None:
    """Raise ErasureRefused for anybody but an owner of the organization."""
    if not account_may(organization.pk, account, Permission.ERASE):
        raise ErasureRefused("This needs an owner of the organization.")


def _erase(
    organization: Organization,
    people: Sequence[Person],
    keys: Keys,
    files: list[Rewritten],
    *,
    by: Account,
    now: datetime,
) -> list[Erasure]:
    """Do what one transaction does. Which old files are to go stands in the first receipt, until they are gone."""
    pending = old_keys(files)
    counts: dict[str, Any] = {
        "files": dict(Counter(f"{_fate(file)} {file.media.kind}" for file in files)),
        "jobs_cancelled": _cancel_jobs(organization, files, now=now),
        "messages": _reword_messages(organization, keys),
        "mails": forget_mails(organization, keys),
        "notes": forget_notes(organization, keys),
    }
    replace_files(files, now=now)
    # Which of them names whom cannot be seen: they are sealed, and kept for a day only.
    forget_answers_of(organization.pk)
    erasures = []
    for place, person in enumerate(people):
        mine = counts | ({} if place else {PENDING: pending})
        erasures.append(erase_rows(person, by_id=by.pk, at=now, counts=mine))
        _record(Action.LEARNER_ERASED, erasures[-1], by=by, now=now)
    return erasures


def _record(action: Action, erasure: Erasure, *, by: Account, now: datetime) -> None:
    ids = {"erasure": erasure.pk, "learner": erasure.learner_id}
    record(erasure.organization_id, action, ids, at=now, by=actors.account(by.pk))


def _fate(file: Rewritten) -> str:
    return "removed" if file.received is None else "rewritten"


def _once(files: list[Rewritten]) -> list[Rewritten]:
    """Return the last word on each file: one recorded during the first look may have been seen twice."""
    latest = {file.media.pk: file for file in files}
    seen_twice = [file for file in files if latest[file.media.pk] is not file]
    delete_objects(file.received.storage_key for file in seen_twice if file.received is not None)
    return list(latest.values())


def _cancel_jobs(organization: Organization, files: list[Rewritten], *, now: datetime) -> int:
    """End the jobs that wait and whose file goes; raise ErasureRefused when one is being processed."""
    gone = [file.media.pk for file in files if file.received is None]
    jobs = UploadJob.objects.filter(organization=organization, source_id__in=gone)
    reason = "Its file named a person who was erased, and is gone. Send the file again without that person."
    cancelled = jobs.filter(status__in=_WAITING).update(
        status=JobStatus.CANCELLED, reason_code="source_erased", reason=reason, finished_at=now, modified_at=now
    )
    running = jobs.filter(status=JobStatus.PROCESSING).values_list("public_id", flat=True).first()
    if running is not None:
        raise ErasureRefused(f"Job {running} is processing a file that names the person. Try again when it has ended.")
    return cancelled


def _reword_messages(organization: Organization, keys: Keys) -> int:
    """Reword the messages of jobs that quote the person; return how many jobs had such."""
    quoting = Q()
    for key in keys.words:
        quoting |= Q(told__icontains=key)
    jobs = UploadJob.objects.filter(organization=organization).annotate(told=Cast("messages", TextField()))
    reworded = []
    for job in jobs.filter(quoting).only("messages"):
        messages = messages_without(job.messages, keys)
        if messages != job.messages:
            job.messages = messages
            reworded.append(job)
    UploadJob.objects.bulk_update(reworded, ["messages"])
    return len(reworded)
