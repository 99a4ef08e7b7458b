"""Who comes back: a leaver whom a file calls active, whom a full file lists, or whose end date it moves."""

import polars as pl

from orgsync.core.columns import CLEAR_TOKEN
from orgsync.core.model import Mode
from orgsync.core.plan import Policy


def comes_back(
    *, says: pl.Expr, was_active: pl.Expr, stored_status: pl.Expr, ended: pl.Expr, ends: pl.Expr, policy: Policy
) -> pl.Expr:
    """Say of each row whether it brings its person back (never null).

    `says` is the row's `worker_status`; `was_active`, `stored_status` and `ended` are the person's status,
    `worker_status` and `end_date` as they stand (null: new, or none); `ends` is their `end_date` after the row. Being
    listed in a full file counts, and so does an end date in the past that the row moves or clears, unless a status
    made the person a leaver. Nobody comes back whose last day is over, and a file that only adds brings nobody back.
    """
    if policy.mode is Mode.ADDITIONS_ONLY:
        return pl.lit(value=False)
    is_silent = says.is_null() & stored_status.ne_missing("inactive")
    is_listed = pl.lit(policy.mode is Mode.FULL) & is_silent
    is_moved = has_ended(ended, policy) & is_silent
    back = ~was_active & ((says == "active") | is_listed | is_moved) & ~has_ended(ends, policy)
    return back.fill_null(value=False)


def has_ended(end_date: pl.Expr, policy: Policy) -> pl.Expr:
    """Say whether the last day (ISO text) is over (never null)."""
    return (end_date < pl.lit(policy.today.isoformat())).fill_null(value=False)


def final_end_date(cell: pl.Expr, stored: pl.Expr, policy: Policy) -> pl.Expr:
    """Return the end date after a row whose cell is `cell`; the clear token empties it, a blank leaves it alone."""
    blank = pl.lit(None, dtype=pl.String) if "end_date" in policy.blank_clears else stored
    return pl.when(cell.is_null()).then(blank).when(cell != CLEAR_TOKEN).then(cell)
