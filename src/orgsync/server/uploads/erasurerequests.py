"""Requests to erase people: a deletion file waits for an owner, one person is the owner's own word; a task does it."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record
from orgsync.server.directory.models import Erasure, Learner
from orgsync.server.directory.revision import DirectoryBusy
from orgsync.server.orgs.models import Account, Organization
from orgsync.server.uploads import tasks
from orgsync.server.uploads.deletionfile import Named
from orgsync.server.uploads.editrights import check_may_edit
from orgsync.server.uploads.erase import ErasureRefused, check_is_owner, erase_people, finish_erasures
from orgsync.server.uploads.models import ErasureRequest, ErasureStatus


def request_erasure(organization: Organization, named: Named, *, by: Account, now: datetime) -> ErasureRequest:
    """Put the people of a deletion file before an owner; raise EditRefused, ErasureRefused when it names nobody."""
    check_may_edit(organization, by)
    if not named.learner_ids:
        raise ErasureRefused("No row of the file names somebody in the directory.")
    with transaction.atomic():
        request = ErasureRequest.objects.create(
            organization=organization,
            learner_ids=list(named.learner_ids),
            row_count=named.row_count,
            problems=list(named.problems),
            requested_by=by,
            created_at=now,
        )
        _record(request, Action.ERASURE_REQUESTED, now=now)
    return request


def erase_one(organization: Organization, learner_id: int, *, by: Account, now: datetime) -> ErasureRequest:
    """Queue the erasure of one person, which an owner asks for; raise ErasureRefused."""
    check_is_owner(organization, by)
    word = {"requested_by": by, "created_at": now, "decided_by": by, "decided_at": now}
    with transaction.atomic():
        request = ErasureRequest.objects.create(
            organization=organization, status=ErasureStatus.QUEUED, learner_ids=[learner_id], **word
        )
        tasks.enqueue_erasure(request)
        _record(request, Action.ERASURE_APPROVED, now=now)
    return request


def approve_erasure(request: ErasureRequest, *, by: Account, now: datetime) -> None:
    """Queue what a request asks for, also one that has FAILED; raise ErasureRefused.

    Where held jobs need two people, whoever sent the file cannot be the one who approves it.
    """
    check_is_owner(request.organization, by)
    if request.organization.needs_second_person and request.row_count and request.requested_by_id == by.pk:
        raise ErasureRefused("You have sent this file; another owner has to approve it.")
    open_ones = (ErasureStatus.HELD, ErasureStatus.FAILED)
    with transaction.atomic():
        if not _move(request, open_ones, status=ErasureStatus.QUEUED, decided_by=by, decided_at=now, reason=""):
            raise ErasureRefused("This request has been decided on already.")
        tasks.enqueue_erasure(request)
        _record(request, Action.ERASURE_APPROVED, now=now)


def reject_erasure(request: ErasureRequest, *, by: Account, now: datetime) -> None:
    """End a request; nobody was or will be erased by it. Raises ErasureRefused."""
    check_is_owner(request.organization, by)
    open_ones = (ErasureStatus.HELD, ErasureStatus.FAILED)
    with transaction.atomic():
        word = {"decided_by": by, "decided_at": now, "finished_at": now}
        if not _move(request, open_ones, status=ErasureStatus.REJECTED, **word):
            raise ErasureRefused("This request has been decided on already.")
        _record(request, Action.ERASURE_REJECTED, now=now)


def carry_out(organization_id: int, request_id: int, *, now: datetime) -> None:
    """Erase the people of a queued request. Safe to run again: who is gone already is passed over."""
    known = ErasureRequest.objects.select_related("organization", "decided_by")
    request = known.get(organization_id=organization_id, id=request_id)
    if request.status != ErasureStatus.QUEUED or request.decided_by is None:
        return
    there = Learner.objects.filter(organization_id=organization_id, id__in=request.learner_ids)
    people = sorted(there.values_list("id", flat=True))
    values = {"status": ErasureStatus.DONE, "finished_at": now}
    try:
        if people:
            erase_people(request.organization, people, by=request.decided_by, now=now)
        else:
            finish_erasures(request.organization)
    except (ErasureRefused, DirectoryBusy) as refused:
        values = {"status": ErasureStatus.FAILED, "reason": str(refused)}
    _move(request, (ErasureStatus.QUEUED,), **values)


def receipts_of(request: ErasureRequest) -> Sequence[Erasure]:
    """Return the receipts of the people whom a request has erased."""
    mine = Erasure.objects.filter(organization_id=request.organization_id, learner_id__in=request.learner_ids)
    return list(mine.order_by("id"))


def _move(request: ErasureRequest, since: Sequence[ErasureStatus], **values: object) -> bool:
    mine = ErasureRequest.objects.filter(organization_id=request.organization_id, id=request.pk, status__in=since)
    return mine.update(**values) == 1


def _record(request: ErasureRequest, action: Action, *, now: datetime) -> None:
    facts = {"request": request.pk, "people": len(request.learner_ids), "rows": request.row_count}
    record(request.organization_id, action, facts, at=now)
