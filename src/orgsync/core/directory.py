"""What an organization's directory holds, as frames: the `current` side of a plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import polars as pl

from orgsync.core.assigning import AssignmentBook
from orgsync.core.columns import ATTRIBUTE_NAMES, BY_NAME, CellKind
from orgsync.core.grouprules.book import RuleBook

REASON_FILE: Final = 1
REASON_HAND: Final = 2
REASON_RULE: Final = 4
REASON_SCIM: Final = 8

ACTIVE: Final = "active"
WAITING: Final = "waiting"
SCHEDULED: Final = "scheduled"
DENIED: Final = "denied"

LEARNER_SCHEMA: Final = pl.Schema(
    {
        "learner_id": pl.Int64,
        "is_active": pl.Boolean,
        "is_admin": pl.Boolean,  # an account with a role, or a permission, stands behind the person
        "is_protected": pl.Boolean,
        "primary_email_address": pl.String,
        "email_key": pl.String,
        "unique_user_id": pl.String,
        "manager_id": pl.Int64,
        "pending_manager_id": pl.String,
        "pending_manager_email": pl.String,
        "is_claimed_here": pl.Boolean,  # by the feed whose file is planned
        "is_claimed_elsewhere": pl.Boolean,
        "missed_here": pl.Int64,  # full files of that feed in a row that were silent on the person; null: none
        **{name: pl.String for name in ATTRIBUTE_NAMES},  # noqa: C420  fromkeys loses the type; dates as ISO text
    }
)
"""Custom attributes of interest follow as further String columns under their header (`attribute_…`)."""

GROUP_SCHEMA: Final = pl.Schema(
    {"group_id": pl.Int64, "group_name": pl.String, "group_key": pl.String, "is_rule": pl.Boolean}
)
MEMBERSHIP_SCHEMA: Final = pl.Schema({"learner_id": pl.Int64, "group_id": pl.Int64, "reasons": pl.Int16})
POOL_SCHEMA: Final = pl.Schema(
    {
        "pool_id": pl.Int64,
        "pool_key": pl.String,
        "pool_name": pl.String,
        "seats": pl.Int64,  # null: without limit
    }
)
LICENSE_SCHEMA: Final = pl.Schema(
    {
        "learner_id": pl.Int64,
        "pool_id": pl.Int64,
        "state": pl.String,  # active, waiting, scheduled, denied
        "is_by_hand": pl.Boolean,
        "position": pl.Int64,  # place on the waiting list; null unless waiting
    }
)
PERMISSION_SCHEMA: Final = pl.Schema({"learner_id": pl.Int64, "permission": pl.String, "scope": pl.String})
FILLED: Final = "filled:"
PEOPLE_KEYS: Final = pl.Schema({"is_claimed_here": pl.Boolean, "is_active": pl.Boolean, "department_name": pl.String})
"""By which people are counted (`count_people`)."""
OVERRIDE_SCHEMA: Final = pl.Schema({"learner_id": pl.Int64, "target": pl.String})
OVERTAKEN_SCHEMA: Final = pl.Schema({"learner_id": pl.Int64, "target": pl.String})
"""Targets as those of overrides: an attribute, `manager`, `group:<group id>`, `license:<pool id>`."""
INVITED_SCHEMA: Final = pl.Schema({"learner_id": pl.Int64})
CLAIM_SCHEMA: Final = pl.Schema({"learner_id": pl.Int64, "feed_id": pl.Int64})

DATE_ATTRIBUTES: Final = tuple(name for name in ATTRIBUTE_NAMES if BY_NAME[name].kind is CellKind.DATE)


def _empty(schema: pl.Schema) -> pl.DataFrame:
    return pl.DataFrame(schema=schema)


@dataclass(frozen=True, slots=True)
class FeedAbove:
    """A feed that stands higher in the organization's order than the one whose file is planned."""

    feed_id: int
    name: str
    fields: frozenset[str]
    """What it speaks for: attributes, `primary_email_address`, `unique_user_id`, `manager`."""


def count_people(learners: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Count learners by `is_claimed_here`, `is_active` and `department_name`.

    `count` (Int64) has how many they are, `filled:<name>` (Int64) how many of them have a value of each attribute.
    """
    filled = {f"{FILLED}{name}": pl.col(name).count().cast(pl.Int64) for name in names}
    return learners.group_by(list(PEOPLE_KEYS)).agg(count=pl.len().cast(pl.Int64), **filled)


class Everybody(Protocol):
    """Counts over the whole directory, asked for only when a plan needs them; each frame has a column `count`."""

    def people(self, names: Sequence[str]) -> pl.DataFrame:
        """Return everybody, counted as `count_people` does."""

    def licenses(self) -> pl.DataFrame:
        """Return active licenses by `pool_id` and `department_name`."""

    def memberships(self) -> pl.DataFrame:
        """Return memberships by `group_id`."""

    def assignments(self) -> pl.DataFrame:
        """Return open assignments by `department_name`."""

    def values(self, name: str) -> pl.DataFrame:
        """Return the values (`value`) of an attribute and how many people have each."""


@dataclass(frozen=True, slots=True)
class Directory:
    """The directory as one consistent read; each frame has the schema of the same name in this module."""

    learners: pl.DataFrame = field(default_factory=lambda: _empty(LEARNER_SCHEMA))
    groups: pl.DataFrame = field(default_factory=lambda: _empty(GROUP_SCHEMA))
    memberships: pl.DataFrame = field(default_factory=lambda: _empty(MEMBERSHIP_SCHEMA))
    pools: pl.DataFrame = field(default_factory=lambda: _empty(POOL_SCHEMA))
    licenses: pl.DataFrame = field(default_factory=lambda: _empty(LICENSE_SCHEMA))
    active_elsewhere: Mapping[int, int] = field(default_factory=dict)
    """By pool, the active licenses of people whom this directory leaves out."""
    everybody: Everybody | None = None
    """Where `learners` are not all there are: counts of all of them."""
    permissions: pl.DataFrame = field(default_factory=lambda: _empty(PERMISSION_SCHEMA))
    invited: pl.DataFrame = field(default_factory=lambda: _empty(INVITED_SCHEMA))
    """Whoever was ever invited by mail."""
    overrides: pl.DataFrame = field(default_factory=lambda: _empty(OVERRIDE_SCHEMA))
    overtaken: pl.DataFrame = field(default_factory=lambda: _empty(OVERTAKEN_SCHEMA))
    """What later files of the feed wrote, where an older one was held and comes late."""
    claims_above: pl.DataFrame = field(default_factory=lambda: _empty(CLAIM_SCHEMA))
    """Claims of `feeds_above`."""
    feeds_above: tuple[FeedAbove, ...] = ()
    """The highest first."""
    rules: RuleBook = field(default_factory=RuleBook)
    assignments: AssignmentBook = field(default_factory=AssignmentBook)
    custom_attributes: frozenset[str] = frozenset()
    """Names (`attribute_…`) that the organization already has."""
    revision: int = 0
