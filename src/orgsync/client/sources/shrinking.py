"""Say clearly when a source has become empty or much smaller than it was."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from orgsync.core.csvfile import read_csv
from orgsync.core.errors import UnreadableFile

STRIKING: Final = 0.9
"""A pull with fewer than this part of the rows of the last one is worth a word."""


def rows_of(last: Path) -> int | None:
    """Return the data rows of the file that the last pull left, or None when there is none that can be read."""
    try:
        return read_csv(last).rows.height if last.is_file() else None
    except UnreadableFile:
        return None


def shrunken(before: int | None, now: int) -> Iterator[str]:
    """Yield what there is to say about the number of rows. Whether it is an accident is for the guards to judge."""
    if now == 0:
        yield "The source has no row: a full file made of it would make everybody a leaver."
    elif before and now < before * STRIKING:
        yield f"The source has {now:,} rows; the last time it had {before:,}."
