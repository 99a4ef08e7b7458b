"""What jobs of kind EDIT do differently from files: how they are read, what they obey, when they are held."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from orgsync.core.checking import CheckedFile, OpenedFile
from orgsync.core.edits import check_edits
from orgsync.core.grouprules.book import rules_need_everybody
from orgsync.core.guards import ADMIN_CHANGE, HoldReason
from orgsync.core.model import Mode, RowPolicy
from orgsync.core.plan import Plan, Policy
from orgsync.core.planning.handrows import ABSORBS, LEARNER
from orgsync.server.directory.audiences import people_concerned
from orgsync.server.directory.models import Pool
from orgsync.server.directory.needs import find_needed, needs_of
from orgsync.server.directory.snapshot import read_directory
from orgsync.server.orgs.access import is_owner
from orgsync.server.orgs.zones import day_of
from orgsync.server.uploads.assignmentjobs import assignment_edits_of
from orgsync.server.uploads.invited import most_invitations
from orgsync.server.uploads.media import verified_file
from orgsync.server.uploads.models import JobKind, UploadJob
from orgsync.server.uploads.rulejobs import book_of
from orgsync.server.uploads.shortcut import SMALL_FILE, Reading, checked_file, read_whole

BY_HAND: Final = "By hand"
"""Name of the feed that edits belong to; it is made when first needed, and never claims anybody."""
BULK_EDIT: Final = "bulk_edit"
"""The reason with which an edit of several people waits for the word of whoever made it."""
_HOLDS_ONE: Final = frozenset({ADMIN_CHANGE, "blackout"})


def is_by_hand(job: UploadJob) -> bool:
    """Say whether people, not a feed, speak in the job's file."""
    return job.kind == JobKind.EDIT


def read_edits(job: UploadJob) -> CheckedFile:
    """Read the file of an edit; raise UnreadableFile, or what `verified_file` raises."""
    keys = Pool.objects.filter(organization_id=job.organization_id).values_list("key", flat=True)
    with verified_file(job.source) as path:
        return check_edits(path, license_keys=list(keys), date_formats=job.organization.date_formats)


def read_named(job: UploadJob, file: OpenedFile, custom: Collection[str]) -> Reading:
    """Read those whom an edit is about and on whom it has an effect, or everybody where that is asked too much.

    Some rules look at people for reasons of their own, and a record that goes may have any number of reports.
    """
    checked = checked_file(job, file)
    rows = checked.checked.rows
    for_rules = rules_need_everybody(book_of(job))
    edits = assignment_edits_of(job)
    assigned = people_concerned(job.organization_id, list(edits))
    count = rows.height + len(assigned)
    if count > SMALL_FILE or rows[ABSORBS].null_count() < rows.height or for_rules:
        return read_whole(job, file, custom)
    pools = Pool.objects.filter(organization_id=job.organization_id).values_list("id", flat=True)
    needs = needs_of(rows, silent=[*rows[LEARNER].cast(int), *assigned])
    people = find_needed(job.organization_id, needs, list(pools))
    directory = read_directory(
        job.organization_id, feed_id=job.feed_id, custom=custom, people=people, assignment_edits=edits
    )
    return Reading(checked, directory)


def policy_by_hand(job: UploadJob, now: datetime) -> Policy:
    """Return what rows mean that a person made: an explicit word counts, whatever the organization lets files do."""
    return Policy(
        mode=Mode.CHANGES,
        today=day_of(now, job.organization),
        waits_for_start_date=job.organization.waits_for_start_date,
        by_hand=True,
        most_invitations=most_invitations(job),
    )


def reasons_by_hand(job: UploadJob, people: int, plan: Plan, reasons: Sequence[HoldReason]) -> tuple[HoldReason, ...]:
    """Return why an edit of so many people is held, of the `reasons` that would hold a file.

    One person, or some who belong together, are changed at once, but on blackout days, and when an admin is changed
    by somebody who is no owner. Several wait for the word of whoever asked, with everything that a file would be held
    for, and so does any edit whose plan is to be looked at first, if it moves anybody.
    """
    if job.asks_first and plan.changes["learner_id"].drop_nulls().len():
        return (HoldReason(BULK_EDIT, "The plan waits for a confirmation.", people), *reasons)
    if not people:
        # The edit of a rule: it names nobody and may move anybody.
        return tuple(reasons)
    if people > 1 and job.rows != RowPolicy.ALL_OR_NOTHING:
        text = f"{people:,} people are edited at once; the plan waits for a confirmation."
        return (HoldReason(BULK_EDIT, text, people), *reasons)
    by_owner = _is_owner(job) and job.approved_plan_id is None
    return tuple(
        reason for reason in reasons if reason.code in _HOLDS_ONE and not (by_owner and reason.code == ADMIN_CHANGE)
    )


def awaits_confirmation(job: UploadJob, reasons: Sequence[HoldReason]) -> bool:
    """Say whether nothing holds the job but that whoever asked for it looks at its plan: nobody need be told."""
    return is_by_hand(job) and {reason.code for reason in reasons} == {BULK_EDIT}


def with_claims_of_merges(job: UploadJob, plan: Plan) -> Plan:
    """Let the undo of a merge, or of such an undo, take the moves of claims back, of whatever feed they are."""
    moves_people = not (plan.writes.removed.is_empty() and plan.writes.restored.is_empty())
    if job.feed.name != BY_HAND or not moves_people:
        return plan
    return replace(plan, writes=replace(plan.writes, claims_of_job=job.undoes_id))


def _is_owner(job: UploadJob) -> bool:
    return job.requested_by is not None and is_owner(job.organization_id, job.requested_by)
