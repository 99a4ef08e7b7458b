"""From a stored file to a draft: what was read, what it would change, and why a person should look first."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
from django.db.models import Q

from orgsync.core import issues as kinds
from orgsync.core.approval import exceeds_approval, exceeds_identity_approval
from orgsync.core.checking import CheckedFile, check_file
from orgsync.core.guards import ADMIN_CHANGE, Case, FeedHistory, HoldReason, reasons_to_hold
from orgsync.core.issues import IssueKind, rows_with
from orgsync.core.model import Limits, Mode, RowPolicy, Severity
from orgsync.core.plan import Plan, Policy
from orgsync.core.planning.build import build_plan
from orgsync.server.directory.models import CustomAttribute, Pool
from orgsync.server.directory.snapshot import read_directory
from orgsync.server.tokens.scopes import Scope
from orgsync.server.uploads.media import verified_file
from orgsync.server.uploads.models import UploadJob


@dataclass(frozen=True, slots=True)
class Draft:
    """A file's plan against the directory at one revision."""

    file: CheckedFile
    plan: Plan
    issues: pl.DataFrame
    """Everything found: by the reader, the checks and the plan."""
    reasons: tuple[HoldReason, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a readable file is not applied at all; never approvable."""

    code: str
    reason: str


def read_file(job: UploadJob) -> CheckedFile:
    """Read and check the source file; raise UnreadableFile, or what `verified_file` raises."""
    organization = job.organization
    keys = Pool.objects.filter(organization=organization).values_list("key", flat=True)
    with verified_file(job.source) as path:
        return check_file(path, limits=Limits(), date_formats=organization.date_formats, license_keys=list(keys))


def refusal_of(job: UploadJob, file: CheckedFile) -> Refusal | None:
    """Say why the whole file fails before it is planned, if it does."""
    if file.layout.is_deletion_file:
        return _refusal(kinds.DELETION_NOT_ALLOWED)
    expected = job.source.expected_rows
    if expected is not None and expected != file.row_count:
        return _refusal(kinds.ROW_COUNT_MISMATCH, expected=expected, found=file.row_count)
    if job.mode == Mode.FULL and not file.row_count:
        return _refusal(kinds.NO_ROWS_FULL)
    return None


def refusal_of_rows(job: UploadJob, draft: Draft) -> Refusal | None:
    """Say that rows in error fail the file, where the job is all or nothing."""
    count = rows_with(draft.issues, Severity.ERROR).len()
    if job.rows != RowPolicy.ALL_OR_NOTHING or not count:
        return None
    return Refusal("rows_in_error", f"{count:,} rows are in error, and the file is to be applied whole or not at all.")


def make_draft(job: UploadJob, file: CheckedFile, *, now: datetime) -> Draft:
    """Plan the file against the directory as the current transaction sees it."""
    directory = read_directory(job.organization_id, feed_id=job.feed_id, custom=_custom_of(job, file))
    plan = build_plan(file.checked, file.layout, directory, _policy(job, now))
    issues = pl.concat([file.issues, plan.issues])
    history = FeedHistory(tuple(job.feed.last_fields), job.feed.last_rows)
    case = Case(plan, file.layout, issues, directory, Mode(job.mode), history)
    return Draft(file, plan, issues, (*_feed_reasons(job), *reasons_to_hold(case, _limits(job))))


def approved_reasons(draft: Draft, approved: pl.DataFrame, shown: Collection[str]) -> tuple[HoldReason, ...]:
    """Return why an approved job is held again: its plan does what the approved one did not.

    That is to take something more away, or to touch admins when `shown`, the codes of the reasons that the plan was
    approved with, says nothing of admins, or in another way than approved.
    """
    more = exceeds_approval(draft.plan.changes, approved)
    if any(reason.code == ADMIN_CHANGE for reason in draft.reasons):
        if ADMIN_CHANGE not in shown:
            return draft.reasons
        more = pl.concat([more, exceeds_identity_approval(draft.plan.changes, approved)])
    if more.is_empty():
        return ()
    text = f"The directory has changed: the plan holds {more.height:,} changes that were not approved."
    return (HoldReason("approval_exceeded", text, more.height, approved.height), *draft.reasons)


def _refusal(kind: IssueKind, **facts: object) -> Refusal:
    return Refusal(kind.code, f"{kind.wording.format(**facts)} {kind.mend}")


def _custom_of(job: UploadJob, file: CheckedFile) -> list[str]:
    named = Q(name__in=file.layout.attribute_fields)
    known = CustomAttribute.objects.filter(named, organization_id=job.organization_id)
    return list(known.values_list("name", flat=True))


def _policy(job: UploadJob, now: datetime) -> Policy:
    organization = job.organization
    scopes = job.token.scopes if job.token else []
    return Policy(
        mode=Mode(job.mode),
        today=now.date(),
        leaves_by_status=organization.leaves_by_status,
        waits_for_start_date=organization.waits_for_start_date,
        reactivates_returners=organization.reactivates_returners,
        reads_groups_literally=organization.reads_groups_literally,
        allows_permissions=Scope.PERMISSIONS_WRITE.value in scopes,
        blank_clears=frozenset(organization.blank_clears),
    )


def _limits(job: UploadJob) -> Mapping[str, Mapping[str, Any]]:
    guards: Mapping[str, Mapping[str, Any]] = job.feed.guards
    return guards


def _feed_reasons(job: UploadJob) -> tuple[HoldReason, ...]:
    reasons = []
    if job.feed.is_paused:
        reasons.append(HoldReason("feed_paused", f"The feed {job.feed.name} is paused."))
    if job.feed.holds_next:
        reasons.append(
            HoldReason("after_undo", f"A job of {job.feed.name} was undone; this shows what it would do again.")
        )
    return tuple(reasons)
