"""From a stored file to a draft: what was read, what it would change, and why a person should look first."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl
from django.db.models import Q

from orgsync.core import issues as kinds
from orgsync.core.approval import exceeds_additions, exceeds_approval, exceeds_identity_approval
from orgsync.core.checking import CheckedFile, OpenedFile, open_file
from orgsync.core.guards import ADMIN_CHANGE, HoldReason
from orgsync.core.issuerows import rows_with
from orgsync.core.issues import IssueKind
from orgsync.core.model import Limits, Mode, RowPolicy, Severity
from orgsync.core.plan import Plan, Policy
from orgsync.core.planning.build import build_plan
from orgsync.server.directory.ahead import ReadAhead
from orgsync.server.directory.models import CustomAttribute, Pool
from orgsync.server.orgs.zones import day_of
from orgsync.server.tokens.scopes import Scope
from orgsync.server.uploads.calendarjobs import claim_all
from orgsync.server.uploads.erasedrows import without_erased
from orgsync.server.uploads.guarding import guard_case, guard_reasons
from orgsync.server.uploads.handjobs import is_by_hand, policy_by_hand, read_edits, read_named, reasons_by_hand
from orgsync.server.uploads.inverse import no_file, plan_inverse
from orgsync.server.uploads.invited import most_invitations
from orgsync.server.uploads.media import verified_file
from orgsync.server.uploads.models import JobKind, UploadJob
from orgsync.server.uploads.overtaken import read_overtaken
from orgsync.server.uploads.rulejobs import CIRCLE, circle_of
from orgsync.server.uploads.shortcut import Reading, checked_file, read_what_is_needed


@dataclass(frozen=True, slots=True)
class Draft:
    """A file's plan against the directory at one revision."""

    file: CheckedFile
    plan: Plan
    issues: pl.DataFrame
    """Everything found: by the reader, the checks and the plan."""
    reasons: tuple[HoldReason, ...]
    effects: pl.DataFrame
    """What guards have counted, as `core.guards.EFFECTS`."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a readable file is not applied at all; never approvable."""

    code: str
    reason: str


def open_source(job: UploadJob) -> OpenedFile:
    """Read the source file, which `make_draft` checks; raise UnreadableFile, or what `verified_file` raises."""
    if job.kind == JobKind.UNDO:
        return no_file()
    if is_by_hand(job):
        return read_edits(job)
    keys = Pool.objects.filter(organization_id=job.organization_id).values_list("key", flat=True)
    with verified_file(job.source) as path:
        return open_file(path, limits=Limits(), license_keys=list(keys))


def read_file(job: UploadJob) -> CheckedFile:
    """Read and check the source file; raise as `open_source`."""
    return checked_file(job, open_source(job))


def refusal_of(job: UploadJob, file: OpenedFile) -> Refusal | None:
    """Say why the whole file fails before it is planned, if it does."""
    if file.layout.is_deletion_file:
        return _refusal(kinds.DELETION_NOT_ALLOWED)
    expected = job.source.expected_rows
    if job.kind == JobKind.FILE and expected is not None and expected != file.row_count:
        return _refusal(kinds.ROW_COUNT_MISMATCH, expected=expected, found=file.row_count)
    if job.mode == Mode.FULL and not file.row_count:
        return _refusal(kinds.NO_ROWS_FULL)
    circle = circle_of(job)
    return None if circle is None else Refusal(CIRCLE, circle)


def refusal_of_rows(job: UploadJob, draft: Draft) -> Refusal | None:
    """Say that rows in error fail the file, where the job is all or nothing."""
    count = rows_with(draft.issues, Severity.ERROR).len()
    if job.rows != RowPolicy.ALL_OR_NOTHING or not count:
        return None
    return Refusal("rows_in_error", f"{count:,} rows are in error, and the file is to be applied whole or not at all.")


