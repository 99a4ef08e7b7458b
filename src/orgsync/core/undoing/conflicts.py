"""What an undo leaves alone because it was written since."""

from typing import Final

import polars as pl

CONFLICTS: Final = pl.Schema(
    {
        "learner_id": pl.Int64,
        "column": pl.String,  # attribute, group or pool
        "what": pl.String,
    }
)


def no_conflicts() -> pl.DataFrame:
    return pl.DataFrame(schema=CONFLICTS)


def conflicts_in(rows: pl.DataFrame, column: pl.Expr, what: pl.Expr) -> pl.DataFrame:
    """Return one line of `CONFLICTS` for each row."""
    return rows.select("learner_id", column=column.cast(pl.String), what=what.cast(pl.String))
