"""The rest of a file whose additions were applied: a job of its own, held from the start, with its own plan."""

from typing import Any, Final

from orgsync.core.approval import removals_of
from orgsync.core.checking import CheckedFile
from orgsync.core.guards import HoldReason
from orgsync.core.model import JobStatus
from orgsync.server.uploads import audited
from orgsync.server.uploads.attempt import Attempt
from orgsync.server.uploads.draft import Draft, make_draft
from orgsync.server.uploads.intake import insert_job
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.reporting import planned_values, store_files
from orgsync.server.uploads.telling import tell

REMOVALS_LATER: Final = "removals_later"


def hold_rest(attempt: Attempt, file: CheckedFile) -> UploadJob | None:
    """Hold what the additions of `attempt.job` have left of its file; return the new job, None when nothing is left.

    To be called in the transaction that has applied the additions, with the directory's write lock held: additions
    and rest are there together or not at all. The rest is planned as any file is, against the directory as it now is.
    """
    rest = _rest_of(attempt.job)
    draft = make_draft(rest, file, now=attempt.began_at)
    if draft.plan.is_empty:
        return None
    rest = insert_job(rest)
    files = store_files(rest, draft, is_held=True, now=attempt.began_at)
    now = attempt.clock()
    planned = planned_values(draft, files, draft.plan.revision, _reasons(attempt.job, draft))
    values: dict[str, Any] = {**planned, "status": JobStatus.HELD, "held_at": now, "modified_at": now}
    UploadJob.objects.filter(organization_id=rest.organization_id, id=rest.pk).update(**values)
    for name, value in values.items():
        setattr(rest, name, value)
    audited.note_accepted(rest)
    audited.note_move(rest, at=now)
    tell(rest, now=now)
    return rest


def _rest_of(job: UploadJob) -> UploadJob:
    return UploadJob(
        organization=job.organization,
        feed=job.feed,
        token=job.token,
        requested_by_id=job.requested_by_id,
        source=job.source,
        kind=job.kind,
        rest_of=job,
        scim=job.scim,
        status=JobStatus.CREATED,
        is_automatic=job.is_automatic,
        mode=job.mode,
        rows=job.rows,
    )


def _reasons(job: UploadJob, draft: Draft) -> tuple[HoldReason, ...]:
    count = removals_of(draft.plan.changes).height
    text = f"The additions of job {job.public_id} were applied. This is what they left: it takes {count:,} things away."
    return (HoldReason(REMOVALS_LATER, text, count, draft.plan.changes.height), *draft.reasons)
