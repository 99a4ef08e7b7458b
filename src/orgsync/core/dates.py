"""Read dates as ISO, as the organization writes them, and as Excel exports ISO dates."""

from collections.abc import Sequence
from typing import Final

import polars as pl

EARLIEST_YEAR: Final = 1900
LATEST_YEAR: Final = 2199

# Year first, with dashes, slashes or dots, and perhaps a time of day, which says nothing about the day.
_YEAR_FIRST: Final = (
    r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"
    r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp][Mm])?(?:Z|[+-]\d{2}:?\d{2})?)?$"
)


def iso_dates(cells: pl.Series, formats: Sequence[str] = ()) -> pl.Series:
    """Return the dates in `cells` as `YYYY-MM-DD`; null where a cell is no date from 1900 to 2199.

    ISO is tried first, then `formats` (as for `strptime`, for example `%d.%m.%Y`) in their order.
    """
    distinct = cells.drop_nulls().unique()
    readings = (
        pl.col("cell").str.replace(_YEAR_FIRST, "$1-$2-$3").str.to_date("%Y-%m-%d", strict=False),
        *(pl.col("cell").str.to_date(pattern, strict=False) for pattern in formats),
    )
    # Each for itself: %Y takes 31.12.23 for the year 23, and a later format may know better.
    in_range = (pl.when(day.dt.year().is_between(EARLIEST_YEAR, LATEST_YEAR)).then(day) for day in readings)
    parsed = distinct.alias("cell").to_frame().select("cell", iso=pl.coalesce(*in_range).dt.to_string())
    if parsed.select((pl.col("iso") == pl.col("cell")).all(ignore_nulls=False)).item() is True:
        return cells
    return cells.replace_strict(parsed["cell"], parsed["iso"], default=None, return_dtype=pl.String)