def make_draft(job: UploadJob, file: OpenedFile, *, now: datetime, ahead: ReadAhead | None = None) -> Draft:
    """Check the file and plan it against the directory as the current transaction sees it, and `ahead` has seen it."""
    if job.kind == JobKind.UNDO:
        return _undo_draft(job, now=now)
    custom = _custom_of(job, file)
    by_hand = is_by_hand(job)
    reading = read_named(job, file, custom) if by_hand else read_what_is_needed(job, file, custom, ahead)
    return _draft_of(job, reading, now=now)


def _draft_of(job: UploadJob, reading: Reading, *, now: datetime) -> Draft:
    file, directory = reading.file, reading.directory
    if job.kind == JobKind.SWEEP or is_by_hand(job):
        directory = claim_all(directory)
    directory = replace(directory, overtaken=read_overtaken(job))
    rest = without_erased(file.checked, directory, organization_id=job.organization_id)
    plan = rest.settle(build_plan(rest.checked, file.layout, directory, _policy(job, now)))
    issues = pl.concat([file.issues, rest.issues, plan.issues])
    case = guard_case(job, file, plan, issues, directory, now=now)
    reasons = (*_feed_reasons(job), *guard_reasons(job, case, now=now))
    if is_by_hand(job):
        reasons = reasons_by_hand(job, file.row_count, plan, reasons)
    return Draft(file, plan, issues, reasons, case.effects)


def _undo_draft(job: UploadJob, *, now: datetime) -> Draft:
    """Plan an undo. Neither a pause nor an earlier undo of its feed holds it: it is no file of the feed."""
    file, plan, directory = plan_inverse(job, now=now)
    case = guard_case(job, file, plan, plan.issues, directory, now=now)
    return Draft(file, plan, plan.issues, guard_reasons(job, case, now=now), case.effects)


def without_lines(draft: Draft) -> Draft:
    """Return the draft without its plan as people read it, which is on its way into a file: three lines a person."""
    return replace(draft, plan=replace(draft.plan, changes=draft.plan.changes.clear()))


def approved_reasons(
    draft: Draft, approved: pl.DataFrame, shown: Collection[str], *, adds_only: bool = False
) -> tuple[HoldReason, ...]:
    """Return why an approved job is held again: its plan does what the approved one did not.

    That is to take something more away (where `adds_only`: to do anything else than the additions shown), or to touch
    admins when `shown`, the codes of the reasons that the plan was approved with, says nothing of admins, or in
    another way than approved.
    """
    more = (exceeds_additions if adds_only else exceeds_approval)(draft.plan.changes, approved)
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


def _custom_of(job: UploadJob, file: OpenedFile) -> list[str]:
    named = Q(name__in=file.layout.attribute_fields)
    known = CustomAttribute.objects.filter(named, organization_id=job.organization_id)
    return list(known.values_list("name", flat=True))


def _policy(job: UploadJob, now: datetime) -> Policy:
    if is_by_hand(job):
        return policy_by_hand(job, now)
    organization = job.organization
    scopes = job.token.scopes if job.token else []
    return Policy(
        mode=Mode(job.mode),
        today=day_of(now, job.organization),
        leaves_by_status=organization.leaves_by_status,
        waits_for_start_date=organization.waits_for_start_date,
        reactivates_returners=organization.reactivates_returners,
        reads_groups_literally=organization.reads_groups_literally,
        allows_permissions=Scope.PERMISSIONS_WRITE.value in scopes,
        blank_clears=frozenset() if job.scim is not None else frozenset(organization.blank_clears),
        by_scim=job.scim is not None,
        drops_ids=frozenset((job.scim or {}).get("drops_ids", [])),
        gives_up=frozenset((job.scim or {}).get("gives_up", [])),
        missing_files=job.feed.missing_files,
        takes_nothing=job.takes_nothing,
        most_invitations=most_invitations(job),
    )


def _feed_reasons(job: UploadJob) -> tuple[HoldReason, ...]:
    reasons = []
    if job.feed.is_paused:
        reasons.append(HoldReason("feed_paused", f"The feed {job.feed.name} is paused."))
    if job.feed.holds_next:
        reasons.append(
            HoldReason("after_undo", f"A job of {job.feed.name} was undone; this shows what it would do again.")
        )
    return tuple(reasons)
