"""What jobs leave in the audit log: each move of a job, and what its plan did to rights and to people by hand."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import polars as pl

from orgsync.core.model import JobStatus
from orgsync.core.plan import Writes
from orgsync.server.audit import actors
from orgsync.server.audit.actions import Action
from orgsync.server.audit.actors import Actor
from orgsync.server.audit.log import Fact, record, record_all
from orgsync.server.audit.veil import ensure_keys, veil_values
from orgsync.server.uploads.models import JobKind, UploadJob

MOST_PEOPLE: Final = 50
"""More people than these are counted, not named: the timeline and the plan name them."""

_MOVES: Final = {
    JobStatus.QUEUED: Action.JOB_APPROVED,
    JobStatus.HELD: Action.JOB_HELD,
    JobStatus.DONE: Action.JOB_APPLIED,
    JobStatus.FAILED: Action.JOB_FAILED,
    JobStatus.CANCELLED: Action.JOB_CANCELLED,
}


def note_accepted(job: UploadJob, *, by: Actor | None = None) -> None:
    """Record that a job was queued, by whoever acts; last in the transaction that makes the job."""
    terms = {"kind": job.kind, "mode": job.mode, "rows": job.rows, "is_dry_run": job.is_dry_run}
    record(job.organization_id, Action.JOB_ACCEPTED, _ids(job) | terms, at=job.created_at, by=by)


def note_move(job: UploadJob, *, at: datetime, by: Actor | None = None) -> None:
    """Record the move that `job` has just made, in the same transaction; a mere next try is not recorded."""
    status = JobStatus(job.status)
    action = Action.JOB_TRIED if job.is_dry_run and status is JobStatus.DONE else _MOVES[status]
    facts = [Fact(action, _ids(job) | _details(job, status))]
    if action is Action.JOB_APPLIED and job.undoes is not None:
        facts.append(Fact(Action.JOB_UNDONE, {"job": job.undoes.public_id, "by_job": job.public_id}))
    record_all(job.organization_id, facts, at=at, by=by)


def note_first_approval(job: UploadJob, *, at: datetime, by: Actor) -> None:
    """Record the first of two approvals, in the transaction that notes it."""
    details = {"plan": job.plan_id, "additions_only": job.takes_nothing}
    record(job.organization_id, Action.JOB_FIRST_APPROVED, _ids(job) | details, at=at, by=by)


def note_superseded(job: UploadJob, superseded: Sequence[int], *, at: datetime) -> None:
    """Record the older jobs (their public ids) that `job` has made pointless; after `job` itself has moved."""
    facts = [
        Fact(Action.JOB_CANCELLED, {"job": older, "feed": job.feed_id, "reason": "superseded", "by_job": job.public_id})
        for older in superseded
    ]
    record_all(job.organization_id, facts, at=at)


def note_expired(expired: Sequence[tuple[int, int]], *, at: datetime) -> None:
    """Record jobs that nobody approved in time: (organization id, public id)."""
    for organization_id in sorted({organization_id for organization_id, _ in expired}):
        jobs = [public_id for owner, public_id in expired if owner == organization_id]
        facts = [Fact(Action.JOB_CANCELLED, {"job": job, "reason": "expired"}) for job in jobs]
        record_all(organization_id, facts, at=at)


def note_effects(job: UploadJob, writes: Writes, *, at: datetime) -> None:
    """Record what an applied plan did to permissions, and, for edits by hand, whose attributes were changed."""
    facts = []
    if not writes.permissions.is_empty():
        names = sorted(set(writes.permissions["permission"]))
        facts.append(
            Fact(
                Action.PERMISSIONS_CHANGED, {"job": job.public_id, "permissions": names, **_people(writes.permissions)}
            )
        )
    if job.kind == JobKind.EDIT:
        facts += _edits(job, writes.changes)
    by = actors.account(job.requested_by_id) if job.requested_by_id else None
    record_all(job.organization_id, facts, at=at, by=by)


def _ids(job: UploadJob) -> dict[str, Any]:
    return {"job": job.public_id, "feed": job.feed_id}


def _details(job: UploadJob, status: JobStatus) -> dict[str, Any]:
    if status is JobStatus.QUEUED:
        return {"plan": job.approved_plan_id, "additions_only": job.takes_nothing}
    if status is JobStatus.HELD:
        return {"plan": job.plan and job.plan.pk, "reasons": sorted({reason["code"] for reason in job.hold_reasons})}
    if status is JobStatus.DONE:
        counts = {"updated": job.updated_count, "deleted": job.deleted_count, "errors": job.error_count}
        return {"attempt": job.attempts, "revision": job.revision, "plan": job.plan and job.plan.pk, **counts}
    return {"reason": job.reason_code}


def _edits(job: UploadJob, changes: pl.DataFrame) -> list[Fact]:
    """Return one fact for each person, with their values veiled; of many people only who they are how many."""
    if changes["learner_id"].n_unique() > MOST_PEOPLE:
        attributes = sorted(set(changes["attribute"]))
        return [Fact(Action.LEARNER_EDITED, {"job": job.public_id, "attributes": attributes, **_people(changes)})]
    people = changes.sort("learner_id", "attribute").partition_by("learner_id", as_dict=True, maintain_order=True)
    keys = ensure_keys(job.organization_id, [int(learner_id) for (learner_id,) in people])
    return [
        Fact(
            Action.LEARNER_EDITED,
            {"job": job.public_id, "learner": learner_id, "attributes": lines["attribute"].to_list()},
            veil_values(keys[learner_id], dict(lines.select("attribute", "after").iter_rows())),
        )
        for (learner_id,), lines in people.items()
    ]


def _people(lines: pl.DataFrame) -> dict[str, Any]:
    """Return the ids of learners, where they are few, and how many they are; one who is just created has none yet."""
    known = lines.filter(pl.col("learner_id") > 0)["learner_id"].unique().sort()
    return {"learners": known.head(MOST_PEOPLE).to_list(), "count": lines["learner_id"].n_unique()}
