"""An approval names one plan. A later plan goes ahead under it only when it takes nothing more away."""

from typing import Final

import polars as pl

from orgsync.core.plan import REMOVALS, ChangeKind

_KEYS: Final = ["kind", "learner_id", "target"]
_IDENTITY: Final = (
    ChangeKind.EMAIL_CHANGED,
    ChangeKind.ID_CHANGED,
    ChangeKind.REACTIVATED,
    ChangeKind.PERMISSION_CHANGED,
)


def exceeds_approval(changes: pl.DataFrame, approved: pl.DataFrame) -> pl.DataFrame:
    """Return the removals in `changes` that `approved` does not hold, person by person and kind by kind.

    Both are `PLAN_SCHEMA`. Never merely as many: an equal number of other people exceeds the approval.
    """
    is_removal = pl.col("kind").is_in([kind.value for kind in REMOVALS])
    return changes.filter(is_removal).join(approved.filter(is_removal), on=_KEYS, how="anti", nulls_equal=True)


def exceeds_identity_approval(changes: pl.DataFrame, approved: pl.DataFrame) -> pl.DataFrame:
    """Return the changes of address, id, return and permissions that `approved` does not hold with the same value.

    Both are `PLAN_SCHEMA`. Asked where admins are concerned: there an approval covers what was seen and nothing else.
    """
    is_identity = pl.col("kind").is_in([kind.value for kind in _IDENTITY])
    return changes.filter(is_identity).join(
        approved.filter(is_identity), on=[*_KEYS, "after"], how="anti", nulls_equal=True
    )
