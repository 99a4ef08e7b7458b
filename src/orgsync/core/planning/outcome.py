"""What became of each data row."""

from typing import Final

import polars as pl

from orgsync.core import issues as kinds
from orgsync.core.issuerows import rows_with
from orgsync.core.model import RowStatus, Severity
from orgsync.core.plan import Writes
from orgsync.core.planning.match import Matched

OUTCOME: Final = pl.Schema({"row_number": pl.Int64, "status": pl.String, "learner_id": pl.Int64})


def outcome_of_rows(matched: Matched, writes: Writes, moved: pl.Series, issues: pl.DataFrame) -> pl.DataFrame:
    """Return `OUTCOME` for every data row.

    `moved` has the numbers of rows that change memberships, licenses or permissions. A row that only repeats
    another is skipped, so that each person counts once.
    """
    touched = pl.concat([writes.updates["row_number"], moved]).drop_nulls()
    is_leaver = (pl.col("attribute") == "status") & (pl.col("after") == "inactive")
    left = writes.changes.filter(is_leaver)["row_number"].drop_nulls()
    left_out = [kind.code for kind in (kinds.SKIPPED_BY_MODE, kinds.REMOVAL_LATER, kinds.OVERTAKEN)]
    held_back = issues.filter(pl.col("code").is_in(left_out))["row_number"].unique()
    failed = rows_with(issues, Severity.ERROR)
    row = pl.col("row_number")
    status = (
        pl.when(~pl.col("is_valid") | row.is_in(failed.implode()))
        .then(pl.lit(RowStatus.ERROR.value))
        .when("is_duplicate")
        .then(pl.lit(RowStatus.SKIPPED.value))
        .when(pl.col("learner_id") < 0)
        .then(pl.lit(RowStatus.CREATED.value))
        .when(row.is_in(left.implode()))
        .then(pl.lit(RowStatus.DEACTIVATED.value))
        .when(row.is_in(touched.implode()))
        .then(pl.lit(RowStatus.UPDATED.value))
        .when(row.is_in(held_back.implode()))
        .then(pl.lit(RowStatus.SKIPPED.value))
        .otherwise(pl.lit(RowStatus.UNCHANGED.value))
    )
    return matched.rows.select("row_number", status=status, learner_id="learner_id")
