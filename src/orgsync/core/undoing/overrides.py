"""Local overrides that go back: those that the job set are lifted, those that it lifted stand again."""

from dataclasses import replace

import polars as pl

from orgsync.core.directory import Directory
from orgsync.core.plan import OVERRIDES
from orgsync.core.planning.byhand import overrides_of
from orgsync.core.undoing.conflicts import CONFLICTS, conflicts_in
from orgsync.core.undoing.trace import Trace

PREFIX = "override:"
"""What the log calls the attribute of an override; its target follows, and the value is `kept` or null."""


def without_overrides(trace: Trace) -> Trace:
    """Return the trace without what it says of overrides: they are no values of people."""
    return replace(trace, values=trace.values.filter(~_is_override()))


def plan_overrides(trace: Trace, directory: Directory) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return `OVERRIDES` (row numbers null) and the conflicts: what somebody decided anew since is left alone."""
    said = trace.values.filter(_is_override())
    if said.is_empty():
        return pl.DataFrame(schema=OVERRIDES), pl.DataFrame(schema=CONFLICTS)
    said = said.with_columns(
        target=pl.col("attribute").str.strip_prefix(PREFIX),
        was_kept=pl.col("before").is_not_null(),
        became_kept=pl.col("after").is_not_null(),
    ).join(directory.learners.select("learner_id"), on="learner_id", how="semi")
    stands = overrides_of(directory).with_columns(stands=pl.lit(value=True))
    beside = said.join(stands, on=["learner_id", "target"], how="left", maintain_order="left")
    beside = beside.with_columns(pl.col("stands").fill_null(value=False))
    differs = beside.filter(pl.col("stands") != pl.col("was_kept"))
    is_ours = pl.col("is_latest") & (pl.col("stands") == pl.col("became_kept"))
    is_free = is_ours & ~pl.col("learner_id").is_in(list(trace.out_of_reach))
    back = differs.filter(is_free).select(
        "learner_id", pl.lit(None, dtype=pl.Int64).alias("row_number"), "target", is_kept="was_kept"
    )
    what = pl.format("The local override of {}", pl.col("target"))
    return back.sort("learner_id", "target"), conflicts_in(differs.filter(~is_free), pl.col("target"), what)


def _is_override() -> pl.Expr:
    return pl.col("attribute").str.starts_with(PREFIX)
