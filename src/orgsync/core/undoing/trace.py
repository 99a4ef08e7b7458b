"""What an applied job did, read from the change log: the input of an undo."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Final

import polars as pl

from orgsync.core.plan import CREATE_COLUMNS

VALUES: Final = pl.Schema(
    {
        "learner_id": pl.Int64,
        "attribute": pl.String,  # as in the log: an attribute, `status`, `manager`, a permission, …
        "before": pl.String,  # the first before and the last after of the job
        "after": pl.String,
        "is_latest": pl.Boolean,  # nobody else has written the same attribute of the same person since
    }
)
CREATED: Final = pl.Schema({"learner_id": pl.Int64, "is_touched": pl.Boolean})
MEMBERSHIP_STEPS: Final = pl.Schema(
    {
        "learner_id": pl.Int64,
        "group_id": pl.Int64,
        "before": pl.Int16,  # reason masks; 0 is no membership
        "after": pl.Int16,
        "is_latest": pl.Boolean,
    }
)
LICENSE_STEPS: Final = pl.Schema(
    {
        "learner_id": pl.Int64,
        "pool_id": pl.Int64,
        "before": pl.String,  # states; null is none
        "after": pl.String,
        "was_by_hand": pl.Boolean,
        "position": pl.Int64,  # that the person had on the waiting list
        "is_latest": pl.Boolean,
    }
)
CLAIM_STEPS: Final = pl.Schema(
    {"learner_id": pl.Int64, "before": pl.Boolean, "after": pl.Boolean, "is_latest": pl.Boolean}
)
GROUPS: Final = pl.Schema({"group_id": pl.Int64, "group_name": pl.String, "group_key": pl.String})
PERSON: Final = pl.Schema(
    {
        "learner_id": pl.Int64,
        "row_number": pl.Int64,
        "is_active": pl.Boolean,
        **{name: pl.String for name in CREATE_COLUMNS[3:]},  # noqa: C420  fromkeys loses the type
        "manager_id": pl.Int64,
    }
)
"""Attributes follow as further String columns."""


def _empty(schema: pl.Schema) -> pl.DataFrame:
    return pl.DataFrame(schema=schema)


@dataclass(frozen=True, slots=True)
class Trace:
    """What one job changed, and what of it has been written since. Each frame has the schema of that name here."""

    values: pl.DataFrame = field(default_factory=lambda: _empty(VALUES))
    created: pl.DataFrame = field(default_factory=lambda: _empty(CREATED))
    """People whom the job created and who are there; `is_touched`: something has happened to them since."""
    memberships: pl.DataFrame = field(default_factory=lambda: _empty(MEMBERSHIP_STEPS))
    licenses: pl.DataFrame = field(default_factory=lambda: _empty(LICENSE_STEPS))
    claims: pl.DataFrame = field(default_factory=lambda: _empty(CLAIM_STEPS))
    """Of the job's own feed."""
    new_groups: tuple[int, ...] = ()
    """Groups that the job created and that are there."""
    new_attributes: tuple[str, ...] = ()
    removed: pl.DataFrame = field(default_factory=lambda: _empty(PERSON))
    """People whom the job, itself an undo, removed: `PERSON` and attributes."""
    removed_groups: pl.DataFrame = field(default_factory=lambda: _empty(GROUPS))
    removed_attributes: tuple[str, ...] = ()
    out_of_reach: frozenset[int] = frozenset()
    """People who were anonymized since, or whose erasing forbids that they come back."""
    not_undoable: tuple[str, ...] = ()
    """What else the job did that no undo takes back, in words."""

    def of(self, chosen: Collection[int]) -> "Trace":
        """Return what the job did to these people; groups and attributes that it made stay out of it."""
        if not chosen:
            return self
        is_chosen = pl.col("learner_id").is_in(list(chosen))
        return replace(
            self,
            values=self.values.filter(is_chosen),
            created=self.created.filter(is_chosen),
            memberships=self.memberships.filter(is_chosen),
            licenses=self.licenses.filter(is_chosen),
            claims=self.claims.filter(is_chosen),
            removed=self.removed.filter(is_chosen),
            new_groups=(),
            new_attributes=(),
        )
