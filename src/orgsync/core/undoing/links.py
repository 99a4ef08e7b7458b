"""Memberships and claims that go back."""

from dataclasses import dataclass

import polars as pl

from orgsync.core.directory import Directory
from orgsync.core.undoing.conflicts import conflicts_in
from orgsync.core.undoing.trace import Trace


@dataclass(frozen=True, slots=True)
class Links:
    """`memberships`: `learner_id`, `group_id`, `before`, `after`; `claims`: `learner_id`, `is_claimed`.

    `returning_groups`: groups that an undo removed and that come back, as `trace.GROUPS`.
    """

    memberships: pl.DataFrame
    claims: pl.DataFrame
    returning_groups: pl.DataFrame
    conflicts: pl.DataFrame


def plan_links(trace: Trace, directory: Directory, standing: pl.DataFrame, removed: pl.DataFrame) -> Links:
    """Take back the steps of everybody in `standing` (`learner_id`), and everything of `removed`."""
    named = trace.removed_groups.join(directory.groups.select("group_key"), on="group_key", how="anti")
    memberships, in_conflict = _memberships(trace, directory, standing)
    ended = directory.memberships.join(removed, on="learner_id", how="semi")
    ended = ended.select("learner_id", "group_id", before="reasons", after=pl.lit(0, dtype=pl.Int16))
    claims, claims_in_conflict = _claims(trace, directory, standing)
    dropped = directory.learners.filter("is_claimed_here").join(removed, on="learner_id", how="semi")
    return Links(
        memberships=pl.concat([memberships, ended]).sort("learner_id", "group_id"),
        claims=pl.concat([claims, dropped.select("learner_id", is_claimed=pl.lit(value=False))]).sort("learner_id"),
        returning_groups=named,
        conflicts=pl.concat([in_conflict, claims_in_conflict]),
    )


def _memberships(trace: Trace, directory: Directory, standing: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A group of the same name as one that was removed takes that one's members."""
    same_name = trace.removed_groups.join(
        directory.groups.select("group_key", same_id="group_id"), on="group_key", how="inner"
    ).select("group_id", "same_id")
    steps = trace.memberships.join(same_name, on="group_id", how="left", maintain_order="left")
    steps = steps.with_columns(group_id=pl.coalesce("same_id", "group_id")).drop("same_id")
    groups = pl.concat([frame.select("group_id", "group_name") for frame in (directory.groups, trace.removed_groups)])
    groups = groups.unique("group_id", keep="first")
    rows = steps.join(standing.select("learner_id"), on="learner_id", how="semi")
    rows = rows.join(directory.memberships, on=["learner_id", "group_id"], how="left", maintain_order="left")
    rows = rows.join(groups, on="group_id", how="left", maintain_order="left")
    rows = rows.with_columns(current=pl.col("reasons").fill_null(0))
    rows = rows.filter(pl.col("current") != pl.col("before"))
    is_free = pl.col("is_latest") & (pl.col("current") == pl.col("after")) & pl.col("group_name").is_not_null()
    found = rows.filter(is_free).select("learner_id", "group_id", before="current", after="before")
    name = pl.coalesce("group_name", pl.lit("a group that is gone"))
    # Whoever is in a rule group is for the rule to say, with the people as they shall be.
    by_rule = directory.groups.filter("is_rule")["group_id"].implode()
    taken = rows.filter(~is_free & ~pl.col("group_id").is_in(by_rule))
    return found, conflicts_in(taken, name, pl.format("The membership in {}", name))


def _claims(trace: Trace, directory: Directory, standing: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    here = directory.learners.select("learner_id", current="is_claimed_here")
    rows = trace.claims.join(standing.select("learner_id"), on="learner_id", how="semi")
    rows = rows.join(here, on="learner_id", how="left", maintain_order="left")
    rows = rows.with_columns(pl.col("current").fill_null(value=False))
    rows = rows.filter(pl.col("current") != pl.col("before"))
    is_free = pl.col("is_latest") & (pl.col("current") == pl.col("after"))
    found = rows.filter(is_free).select("learner_id", is_claimed="before")
    claim = pl.lit("The claim of this feed")
    return found, conflicts_in(rows.filter(~is_free), pl.lit(None, dtype=pl.String), claim)
