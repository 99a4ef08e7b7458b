"""Edits by people: protection, licenses, and the local overrides that an edit sets or lifts."""

from dataclasses import replace

import polars as pl

from orgsync.core.directory import DENIED, REASON_FILE, REASON_HAND, REASON_RULE, REASON_SCIM, Directory
from orgsync.core.plan import OVERRIDES
from orgsync.core.planning.handrows import DROPPED, KEEP, LIFT, PROTECTED
from orgsync.core.planning.licenses import LICENSE_PREFIX, LICENSES, Licenses
from orgsync.core.planning.memberships import Memberships
from orgsync.core.planning.people import People


def settle_by_hand(people: People) -> People:
    """Give `people` the protection that the edit says, and take ids away that are given up."""
    named = people.named.rename({"is_protected": "is_protected_before"})
    says = pl.col(PROTECTED) if PROTECTED in named.columns else pl.lit(None, dtype=pl.String)
    named = named.with_columns(
        is_protected=pl.when(says.is_not_null()).then(says == "yes").otherwise("is_protected_before")
    )
    return without_ids_given_up(replace(people, named=named, fields=(*people.fields, "is_protected")))


def without_ids_given_up(people: People) -> People:
    """Take ids away that are given up."""
    is_dropped = pl.col("unique_user_id").str.starts_with(DROPPED).fill_null(value=False)
    named = people.named.with_columns(unique_user_id=pl.when(~is_dropped).then("unique_user_id"))
    return replace(people, named=named)


def decide_licenses(licenses: Licenses, named: pl.DataFrame, directory: Directory) -> Licenses:
    """Turn each revocation by hand into a denial, and lift the denials that are to be lifted."""
    said = _license_words(named, directory)
    held = directory.licenses.select("learner_id", "pool_id", stands="state")
    said = said.join(held, on=["learner_id", "pool_id"], how="left", maintain_order="left")
    denies = said.filter(pl.col("says") == "inactive").filter(pl.col("stands").ne_missing(pl.lit(DENIED)))
    frees = said.filter((pl.col("says") == "lift") & (pl.col("stands") == DENIED))
    ours = [
        chosen.select(
            "learner_id",
            "pool_id",
            before="stands",
            after=pl.lit(after, dtype=pl.String),
            position=pl.lit(None, dtype=pl.Int64),
            row_number="row_number",
        ).select(list(LICENSES))
        for chosen, after in ((denies, DENIED), (frees, None))
    ]
    mine = pl.concat(ours)
    others = licenses.changes.join(mine, on=["learner_id", "pool_id"], how="anti", maintain_order="left")
    return replace(licenses, changes=pl.concat([others.select(list(LICENSES)), mine]))


def plan_overrides(named: pl.DataFrame, memberships: Memberships, directory: Directory) -> pl.DataFrame:
    """Return `OVERRIDES`, each target once: what the edit asks for, and what groups and licenses by hand bring along.

    To be taken out of a group in which a file or a rule put the person keeps them out; to be put into one lifts that.
    """
    asked = [_targets(named, KEEP, is_kept=True), _targets(named, LIFT, is_kept=False)]
    wished = pl.concat([*asked, _of_groups(memberships), _of_licenses(named, directory)])
    last = wished.unique(["learner_id", "target"], keep="last", maintain_order=True)
    stands = overrides_of(directory).with_columns(stands=pl.lit(value=True))
    beside = last.join(stands, on=["learner_id", "target"], how="left", maintain_order="left")
    changed = beside.filter(pl.col("is_kept") != pl.col("stands").fill_null(value=False))
    return changed.select(list(OVERRIDES)).sort("learner_id", "target")


def overrides_of(directory: Directory) -> pl.DataFrame:
    """Return `learner_id`, `target` of every local override that stands, those on licenses included."""
    by_hand = directory.licenses.filter("is_by_hand")
    licenses = by_hand.select("learner_id", target=pl.format("license:{}", pl.col("pool_id")))
    return pl.concat([directory.overrides, licenses])


def _targets(named: pl.DataFrame, column: str, *, is_kept: bool) -> pl.DataFrame:
    if column not in named.columns:
        return pl.DataFrame(schema=OVERRIDES)
    said = named.filter(pl.col(column).is_not_null()).select(
        "learner_id", "row_number", target=pl.col(column).str.split("\n")
    )
    return said.explode("target").select("learner_id", "row_number", "target", is_kept=pl.lit(is_kept))


def _of_groups(memberships: Memberships) -> pl.DataFrame:
    moved = memberships.changes.filter(pl.col("group_id") > 0)
    by_others = (pl.col("before").cast(pl.Int64) & (REASON_FILE | REASON_RULE | REASON_SCIM)) > 0
    stays = (pl.col("after").cast(pl.Int64) & REASON_HAND) > 0
    return moved.filter(stays | by_others).select(
        "learner_id", "row_number", target=pl.format("group:{}", pl.col("group_id")), is_kept=~stays
    )


def _license_words(named: pl.DataFrame, directory: Directory) -> pl.DataFrame:
    """Return `learner_id`, `row_number`, `pool_id`, `says` (active, inactive, lift)."""
    shape = {"learner_id": pl.Int64, "row_number": pl.Int64, "pool_id": pl.Int64, "says": pl.String}
    found = [pl.DataFrame(schema=shape)]
    for pool_id, key in directory.pools.select("pool_id", "pool_key").iter_rows():
        if (cell := f"{LICENSE_PREFIX}{key}") in named.columns:
            said = named.filter(pl.col(cell).is_not_null())
            found.append(said.select("learner_id", "row_number", pool_id=pl.lit(pool_id, pl.Int64), says=cell))
    lifted = _targets(named, LIFT, is_kept=False).filter(pl.col("target").str.starts_with("license:"))
    pool = pl.col("target").str.strip_prefix("license:").cast(pl.Int64)
    found.append(lifted.select("learner_id", "row_number", pool_id=pool, says=pl.lit("lift")))
    return pl.concat(found)


def _of_licenses(named: pl.DataFrame, directory: Directory) -> pl.DataFrame:
    said = _license_words(named, directory)
    is_active = named.select("learner_id", "is_active")
    said = said.join(is_active, on="learner_id", how="left", maintain_order="left")
    # Somebody inactive gets no license, so that there is nothing to keep but a denial.
    said = said.filter(pl.col("is_active") | (pl.col("says") != "active"))
    return said.select(
        "learner_id",
        "row_number",
        target=pl.format("license:{}", pl.col("pool_id")),
        is_kept=pl.col("says") != "lift",
    )
