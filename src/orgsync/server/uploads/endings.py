"""How an attempt ends: each in one transaction with the mail that it makes necessary."""

from django.db import transaction

from orgsync.core.errors import UnreadableFile
from orgsync.core.guards import HoldReason
from orgsync.core.model import JobStatus, Severity
from orgsync.core.summary import summarize
from orgsync.server.uploads import transitions
from orgsync.server.uploads.attempt import Attempt
from orgsync.server.uploads.draft import Draft, Refusal
from orgsync.server.uploads.handjobs import awaits_confirmation
from orgsync.server.uploads.media import DamagedMedia, RemovedMedia
from orgsync.server.uploads.models import JobKind, UploadJob
from orgsync.server.uploads.reporting import (
    Files,
    file_message,
    outcome_values,
    planned_values,
    store_files,
    store_results,
    untouched,
)
from orgsync.server.uploads.telling import tell


def finish(attempt: Attempt, draft: Draft, files: Files, *, revision: int, settled_epoch: int | None) -> None:
    """End an attempt that has applied its plan, in the caller's transaction."""
    values = planned_values(draft, files, revision, ())
    values["settled_epoch"] = settled_epoch
    # What an approved job was held for stays in its history.
    del values["hold_reasons"]
    transitions.finish(attempt.job, attempt.number, JobStatus.DONE, now=attempt.clock(), **values)
    tell(attempt.job, now=attempt.clock())


def finish_dry(attempt: Attempt, draft: Draft) -> None:
    """End a dry run with the counts it would have had; what would hold it is listed."""
    files = store_files(attempt.job, draft, is_held=False, now=attempt.began_at)
    values = planned_values(draft, files, draft.plan.revision, draft.reasons)
    with transaction.atomic():
        transitions.finish(attempt.job, attempt.number, JobStatus.DONE, now=attempt.clock(), **values)
        tell(attempt.job, now=attempt.clock())


def hold(attempt: Attempt, draft: Draft, reasons: tuple[HoldReason, ...]) -> None:
    """Put the job on hold with a plan that a person can read; nothing is applied."""
    files = store_files(attempt.job, draft, is_held=True, now=attempt.began_at)
    values = planned_values(draft, files, draft.plan.revision, reasons)
    with transaction.atomic():
        transitions.hold(attempt.job, attempt.number, now=attempt.clock(), **values)
        if not (awaits_confirmation(attempt.job, reasons) or is_told_already(attempt.job)):
            tell(attempt.job, now=attempt.clock())


def is_told_already(job: UploadJob) -> bool:
    """Say whether people know that the job's feed has requests of an identity provider that wait for them.

    All that is held of them is gathered in one job, which is planned anew with each.
    """
    if job.scim is None or job.kind != JobKind.FILE or job.approved_plan_id is not None:
        return False
    jobs = UploadJob.objects.filter(organization_id=job.organization_id, feed_id=job.feed_id, scim__isnull=False)
    others = jobs.filter(status=JobStatus.HELD, kind=JobKind.FILE, rest_of=None).exclude(id=job.pk)
    is_planned_anew = job.attempts > transitions.tries(job.attempts)
    return is_planned_anew or others.exists()


def fail(attempt: Attempt, draft: Draft, refusal: Refusal) -> None:
    """End a file whose rows could be read but which is not applied: every row has its result."""
    outcome, nobody = untouched(draft), draft.plan.leavers.clear()
    values = outcome_values(summarize(outcome, draft.issues, nobody), draft.issues)
    values["messages"] = [file_message(Severity.ERROR, refusal.code, refusal.reason), *values["messages"]]
    values["result"] = store_results(attempt.job, draft, outcome, nobody, now=attempt.began_at)
    with transaction.atomic():
        transitions.fail(
            attempt.job, attempt.number, code=refusal.code, reason=refusal.reason, now=attempt.clock(), **values
        )
        if not attempt.is_attended:
            tell(attempt.job, now=attempt.clock())


def fail_unread(attempt: Attempt, error: UnreadableFile | DamagedMedia | RemovedMedia) -> None:
    """End a file that could not be read at all: nothing was applied, and there are no rows to report."""
    code = error.code if isinstance(error, UnreadableFile) else "damaged_file"
    messages = [file_message(Severity.ERROR, code, str(error))]
    with transaction.atomic():
        transitions.fail(
            attempt.job, attempt.number, code=code, reason=str(error), now=attempt.clock(), messages=messages
        )
        tell(attempt.job, now=attempt.clock())
