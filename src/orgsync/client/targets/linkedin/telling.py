"""What LinkedIn must be told: the difference between the acknowledged people and those who are wished for."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from orgsync.client.acknowledged.people import with_fields
from orgsync.core.columns import BY_NAME, COLUMNS, CUSTOM_PREFIX

IDENTITY: Final = ("primary_email_address", "existing_email_address", "unique_user_id", "new_unique_user_id")
GROUP_LISTS: Final = ("add_to_groups", "remove_from_groups")
UNKNOWN, KNOWN, CHANGED = "0", "1", "2"
_LOCAL: Final = frozenset({"learner_id", "email_key", "is_active", "groups", *IDENTITY})


@dataclass(frozen=True, slots=True)
class Telling:
    """Who is to be told of, with every cell that is known of them.

    `rows` has `learner_id`, `is_active` (as they shall be) and `fields`, sorted by `learner_id`; lists of groups are
    lists of names. `shape` has one letter a field: not known, known and accepted already, to be told.
    """

    rows: pl.DataFrame
    shape: pl.Series
    fields: tuple[str, ...]


def what_to_tell(people: pl.DataFrame, wished: pl.DataFrame, *, everything: bool = False) -> Telling:
    """Compare; with `everything` all that is known of everybody active is told, whatever was accepted before."""
    values = [name for name in wished.columns if name not in _LOCAL and not _is_ours(name)]
    before = with_fields(people, values)
    both = wished.join(before, on="learner_id", how="left", suffix=" before", maintain_order="left")
    cells = _cells(both, values)
    fields = tuple(sorted((name for name in cells.columns if name not in _LOCAL or name in IDENTITY), key=_order))
    flags = [_flag(name, everything=everything).alias(name) for name in fields]
    shape = pl.concat([cells.rename(lambda name: f"{name} cell"), both], how="horizontal").select(
        pl.concat_str(flags).alias("shape")
    )["shape"]
    is_told = shape.str.contains(CHANGED, literal=True)
    return Telling(cells.filter(is_told), shape.filter(is_told), fields)


def _is_ours(name: str) -> bool:
    return name in BY_NAME and BY_NAME[name].is_ours


def _cells(both: pl.DataFrame, values: list[str]) -> pl.DataFrame:
    moved = pl.col("email_key before").is_not_null() & (pl.col("email_key") != pl.col("email_key before"))
    renamed = pl.col("unique_user_id before").is_not_null() & (
        pl.col("unique_user_id") != pl.col("unique_user_id before")
    )
    nothing = pl.lit([], pl.List(pl.String))
    now, was = (pl.col(name).fill_null(nothing) for name in ("groups", "groups before"))
    return both.select(
        "learner_id",
        "is_active",
        "primary_email_address",
        *values,
        existing_email_address=pl.when(moved).then("primary_email_address before"),
        unique_user_id=pl.when(renamed).then("unique_user_id before").otherwise("unique_user_id"),
        new_unique_user_id=pl.when(renamed).then("unique_user_id"),
        add_to_groups=_filled(now.list.set_difference(was)),
        remove_from_groups=_filled(was.list.set_difference(now)),
    )


def _filled(names: pl.Expr) -> pl.Expr:
    return pl.when(names.list.len() > 0).then(names.list.sort())


def _flag(name: str, *, everything: bool) -> pl.Expr:
    cell = pl.col(f"{name} cell")
    if name in {"existing_email_address", "new_unique_user_id", *GROUP_LISTS}:
        is_changed = pl.lit(value=True)
    else:
        is_changed = cell.cast(pl.String).ne_missing(pl.col(f"{name} before"))
        if name == "unique_user_id":
            is_changed &= pl.col("unique_user_id cell").ne_missing(pl.col("unique_user_id before"))
        if name == "primary_email_address":
            is_changed = pl.col("email_key").ne_missing(pl.col("email_key before"))
    if everything:
        is_changed = is_changed | pl.col("is_active")
    return pl.when(cell.is_null()).then(pl.lit(UNKNOWN)).when(is_changed).then(pl.lit(CHANGED)).otherwise(pl.lit(KNOWN))


_PLACES: Final = {column.name: place for place, column in enumerate(COLUMNS)}


def _order(name: str) -> tuple[int, str]:
    """Sort as the catalogue does; custom attributes before groups and licenses."""
    if name in _PLACES:
        return _PLACES[name], ""
    return (_PLACES["groups"] - 1 if name.startswith(CUSTOM_PREFIX) else len(_PLACES)), name
