"""The plan: what a file would change, as a value. Building it changes nothing."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

import polars as pl

from orgsync.core.issues import no_issues
from orgsync.core.model import Mode


class ChangeKind(StrEnum):
    """Every kind of change and consequence that a plan can hold; also the order in which it is shown."""

    CREATED = "created"
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
    PERMISSION_CHANGED = "permission_changed"
    GROUP_CREATED = "group_created"
    ATTRIBUTE_CREATED = "attribute_created"
    CLAIM_LOST = "claim_lost"


REMOVALS: Final = frozenset(
    {
        ChangeKind.DEACTIVATED,
        ChangeKind.LICENSE_REVOKED,
        ChangeKind.WAITING_LEFT,
        ChangeKind.GROUP_LEFT,
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
    new_attributes: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the database would not change at all, claims included."""
        frames = (
            *(self.creates, self.updates, self.changes, self.memberships, self.licenses),
            *(self.permissions, self.claims, self.new_groups),
        )
        return all(frame.is_empty() for frame in frames) and not self.new_attributes


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
