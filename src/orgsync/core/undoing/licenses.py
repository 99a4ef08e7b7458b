"""Licenses that go back: seats are given up first, then given back; who finds none free waits."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from orgsync.core.directory import ACTIVE, WAITING, Directory
from orgsync.core.undoing.conflicts import conflicts_in, no_conflicts
from orgsync.core.undoing.trace import Trace

CHANGES: Final = pl.Schema(
    {
        "learner_id": pl.Int64,
        "pool_id": pl.Int64,
        "before": pl.String,
        "after": pl.String,
        "position": pl.Int64,
        "is_by_hand": pl.Boolean,
    }
)
_KEY: Final = ["learner_id", "pool_id"]


@dataclass(frozen=True, slots=True)
class Licenses:
    """`changes`: `CHANGES`; `without_seat`: `learner_id`, `pool_id` of people who wait instead."""

    changes: pl.DataFrame
    without_seat: pl.DataFrame
    conflicts: pl.DataFrame


def plan_licenses(trace: Trace, directory: Directory, standing: pl.DataFrame, removed: pl.DataFrame) -> Licenses:
    """Take back the steps of everybody in `standing` (`learner_id`, `is_active`), and every license of `removed`.

    Whoever is inactive in the end keeps no license. Nobody waits while a seat is free: people whom the undo puts
    back on the list keep the place that they had.
    """
    held = directory.licenses
    rows, conflicts = _steps(trace, directory, standing)
    leaving = held.join(standing.filter(~pl.col("is_active")), on="learner_id", how="semi").filter(
        pl.col("state") != "denied"
    )
    # Only people who become inactive by this undo; whoever was inactive before held nothing.
    ended = pl.concat([held.join(removed, on="learner_id", how="semi"), leaving])
    ended = ended.join(rows, on=_KEY, how="anti").select(
        *_KEY, before="state", after=pl.lit(None, pl.String), position=pl.lit(None, pl.Int64), is_by_hand="is_by_hand"
    )
    wanted = pl.concat([rows.select(list(CHANGES)), ended])
    touched = wanted["pool_id"].unique().sort()
    pools = directory.pools.filter(pl.col("pool_id").is_in(touched.implode()))
    parts = [
        _plan_pool(seats, pool_id, wanted, held, standing)
        for pool_id, seats in pools.select("pool_id", "seats").iter_rows()
    ]
    nobody = pl.DataFrame(schema={"learner_id": pl.Int64, "pool_id": pl.Int64})
    return Licenses(
        changes=pl.concat([pl.DataFrame(schema=CHANGES), *(part for part, _ in parts)]).sort(_KEY),
        without_seat=pl.concat([nobody, *(late for _, late in parts)]),
        conflicts=conflicts,
    )


def _steps(trace: Trace, directory: Directory, standing: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return `CHANGES` as wished, and what was written since; a leaver gets nothing back."""
    current = directory.licenses.select(*_KEY, current="state", is_by_hand="is_by_hand")
    rows = trace.licenses.join(standing.select("learner_id", "is_active"), on="learner_id", how="inner")
    rows = rows.join(current, on=_KEY, how="left", maintain_order="left")
    rows = rows.join(directory.pools.select("pool_id", "pool_name"), on="pool_id", how="left", maintain_order="left")
    rows = rows.filter(pl.col("current").ne_missing(pl.col("before")))
    is_ours = pl.col("is_latest") & pl.col("current").eq_missing(pl.col("after")) & pl.col("pool_name").is_not_null()
    is_free = is_ours & (pl.col("is_active") | pl.col("before").is_null())
    found = rows.filter(is_free).select(
        *_KEY,
        before="current",
        after="before",
        position="position",
        is_by_hand=pl.col("was_by_hand").fill_null(value=False),
    )
    name = pl.coalesce("pool_name", pl.lit("a pool that is gone"))
    listed = conflicts_in(rows.filter(~is_free), name, pl.format("The license {}", name))
    return found, pl.concat([no_conflicts(), listed])


def _plan_pool(
    seats: int | None, pool_id: int, wanted: pl.DataFrame, held: pl.DataFrame, standing: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the pool's changes, and who finds no seat."""
    wanted = wanted.filter(pl.col("pool_id") == pool_id)
    held = held.filter(pl.col("pool_id") == pool_id)
    others = held.join(wanted, on=_KEY, how="anti")
    wants = wanted.filter(pl.col("after") == ACTIVE).sort("learner_id")
    waits = wanted.filter(pl.col("after") == WAITING)
    rest = wanted.join(pl.concat([wants, waits]), on=_KEY, how="anti")
    active_others = others.filter(pl.col("state") == ACTIVE).height
    free = wants.height + waits.height + others.height if seats is None else max(0, seats - active_others)
    regained, late = wants.head(free), wants.slice(free)
    queue = _queue(waits, others, standing, late, held)
    served, waiting = queue.head(free - regained.height), queue.slice(free - regained.height)
    served = served.with_columns(after=pl.lit(ACTIVE), position=pl.lit(None, pl.Int64))
    changes = pl.concat([rest, regained, served, waiting]).filter(pl.col("before").ne_missing(pl.col("after")))
    # Whoever is served out of turn keeps the state that they have: no change.
    return changes.select(list(CHANGES)), waiting.join(late, on=_KEY, how="semi").select(_KEY)


def _queue(
    waits: pl.DataFrame, others: pl.DataFrame, standing: pl.DataFrame, late: pl.DataFrame, held: pl.DataFrame
) -> pl.DataFrame:
    """Return `CHANGES` of the whole waiting list in its order: by place, then those who find no seat now."""
    places: list[int] = pl.concat([held["position"], waits["position"]]).drop_nulls().to_list()
    behind = 1 + max(places, default=0)
    waiting = others.filter(pl.col("state") == WAITING).join(standing, on="learner_id", how="semi")
    already = waiting.select(*_KEY, before="state", after=pl.lit(WAITING), position="position", is_by_hand="is_by_hand")
    late = late.with_columns(after=pl.lit(WAITING), position=pl.int_range(pl.len(), dtype=pl.Int64) + behind)
    listed = pl.concat([already, waits]).sort("position", "learner_id", nulls_last=True)
    unplaced = pl.col("position").is_null()
    listed = listed.with_columns(
        position=pl.when(unplaced).then(behind + late.height + unplaced.cum_sum()).otherwise("position")
    )
    return pl.concat([listed, late.select(listed.columns)])
