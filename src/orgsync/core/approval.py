"""An approval names one plan. A later plan goes ahead under it only when it takes nothing more away."""

from typing import Final

import polars as pl

from orgsync.core.plan import REMOVALS

_KEYS: Final = ["kind", "learner_id", "target"]


def exceeds_approval(changes: pl.DataFrame, approved: pl.DataFrame) -> pl.DataFrame:
    """Return the removals in `changes` that `approved` does not hold, person by person and kind by kind.

    Both are `PLAN_SCHEMA`. Never merely as many: an equal number of other people exceeds the approval.
    """
    is_removal = pl.col("kind").is_in([kind.value for kind in REMOVALS])
    return changes.filter(is_removal).join(approved.filter(is_removal), on=_KEYS, how="anti", nulls_equal=True)
