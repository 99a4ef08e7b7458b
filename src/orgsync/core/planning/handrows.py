"""Rows that people made: the columns that only edits have, and who is meant."""

from typing import Final

import polars as pl

from orgsync.core import issues as kinds
from orgsync.core.columns import CLEAR_TOKEN
from orgsync.core.directory import Directory

LEARNER: Final = "hand:learner"
PROTECTED: Final = "hand:protected"
KEEP: Final = "hand:keep"
LIFT: Final = "hand:lift"
DROPS_ID: Final = "hand:drops_id"
ABSORBS: Final = "hand:absorbs"
TAKES: Final = "hand:takes"
HAND_COLUMNS: Final = (LEARNER, PROTECTED, KEEP, LIFT, DROPS_ID, ABSORBS, TAKES)
"""What the file of an edit has beside the columns of any file, at its end.

Learner id; yes or no; targets of overrides that begin and that end, one a line (`core.plan.OVERRIDES`); yes where the
person gives up the unique user id; learner id of a record that is merged into this one, and what is taken over from it
(`planning.merging.WHAT`), space separated.
"""

DROPPED: Final = f"{CLEAR_TOKEN} "
"""What a person who gives up an id "wants" instead, followed by the learner id: nobody else can want the same."""


def dropped_id(learner: pl.Expr) -> pl.Expr:
    """Return what stands for the id of a learner (by id) who gives it up."""
    return pl.format("{}{}", pl.lit(DROPPED), learner)


def judge_by_hand(rows: pl.DataFrame, directory: Directory) -> pl.DataFrame:
    """Add to the rows of an edit what matching finds for other files: they name people by learner id."""
    known = directory.learners.select("learner_id").with_columns(is_known=pl.lit(value=True))
    rows = rows.with_columns(learner_id=pl.col(LEARNER).cast(pl.Int64))
    rows = rows.join(known, on="learner_id", how="left", maintain_order="left")
    return rows.with_columns(
        is_change=pl.lit(value=True),
        lost_zeros=pl.lit(value=False),
        known=pl.col("learner_id"),
        person=pl.col("learner_id"),
        error=pl.when(pl.col("is_known").is_null()).then(pl.lit(kinds.UNKNOWN_EXISTING_EMAIL.code)),
        target_email_key=pl.col("primary_email_key"),
        target_id=pl.when(_is_yes(DROPS_ID, rows))
        .then(dropped_id(pl.col("learner_id")))
        .otherwise("new_unique_user_id"),
    ).drop("is_known")


def _is_yes(name: str, rows: pl.DataFrame) -> pl.Expr:
    return (pl.col(name) == "yes").fill_null(value=False) if name in rows.columns else pl.lit(value=False)
