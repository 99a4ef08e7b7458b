"""Group names as cells write them: `Engineers, "Sales, EMEA"` and `group:Engineers,group:Sales`."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

import polars as pl

from orgsync.core.columns import GROUP_PREFIX
from orgsync.core.normalize import fold_key, fold_keys

NAME_LENGTH: Final = 255
"""Most characters of one group name."""

# Possessive, so that an unclosed quote fails at once instead of being read as part of a name.
_ITEM: Final = re.compile(
    r"""\s*+(?P<prefix>group:)?+\s*+(?:"(?P<quoted>(?:[^"]|"")*+)"|(?P<plain>[^",][^,]*+)?+)\s*+(?:,|$)""",
    re.IGNORECASE,
)
_FRAME: Final = pl.Schema({"cell": pl.String, "group_name": pl.String, "group_key": pl.String})


def parse_group_list(cell: str) -> list[str] | None:
    """Return the names in a cell of comma separated group names, each once; None when it is no such list.

    A name that holds a comma or begins with a quote is quoted, with quotes inside doubled. Names are trimmed
    and in NFC; empty ones (`A,,B`) are left out; of two names that differ only in case the first counts.
    """
    names: list[str] = []
    for item in _items(cell):
        if item is None:
            return None
        prefix, name = item
        names.append(f"{prefix}{name}")
    return _distinct(names) if all(len(name) <= NAME_LENGTH for name in names) else None


def parse_group_limit(cell: str) -> str | list[str] | None:
    """Return `yes`, `no`, or the group names of `group:A,group:B`; None when the cell is none of these.

    A name that holds a comma is written `group:"A, B"` or `"group:A, B"`.
    """
    if cell.strip().lower() in {"yes", "no"}:
        return cell.strip().lower()
    names: list[str] = []
    for item in _items(cell):
        name = _limit_name(item)
        if name is None or not 0 < len(name) <= NAME_LENGTH:
            return None
        names.append(name)
    return _distinct(names) or None


def group_names(cells: pl.Series) -> pl.DataFrame:
    """Parse the distinct `cells` of a group list column into (`cell`, `group_name`, `group_key`), in order.

    A cell that is no list has one line with null name and key; an empty list (`,`) has no line. The key is
    `fold_key` of the name. Cells without quotes, nearly all of them, are split in bulk.
    """
    distinct = cells.drop_nulls().unique(maintain_order=True).alias("cell")
    is_plain = ~distinct.str.contains('"', literal=True)
    plain = _split_plain(distinct.filter(is_plain))
    quoted = _frame((cell, parse_group_list(cell)) for cell in distinct.filter(~is_plain))
    return pl.concat([plain, quoted])


def group_limits(cells: pl.Series) -> pl.DataFrame:
    """Parse the distinct `cells` of a group permission column into (`cell`, `group_name`, `group_key`).

    `yes` and `no` have no line; a cell that cannot be read has one with null name and key.
    """
    distinct = cells.drop_nulls().unique(maintain_order=True)
    parsed = ((cell, parse_group_limit(cell)) for cell in distinct)
    return _frame((cell, names) for cell, names in parsed if not isinstance(names, str))


def unreadable(parsed: pl.DataFrame) -> pl.Series:
    """Return the cells of a frame of `group_names` or `group_limits` that could not be read."""
    return parsed.filter(pl.col("group_name").is_null())["cell"]


def _items(cell: str) -> Iterable[tuple[str, str] | None]:
    """Yield (prefix, name) for each item of a list, without empty ones; None where it cannot be read."""
    position = 0
    while position < len(cell):
        match = _ITEM.match(cell, position)
        if match is None:
            yield None
            return
        written = match["plain"] or (match["quoted"] or "").replace('""', '"')
        name = unicodedata.normalize("NFC", written.strip())
        if name or match["prefix"]:
            yield match["prefix"] or "", name
        position = match.end()


def _limit_name(item: tuple[str, str] | None) -> str | None:
    if item is None:
        return None
    prefix, name = item
    if prefix:
        return name
    if name.lower().startswith(GROUP_PREFIX):
        return name[len(GROUP_PREFIX) :].strip()
    return None


def _distinct(names: Iterable[str]) -> list[str]:
    first_by_key: dict[str, str] = {}
    for name in names:
        first_by_key.setdefault(fold_key(name), name)
    return list(first_by_key.values())


def _frame(parsed: Iterable[tuple[str, list[str] | None]]) -> pl.DataFrame:
    lines: list[tuple[str, str | None, str | None]] = []
    for cell, names in parsed:
        if names is None:
            lines.append((cell, None, None))
        else:
            lines.extend((cell, name, fold_key(name)) for name in names)
    return pl.DataFrame(lines, schema=_FRAME, orient="row")


def _split_plain(cells: pl.Series) -> pl.DataFrame:
    """Do for cells without quotes, and in bulk, what `parse_group_list` does."""
    names = (
        cells.to_frame()
        .with_columns(group_name=pl.col("cell").str.split(","))
        .explode("group_name", empty_as_null=False)
        .with_columns(pl.col("group_name").str.strip_chars().str.normalize("NFC"))
        .filter(pl.col("group_name") != "")
    )
    keyed = names.with_columns(group_key=fold_keys(names["group_name"]))
    too_long = keyed.filter(pl.col("group_name").str.len_chars() > NAME_LENGTH)["cell"].unique()
    kept = keyed.filter(~pl.col("cell").is_in(too_long.implode()))
    bad = too_long.to_frame().with_columns(group_name=pl.lit(None, pl.String), group_key=pl.lit(None, pl.String))
    return pl.concat([kept.unique(["cell", "group_key"], keep="first", maintain_order=True), bad])
