"""Two records of one person become one: what the record that stays takes over from the one that goes."""

from dataclasses import replace

import polars as pl

from orgsync.core.directory import ACTIVE, DENIED, REASON_RULE, Directory
from orgsync.core.plan import OVERRIDES
from orgsync.core.planning.licenses import LICENSES, Licenses
from orgsync.core.planning.managers import Managers
from orgsync.core.planning.memberships import MEMBERSHIPS, Memberships
from orgsync.core.planning.mergerows import GROUPS, POOLS, without_others


def merge_reports(managers: Managers, merges: pl.DataFrame, directory: Directory) -> Managers:
    """Let the people who report to those who go report to those who stay."""
    if merges.is_empty():
        return managers
    moves = merges.select(manager_id="other_id", to="learner_id")
    reports = directory.learners.select("learner_id", "manager_id").join(moves, on="manager_id", how="inner")
    unnamed = reports.join(managers.named.select("learner_id"), on="learner_id", how="anti")
    unnamed = without_others(unnamed, merges).select("learner_id", manager_id="to")
    named = managers.named.join(moves, on="manager_id", how="left", maintain_order="left")
    final = pl.when(pl.col("to").is_null()).then("manager_id").when(pl.col("to") != pl.col("learner_id")).then("to")
    others = without_others(managers.linked, merges).join(unnamed, on="learner_id", how="anti")
    linked = pl.concat([others.select("learner_id", "manager_id"), unnamed])
    return replace(managers, named=named.with_columns(manager_id=final).drop("to"), linked=linked)


def merge_memberships(memberships: Memberships, merges: pl.DataFrame, directory: Directory) -> Memberships:
    """End the memberships of those who go; those who stay get them, with their reasons, where they take them."""
    if merges.is_empty():
        return memberships
    leaving = _of_others(directory.memberships, merges)
    ended = leaving.select(
        "group_id", "row_number", learner_id="other_id", before="reasons", after=pl.lit(0, dtype=pl.Int16)
    )
    own = directory.memberships.rename({"reasons": "own"})
    taken = leaving.filter(GROUPS).join(own, on=["learner_id", "group_id"], how="left", maintain_order="left")
    before = pl.col("own").fill_null(0).cast(pl.Int64)
    carried = pl.col("reasons").cast(pl.Int64)
    taken = taken.select(
        "learner_id",
        "group_id",
        "row_number",
        before=before.cast(pl.Int16),
        after=(before | (carried - (carried & REASON_RULE))).cast(pl.Int16),
    )
    found = pl.concat([part.select(list(MEMBERSHIPS)) for part in (ended, taken)])
    return replace(memberships, changes=_over(memberships.changes, found, "group_id", list(MEMBERSHIPS)))


def merge_licenses(licenses: Licenses, merges: pl.DataFrame, directory: Directory) -> Licenses:
    """End the licenses of those who go; whoever stays gets the better one of the two, where they take it."""
    if merges.is_empty():
        return licenses
    leaving = _of_others(directory.licenses, merges)
    ended = leaving.select(
        "pool_id",
        "row_number",
        learner_id="other_id",
        before="state",
        after=pl.lit(None, dtype=pl.String),
        position=pl.lit(None, dtype=pl.Int64),
    )
    own = directory.licenses.select("learner_id", "pool_id", own="state")
    taken = leaving.filter(POOLS).join(own, on=["learner_id", "pool_id"], how="left", maintain_order="left")
    is_better = pl.col("own").is_null() | (pl.col("state") == ACTIVE) & ~pl.col("own").is_in([ACTIVE, DENIED])
    taken = taken.filter(is_better).select(
        "learner_id", "pool_id", "row_number", "position", before="own", after="state"
    )
    found = pl.concat([part.select(list(LICENSES)) for part in (ended, taken)])
    return replace(licenses, changes=_over(licenses.changes, found, "pool_id", list(LICENSES)))


def merge_overrides(overrides: pl.DataFrame, merges: pl.DataFrame, directory: Directory) -> pl.DataFrame:
    """Lift what stands on those who go; a license that was given by hand stays so with whoever takes it."""
    if merges.is_empty():
        return overrides
    gone = _of_others(directory.overrides, merges).select(
        "row_number", "target", learner_id="other_id", is_kept=pl.lit(value=False)
    )
    by_hand = _of_others(directory.licenses.filter("is_by_hand"), merges).filter(POOLS)
    held = directory.licenses.select("learner_id", "pool_id")
    kept = by_hand.join(held, on=["learner_id", "pool_id"], how="anti").select(
        "learner_id", "row_number", target=pl.format("license:{}", pl.col("pool_id")), is_kept=pl.lit(value=True)
    )
    return pl.concat([part.select(list(OVERRIDES)) for part in (overrides, gone, kept)]).sort("learner_id", "target")


def _of_others(links: pl.DataFrame, merges: pl.DataFrame) -> pl.DataFrame:
    return links.rename({"learner_id": "other_id"}).join(merges, on="other_id", how="inner", maintain_order="left")


def _over(changes: pl.DataFrame, found: pl.DataFrame, other: str, columns: list[str]) -> pl.DataFrame:
    """Put `found` in the place of what was planned for the same links; what changes nothing is left out."""
    found = found.filter(pl.col("before").ne_missing(pl.col("after")))
    rest = changes.join(found, on=["learner_id", other], how="anti", maintain_order="left")
    return pl.concat([rest.select(columns), found])
