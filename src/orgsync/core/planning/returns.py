"""Who comes back: a leaver whom a file calls active, or whom a full file lists."""

import polars as pl

from orgsync.core.model import Mode


def comes_back(*, says: pl.Expr, was_active: pl.Expr, stored_status: pl.Expr, mode: Mode) -> pl.Expr:
    """Say of each row whether it brings its person back (never null).

    `says` is the row's `worker_status`, `was_active` and `stored_status` are the person's as they stand (null: new).
    Being listed in a full file counts, unless a status made the person a leaver. A file that only adds brings
    nobody back.
    """
    if mode is Mode.ADDITIONS_ONLY:
        return pl.lit(value=False)
    is_listed = pl.lit(mode is Mode.FULL) & says.is_null() & stored_status.ne_missing("inactive")
    return (~was_active & ((says == "active") | is_listed)).fill_null(value=False)
