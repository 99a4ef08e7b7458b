"""What an organization's directory holds, as frames: the `current` side of a plan."""

from dataclasses import dataclass, field
from typing import Final

import polars as pl

from orgsync.core.columns import ATTRIBUTE_NAMES, BY_NAME, CellKind

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

DATE_ATTRIBUTES: Final = tuple(name for name in ATTRIBUTE_NAMES if BY_NAME[name].kind is CellKind.DATE)


def _empty(schema: pl.Schema) -> pl.DataFrame:
    return pl.DataFrame(schema=schema)


@dataclass(frozen=True, slots=True)
class Directory:
    """The directory as one consistent read; each frame has the schema of the same name in this module."""

    learners: pl.DataFrame = field(default_factory=lambda: _empty(LEARNER_SCHEMA))
    groups: pl.DataFrame = field(default_factory=lambda: _empty(GROUP_SCHEMA))
    memberships: pl.DataFrame = field(default_factory=lambda: _empty(MEMBERSHIP_SCHEMA))
    pools: pl.DataFrame = field(default_factory=lambda: _empty(POOL_SCHEMA))
    licenses: pl.DataFrame = field(default_factory=lambda: _empty(LICENSE_SCHEMA))
    permissions: pl.DataFrame = field(default_factory=lambda: _empty(PERMISSION_SCHEMA))
    custom_attributes: frozenset[str] = frozenset()
    """Names (`attribute_…`) that the organization already has."""
    revision: int = 0
