"""Changes of admins, on which only an owner decides."""

from typing import Final

import polars as pl

from orgsync.core.guards.case import Case, HoldReason
from orgsync.core.guards.limits import Limit
from orgsync.core.plan import ChangeKind

ADMIN_CHANGE: Final = "admin_change"
"""The reason on which only an owner decides."""


def admin_change(case: Case, limit: Limit) -> HoldReason | None:  # noqa: ARG001  always held
    """Say that an admin's address, id, status or permissions would change, or that somebody would get permissions."""
    admins = case.directory.learners.filter("is_admin").select("learner_id")
    kinds = (
        ChangeKind.EMAIL_CHANGED,
        ChangeKind.ID_CHANGED,
        ChangeKind.DEACTIVATED,
        ChangeKind.REACTIVATED,
        ChangeKind.REMOVED,
        ChangeKind.REMOVED,
    )
    touched = case.plan.changes.filter(pl.col("kind").is_in([kind.value for kind in kinds])).join(
        admins, on="learner_id", how="semi"
    )
    count = pl.concat([touched, case.lines(ChangeKind.PERMISSION_CHANGED)])["learner_id"].n_unique()
    text = f"{count:,} admins would change; an owner has to approve."
    return HoldReason(ADMIN_CHANGE, text, count, admins.height) if count else None
