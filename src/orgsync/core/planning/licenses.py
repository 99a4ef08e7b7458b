"""Who gets, loses or waits for a license. Frees come before grants; a seat is never half granted."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from orgsync.core import issues as kinds
from orgsync.core.directory import ACTIVE, DENIED, SCHEDULED, WAITING, Directory
from orgsync.core.issuerows import issue_rows, no_issues
from orgsync.core.model import Mode
from orgsync.core.plan import Policy
from orgsync.core.planning.later import left_for_later

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


@dataclass(frozen=True, slots=True)
class _Pool:
    """One line of `POOL_SCHEMA`."""

    pool_id: int
    pool_key: str
    pool_name: str
    seats: int | None


def plan_licenses(people: pl.DataFrame, directory: Directory, policy: Policy) -> Licenses:
    """Plan every pool.

    `people`: `learner_id`, `row_number` (null for a leaver whom no row names), `is_active` (final), `start_date`
    (final, ISO text), `leaves_later` and the license cells of the file, for everybody named and everybody who leaves.
    """
    parts = [Licenses(pl.DataFrame(schema=LICENSES), no_issues())]
    pools = [_Pool(**values) for values in directory.pools.iter_rows(named=True)]
    parts += [_plan_pool(pool, people, directory, policy) for pool in pools]
    return Licenses(pl.concat([part.changes for part in parts]), pl.concat([part.issues for part in parts]))


def _plan_pool(pool: _Pool, people: pl.DataFrame, directory: Directory, policy: Policy) -> Licenses:
    held = directory.licenses.filter(pl.col("pool_id") == pool.pool_id)
    rows = _with_wish(people, held, f"{LICENSE_PREFIX}{pool.pool_key}", policy)
    frees = rows.filter("frees")
    queue = _queue(rows, held, rows.filter("lets_go"))
    seats = _free_seats(pool, held, frees, directory.active_elsewhere.get(pool.pool_id, 0))
    granted = queue if seats is None else queue.head(seats)
    late = queue.clear() if seats is None else queue.slice(seats)
    waits = late.filter(pl.col("before").ne_missing(pl.lit(WAITING)))
    moves = [
        _move(frees, None),
        _move(granted, ACTIVE),
        _move(waits, WAITING, pl.int_range(pl.len(), dtype=pl.Int64) + _next_place(held)),
        _move(rows.filter("is_scheduled"), SCHEDULED),
    ]
    changes = pl.concat(moves).filter(pl.col("before").ne_missing(pl.col("after")))
    issues = pl.concat([_issues(rows, pool.pool_key, policy), _no_seat(waits, pool)])
    return Licenses(changes.with_columns(pool_id=pl.lit(pool.pool_id, pl.Int64)).select(list(LICENSES)), issues)


def _free_seats(pool: _Pool, held: pl.DataFrame, frees: pl.DataFrame, elsewhere: int) -> int | None:
    """Count the seats to give away once everybody who leaves has left; None without limit."""
    if pool.seats is None:
        return None
    taken, freed = (
        frame.filter(pl.col(state) == ACTIVE).height for frame, state in ((held, "state"), (frees, "before"))
    )
    return max(0, pool.seats - (elsewhere + taken - freed))


def _next_place(held: pl.DataFrame) -> int:
    places: list[int] = held["position"].drop_nulls().to_list()
    return 1 + max(places, default=0)


def _move(rows: pl.DataFrame, after: str | None, position: pl.Expr | None = None) -> pl.DataFrame:
    place = pl.lit(None, pl.Int64) if position is None else position
    return rows.select("learner_id", "before", "row_number", after=pl.lit(after, pl.String), position=place)


def _no_seat(waits: pl.DataFrame, pool: _Pool) -> pl.DataFrame:
    kind = kinds.NO_SEAT
    named = waits.filter(pl.col("row_number").is_not_null())
    return issue_rows(named, kind, column=pool.pool_key, message=kind.wording.format(pool=pool.pool_name))


def _with_wish(people: pl.DataFrame, held: pl.DataFrame, field: str, policy: Policy) -> pl.DataFrame:
    """Add `before`, and what the row and the person's status ask for: `wants`, `frees`, `is_scheduled`."""
    cell = pl.col(field) if field in people.columns else pl.lit(None, dtype=pl.String)
    starts_later = pl.col("start_date") > pl.lit(policy.today.isoformat())
    later = (pl.lit(policy.waits_for_start_date) & starts_later).fill_null(value=False)
    current = held.select("learner_id", "is_by_hand", before="state")
    rows = people.with_columns(cell=cell, is_later=later).join(
        current, on="learner_id", how="left", maintain_order="left"
    )
    by_hand = pl.col("is_by_hand").fill_null(value=False) & pl.lit(not policy.by_hand)
    says = pl.col("cell")
    is_open = pl.col("before").is_in([ACTIVE, WAITING, SCHEDULED]).fill_null(value=False)
    leaves = ~pl.col("is_active")
    takes = (says == "inactive").fill_null(value=False) & ~by_hand
    if policy.mode is Mode.ADDITIONS_ONLY:
        takes, leaves = pl.lit(value=False), leaves & pl.lit(value=False)
    asks = (says == "active").fill_null(value=False) & pl.col("is_active") & ~by_hand
    has_one = pl.col("before").is_in([ACTIVE, WAITING]).fill_null(value=False)
    lets_go = is_open & (leaves | takes | pl.col("leaves_later"))
    asks = asks & ~pl.col("leaves_later")
    is_due = (pl.col("before") == SCHEDULED).fill_null(value=False) & ~pl.col("is_later") & ~lets_go
    return rows.with_columns(
        by_hand=by_hand,
        lets_go=lets_go,
        # Who is about to let go gets nothing more, even where nothing may be taken yet.
        frees=lets_go & pl.lit(not policy.takes_nothing),
        # Once the day has come, whoever is named at all gets what was scheduled.
        wants=(asks & ~has_one & ~pl.col("is_later")) | (is_due & pl.col("is_active")),
        is_scheduled=asks & ~has_one & pl.col("is_later"),
    )


def _queue(rows: pl.DataFrame, held: pl.DataFrame, leaving: pl.DataFrame) -> pl.DataFrame:
    """Return who gets seats, in order: already waiting first, by place, then the file's order."""
    waiting = (
        held.filter(pl.col("state") == WAITING)
        .join(leaving, on="learner_id", how="anti")
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
    if policy.takes_nothing:
        later = rows.filter(pl.col("lets_go") & ~pl.col("leaves_later"))
        found.append(left_for_later(later, pl.lit("Losing the license"), column=header))
    if policy.mode is Mode.ADDITIONS_ONLY:
        taken = rows.filter((says == "inactive") & before.is_in([ACTIVE, WAITING, SCHEDULED]))
        found.append(issue_rows(taken, skipped, column=header, message=skipped.wording.format(what="A revocation")))
    return pl.concat(found)
