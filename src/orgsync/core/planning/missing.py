"""Full files in a row that were silent on a person, where a feed waits for several of them before anybody leaves."""

import polars as pl

from orgsync.core.directory import Directory
from orgsync.core.model import Mode
from orgsync.core.plan import MISSED, Policy


def is_missing_long_enough(policy: Policy) -> pl.Expr:
    """Say of people whom the file is silent on whether this is the last of the files that the feed waits for."""
    return _missed() + 1 >= policy.missing_files


def count_missing(present: pl.Series, directory: Directory, policy: Policy) -> pl.DataFrame:
    """Return whose count of silent files changes: `MISSED`.

    `present` are the ids of people whom any row names: their count begins anew. Those of whom the file is silent
    often enough are not in it, because they leave. A file that is applied without its removals counts nothing.
    """
    if policy.mode is not Mode.FULL or policy.takes_nothing:
        return pl.DataFrame(schema=MISSED)
    claimed = directory.learners.filter("is_claimed_here").select(
        "learner_id", before=_missed(), is_kept=pl.col("is_admin") | pl.col("is_protected")
    )
    named = claimed.join(present.to_frame(), on="learner_id", how="semi")
    silent = claimed.filter(~pl.col("is_kept")).join(present.to_frame(), on="learner_id", how="anti")
    counts = [
        named.filter(pl.col("before") > 0).with_columns(after=pl.lit(0, pl.Int64)),
        silent.with_columns(after=pl.col("before") + 1).filter(pl.col("after") < policy.missing_files),
    ]
    limited = pl.concat(counts).with_columns(limit=pl.lit(policy.missing_files, pl.Int64))
    return limited.select(list(MISSED)).sort("learner_id")


def _missed() -> pl.Expr:
    return pl.col("missed_here").fill_null(0)
