"""Frames of a million rows: what must not be copied where nothing changes. A column of text is 16 MB at the least."""

from collections.abc import Callable, Iterable

import polars as pl


def kept(frame: pl.DataFrame, stays: pl.Expr) -> pl.DataFrame:
    """Return the rows for which `stays` is true, in their order; the frame itself when that is all of them."""
    mask = frame.select(stays).to_series()
    return frame if mask.all() and mask.null_count() == 0 else frame.filter(mask)


def beside(frame: pl.DataFrame, known: pl.DataFrame, on: str) -> pl.DataFrame:
    """Return the frame with the other columns of `known` beside it, null where `known` has no such key.

    `on` is unique in `known`; null is nobody's key. Unlike a join, no column of the frame is made anew.
    """
    found = known.drop(on)
    if known.is_empty() or frame[on].null_count() == frame.height:
        return frame.with_columns(pl.lit(None, dtype=kind).alias(name) for name, kind in found.schema.items())
    joined = frame.select(on).join(known, on=on, how="left", maintain_order="left")
    return frame.hstack(joined.select(found.columns))


def repeated(values: pl.Series) -> pl.Series:
    """Return where a value occurs more than once; nulls do not. To count hashes first, mostly enough, costs a fifth."""
    there = values.drop_nulls()
    if there.hash().n_unique() == there.len():
        return pl.repeat(value=False, n=values.len(), dtype=pl.Boolean, eager=True)
    return values.is_duplicated() & values.is_not_null()


def names_where(
    frame: pl.DataFrame, holds: Callable[[pl.Expr], pl.Expr], names: Iterable[str] | None = None
) -> list[str]:
    """Return the columns (of `names`) in which something holds of any cell: to look is cheaper than to make anew."""
    found = frame.select(holds(pl.col(name)).any() for name in (frame.columns if names is None else names))
    return [name for name in found.columns if found[name].item()]
