"""Who gets, loses or waits for a license. Frees come before grants; a seat is never half granted."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from orgsync.core import issues as kinds
from orgsync.core.directory import ACTIVE, DENIED, SCHEDULED, WAITING, Directory
from orgsync.core.issues import issue_rows, no_issues
from orgsync.core.model import Mode
from orgsync.core.plan import Policy

LICENSE_PREFIX: Final = "license:"
LICENSES: Final = pl.Schema(
    {
        "learner_id": pl.Int64,
        "pool_id": pl.Int64,
        "before": pl.String,
        "after": pl.String,
        "position": pl.Int64,
        "row_number": pl.Int64,
    }
)


@dataclass(frozen=True, slots=True)
class Licenses:
    """`changes`: `LICENSES`, one line a person and pool, only where the state changes."""

    changes: pl.DataFrame
    issues: pl.DataFrame


def plan_licenses(people: pl.DataFrame, directory: Directory, policy: Policy) -> Licenses:
    """Plan every pool.

    `people`: `learner_id`, `row_number` (null for a leaver whom no row names), `is_active` (final), `start_date`
    (final, ISO text) and the license cells of the file, for everybody named and everybody who leaves.
    """
    parts = [Licenses(pl.DataFrame(schema=LICENSES), no_issues())]
    parts += [_plan_pool(pool, people, directory, policy) for pool in directory.pools.iter_rows(named=True)]
    return Licenses(pl.concat([part.changes for part in parts]), pl.concat([part.issues for part in parts]))


def _plan_pool(pool: dict[str, object], people: pl.DataFrame, directory: Directory, policy: Policy) -> Licenses:
    held = directory.licenses.filter(pl.col("pool_id") == pool["pool_id"])
    rows = _with_wish(people, held, f"{LICENSE_PREFIX}{pool['pool_key']}", policy)
    issues = _issues(rows, str(pool["pool_key"]), policy)
    frees = rows.filter("frees")
    stays = held.filter(pl.col("state") == ACTIVE).height - frees.filter(pl.col("before") == ACTIVE).height
    free = None if pool["seats"] is None else max(0, int(str(pool["seats"])) - stays)
    queue = _queue(rows, held, frees)
    granted = queue if free is None else queue.head(free)
    waits = queue.clear() if free is None else queue.slice(free).filter(pl.col("before").ne_missing(pl.lit(WAITING)))
    first_place = 1 + int(str(held["position"].max() or 0))
    changes = pl.concat(
        [
            frees.select(
                "learner_id", "before", "row_number", after=pl.lit(None, pl.String), place=pl.lit(None, pl.Int64)
            ),
            granted.select("learner_id", "before", "row_number", after=pl.lit(ACTIVE), place=pl.lit(None, pl.Int64)),
            waits.select(
                "learner_id",
                "before",
                "row_number",
                after=pl.lit(WAITING),
                place=pl.int_range(pl.len(), dtype=pl.Int64) + first_place,
            ),
            rows.filter("is_scheduled").select(
                "learner_id", "before", "row_number", after=pl.lit(SCHEDULED), place=pl.lit(None, pl.Int64)
            ),
        ]
    ).filter(pl.col("before").ne_missing(pl.col("after")))
    waiting = issue_rows(
        waits.filter(pl.col("row_number").is_not_null()),
        kinds.NO_SEAT,
        column=str(pool["pool_key"]),
        message=kinds.NO_SEAT.wording.format(pool=pool["pool_name"]),
    )
    shaped = changes.with_columns(pool_id=pl.lit(pool["pool_id"], pl.Int64), position=pl.col("place"))
    return Licenses(shaped.select(list(LICENSES)), pl.concat([issues, waiting]))


def _with_wish(people: pl.DataFrame, held: pl.DataFrame, field: str, policy: Policy) -> pl.DataFrame:
    """Add `before`, and what the row and the person's status ask for: `wants`, `frees`, `is_scheduled`."""
    cell = pl.col(field) if field in people.columns else pl.lit(None, dtype=pl.String)
    starts_later = pl.col("start_date") > pl.lit(policy.today.isoformat())
    later = (pl.lit(policy.waits_for_start_date) & starts_later).fill_null(value=False)
    current = held.select("learner_id", "is_by_hand", before="state")
    rows = people.with_columns(cell=cell, is_later=later).join(
        current, on="learner_id", how="left", maintain_order="left"
    )
    by_hand = pl.col("is_by_hand").fill_null(value=False)
    says = pl.col("cell")
    is_open = pl.col("before").is_in([ACTIVE, WAITING, SCHEDULED]).fill_null(value=False)
    leaves = ~pl.col("is_active")
    takes = (says == "inactive").fill_null(value=False) & ~by_hand
    if policy.mode is Mode.ADDITIONS_ONLY:
        takes, leaves = pl.lit(value=False), leaves & pl.lit(value=False)
    asks = (says == "active").fill_null(value=False) & pl.col("is_active") & ~by_hand
    has_one = pl.col("before").is_in([ACTIVE, WAITING]).fill_null(value=False)
    return rows.with_columns(
        by_hand=by_hand,
        frees=is_open & (leaves | takes),
        wants=asks & ~has_one & ~pl.col("is_later"),
        is_scheduled=asks & ~has_one & pl.col("is_later"),
    )


def _queue(rows: pl.DataFrame, held: pl.DataFrame, frees: pl.DataFrame) -> pl.DataFrame:
    """Return who gets seats, in order: already waiting first, by place, then the file's order."""
    waiting = (
        held.filter(pl.col("state") == WAITING)
        .join(frees, on="learner_id", how="anti")
        .sort("position")
        .select("learner_id", before=pl.col("state"), row_number=pl.lit(None, dtype=pl.Int64))
    )
    named = rows.select("learner_id", named_row="row_number")
    waiting = waiting.join(named, on="learner_id", how="left", maintain_order="left").select(
        "learner_id", "before", row_number="named_row"
    )
    asking = rows.filter("wants").sort("row_number").select("learner_id", "before", "row_number")
    return pl.concat([waiting, asking])


def _issues(rows: pl.DataFrame, header: str, policy: Policy) -> pl.DataFrame:
    says, before = pl.col("cell"), pl.col("before")
    beaten = rows.filter((says == "active") & ~pl.col("is_active") & pl.col("row_number").is_not_null())
    opposed = ((says == "active") & (before == DENIED)) | ((says == "inactive") & (before == ACTIVE))
    kept = rows.filter(opposed & pl.col("by_hand") & pl.col("is_active"))
    leaver, hand, skipped = kinds.LEAVER_KEEPS_NO_LICENSE, kinds.KEPT_BY_HAND, kinds.SKIPPED_BY_MODE
    found = [
        issue_rows(beaten, leaver, column=header, message=leaver.wording.format(column=header)),
        issue_rows(kept, hand, column=header, message=hand.wording.format(what="The license")),
    ]
    if policy.mode is Mode.ADDITIONS_ONLY:
        taken = rows.filter((says == "inactive") & before.is_in([ACTIVE, WAITING, SCHEDULED]))
        found.append(issue_rows(taken, skipped, column=header, message=skipped.wording.format(what="A revocation")))
    return pl.concat(found)
