"""The plan: what a file would change, as a value. Building it changes nothing."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

import polars as pl

from orgsync.core.assigning import AssignmentEdit
from orgsync.core.grouprules.book import AppliedRule
from orgsync.core.issuerows import no_issues
from orgsync.core.model import Mode


class ChangeKind(StrEnum):
    """Every kind of change and consequence that a plan can hold; also the order in which it is shown."""

    CREATED = "created"
    RESTORED = "restored"
    REMOVED = "removed"
    DEACTIVATED = "deactivated"
    REACTIVATED = "reactivated"
    EMAIL_CHANGED = "email_changed"
    ID_CHANGED = "id_changed"
    MANAGER_CHANGED = "manager_changed"
    VALUE_SET = "value_set"
    VALUE_CHANGED = "value_changed"
    VALUE_CLEARED = "value_cleared"
    GROUP_JOINED = "group_joined"
    GROUP_LEFT = "group_left"
    LICENSE_GRANTED = "license_granted"
    LICENSE_REVOKED = "license_revoked"
    LICENSE_WAITING = "license_waiting"
    LICENSE_SCHEDULED = "license_scheduled"
    WAITING_LEFT = "waiting_left"
    ASSIGNMENT_OPENED = "assignment_opened"
    ASSIGNMENT_CLOSED = "assignment_closed"
    INVITED = "invited"
    """A mail with a link goes to somebody who gets a license for the first time."""
    PERMISSION_CHANGED = "permission_changed"
    PROTECTION_CHANGED = "protection_changed"
    OVERRIDE_SET = "override_set"
    OVERRIDE_LIFTED = "override_lifted"
    GROUP_CREATED = "group_created"
    RULE_CHANGED = "rule_changed"
    ASSIGNMENT_CHANGED = "assignment_changed"
    """An assignment begins or ends, whomever it reaches."""
    ATTRIBUTE_CREATED = "attribute_created"
    GROUP_REMOVED = "group_removed"
    ATTRIBUTE_REMOVED = "attribute_removed"
    CLAIM_LOST = "claim_lost"
    MISSED = "missed"
    """A full file is silent on the person, who leaves only when further ones are too."""


REMOVALS: Final = frozenset(
    {
        ChangeKind.REMOVED,
        ChangeKind.DEACTIVATED,
        ChangeKind.LICENSE_REVOKED,
        ChangeKind.WAITING_LEFT,
        ChangeKind.GROUP_LEFT,
        ChangeKind.ASSIGNMENT_CLOSED,
        ChangeKind.VALUE_CLEARED,
        ChangeKind.CLAIM_LOST,
    }
)
"""Kinds that take something away: what "additions now" leaves out and what an approval is compared by."""

PLAN_SCHEMA: Final = pl.Schema(
    {
        "kind": pl.String,  # ChangeKind
        "learner_id": pl.Int64,  # negative for a person whom the plan creates: minus the row number
        "row_number": pl.Int64,  # null for a consequence that no row names
        "email": pl.String,
        "name": pl.String,
        "target": pl.String,  # attribute, group, pool or permission meant
        "before": pl.String,
        "after": pl.String,  # for a creation: the values as JSON
    }
)
"""One line per change, sorted by kind (in `ChangeKind` order) and person: what is stored, paged and counted."""

MOVED_CLAIMS: Final = pl.Schema({"other_id": pl.Int64, "learner_id": pl.Int64})  # null: nobody gets them
OVERRIDES: Final = pl.Schema(
    {
        "learner_id": pl.Int64,
        "row_number": pl.Int64,
        "target": pl.String,  # an attribute, `group:<id>` (stays out) or `license:<pool id>` (given or denied by hand)
        "is_kept": pl.Boolean,
    }
)

LEARNER_ASSIGNMENTS: Final = pl.Schema(
    {
        "learner_id": pl.Int64,
        "assignment_id": pl.Int64,
        "before": pl.String,  # state; null: it never reached the person
        "after": pl.String,  # open or closed
        "due_on": pl.String,  # ISO text; of one that is closed, as it was
    }
)
INVITED: Final = pl.Schema({"learner_id": pl.Int64, "row_number": pl.Int64})
"""People who are invited by mail."""
MISSED: Final = pl.Schema({"learner_id": pl.Int64, "before": pl.Int64, "after": pl.Int64, "limit": pl.Int64})
"""Counts of silent full files; at `limit` of them in a row a person leaves."""

CREATE_COLUMNS: Final = (
    "learner_id",
    "row_number",
    "is_active",
    "primary_email_address",
    "email_key",
    "unique_user_id",
    "manager_id",
    "pending_manager_id",
    "pending_manager_email",
)


@dataclass(frozen=True, slots=True)
class Policy:
    """Settings of organization, feed and token that decide what rows mean."""

    mode: Mode = Mode.CHANGES
    today: date = date(1970, 1, 1)
    leaves_by_status: bool = True
    waits_for_start_date: bool = True
    reactivates_returners: bool = True
    reads_groups_literally: bool = False
    allows_permissions: bool = False
    blank_clears: frozenset[str] = frozenset()
    by_hand: bool = False
    """Whether the rows are edits by people (`core.edits`): they name people by learner id, obey neither local overrides
    nor the order of feeds, and make no claims; memberships and licenses are given and taken by hand."""
    missing_files: int = 1
    """In how many full files in a row a person must be missing to leave."""
    takes_nothing: bool = False
    """"Additions now": what takes something away is left for later (`planning.later`)."""
    by_scim: bool = False
    """Whether the rows are requests of an identity provider: the memberships that they give are its own."""
    drops_ids: frozenset[int] = frozenset()
    """Learners who give up their unique user id; only requests of an identity provider say that."""
    gives_up: frozenset[int] = frozenset()
    """Learners whom the feed claims no longer, though a row names them."""
    most_invitations: int | None = None
    """How many people the job may invite by mail; None: nobody is invited, and nothing is said of that."""


def _nobody() -> pl.DataFrame:
    return pl.DataFrame(schema={"learner_id": pl.Int64, "row_number": pl.Int64})


def _no_groups() -> pl.DataFrame:
    return pl.DataFrame(schema={"group_id": pl.Int64, "group_name": pl.String, "group_key": pl.String})


@dataclass(frozen=True, slots=True)
class Writes:
    """The plan as sets for the database, each frame ready to be copied. Ids below zero are provisional.

    A learner id below zero is minus the row number of the row that creates the person; a group id below zero is a
    group of `new_groups`.
    """

    creates: pl.DataFrame
    """`CREATE_COLUMNS` and every attribute field of the file; sorted by row."""
    updates: pl.DataFrame
    """`learner_id`, `row_number` and the final values of: `is_active`, `primary_email_address`, `email_key`,
    `unique_user_id`, `manager_id`, `pending_manager_id`, `pending_manager_email` and every attribute field of the
    file (built in and custom), for people of whom any of these changes; also those whom no row names."""
    changes: pl.DataFrame
    """`learner_id`, `row_number`, `attribute`, `before`, `after` (String): the log of `updates`, one line a value.
    `attribute` is an attribute name, or `status` (active/inactive), `primary_email_address`, `unique_user_id`,
    `manager` (learner id as text), or a permission name."""
    memberships: pl.DataFrame
    """`learner_id`, `group_id`, `before`, `after` (Int16 reason masks; 0 is no membership), only where they differ."""
    licenses: pl.DataFrame
    """`learner_id`, `pool_id`, `before`, `after` (state; null is none), `position` (Int64, when waiting)."""
    permissions: pl.DataFrame
    """`learner_id`, `permission`, `before`, `after` (scope; null is none)."""
    claims: pl.DataFrame
    """`learner_id`, `is_claimed` (Boolean): claims of this feed that are new (true) or lost (false)."""
    new_groups: pl.DataFrame
    """`group_id` (negative), `group_name`, `group_key`."""
    overrides: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=OVERRIDES))
    """`OVERRIDES`: local overrides that are set or lifted, only where that is new."""
    moved_claims: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=MOVED_CLAIMS))
    """`MOVED_CLAIMS`: people whose claims, of whatever feed, end, and who gets them."""
    claims_of_job: int | None = None
    """A job that moved claims of whatever feeds, by a merge or its undo, and whose moves go back."""
    missed: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=MISSED))
    """`MISSED`: whose count of full files in a row that were silent on them changes."""
    invited: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=INVITED))
    """`INVITED`: each of them gets a license by `licenses`."""
    new_attributes: tuple[str, ...] = ()
    removed: pl.DataFrame = field(default_factory=_nobody)
    """`learner_id` and `row_number` of people who go altogether; the other frames end everything that hangs on them.
    Only undos and merges remove anybody."""
    restored: pl.DataFrame = field(default_factory=_nobody)
    """People whom an undo removed and who come back under the ids they had; columns as `creates`."""
    restored_groups: pl.DataFrame = field(default_factory=_no_groups)
    """`group_id` (as it was), `group_name`, `group_key`."""
    removed_groups: tuple[int, ...] = ()
    removed_attributes: tuple[str, ...] = ()
    assignments: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=LEARNER_ASSIGNMENTS))
    """`LEARNER_ASSIGNMENTS`: what is opened and closed, sorted by person and assignment."""
    assignment_edits: tuple[AssignmentEdit, ...] = ()
    """Assignments that begin or end."""
    rule: AppliedRule | None = None
    """The rule group to which the job gives another rule, or none; a group that only its rule made is then removed."""

    @property
    def is_empty(self) -> bool:
        """Whether the database would not change at all, claims included."""
        frames = (
            *(self.creates, self.updates, self.changes, self.memberships, self.licenses),
            *(self.permissions, self.claims, self.new_groups, self.overrides),
            *(self.removed, self.restored, self.restored_groups, self.missed, self.assignments),
        )
        named = (self.new_attributes, self.removed_groups, self.removed_attributes, self.assignment_edits)
        return all(frame.is_empty() for frame in frames) and not any(named) and self.rule is None


@dataclass(frozen=True, slots=True)
class Plan:
    """What one file would change, with every effect."""

    changes: pl.DataFrame
    """`PLAN_SCHEMA`."""
    outcome: pl.DataFrame
    """`row_number` (Int64), `status` (RowStatus), `learner_id` (Int64, null when nobody is meant); every data row."""
    leavers: pl.DataFrame
    """People who leave and whom no row names: `learner_id`, `primary_email_address`, `unique_user_id`."""
    writes: Writes
    issues: pl.DataFrame = field(default_factory=no_issues)
    """Issues that only the directory can show; those of the file are with the checked rows."""
    unidentified_rows: tuple[int, ...] = ()
    """Rows in error that name nobody whom the directory knows."""
    revision: int = 0
    """Revision of the directory that the plan was made for."""

    @property
    def is_empty(self) -> bool:
        return self.changes.is_empty()
