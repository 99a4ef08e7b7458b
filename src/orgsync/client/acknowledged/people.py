"""The acknowledged people as one frame: a line a person, a column a field, null where nothing was ever accepted."""

from collections.abc import Iterable
from typing import Final

import polars as pl

from orgsync.core.normalize import fold_keys
from orgsync.core.planning.licenses import LICENSE_PREFIX

PEOPLE: Final = pl.Schema(
    {
        "learner_id": pl.Int64(),  # ours alone; the target has never seen it
        "primary_email_address": pl.String(),
        "email_key": pl.String(),
        "unique_user_id": pl.String(),
        "is_active": pl.Boolean(),
        "groups": pl.List(pl.String),
    }
)
"""Further String columns follow: attributes, the two manager columns, and `license:<pool key>` (active, inactive)."""

MANAGER_FIELDS: Final = ("manager_unique_user_id", "manager_primary_email_address")
_MOVES: Final = {"new_unique_user_id": "unique_user_id"}
_LISTS: Final = ("add_to_groups", "remove_from_groups")
_OF_THE_ROW: Final = frozenset({"existing_email_address", *_LISTS, *_MOVES})


def nobody() -> pl.DataFrame:
    """Return the state before anything was accepted."""
    return pl.DataFrame(schema=PEOPLE)


def with_fields(people: pl.DataFrame, names: Iterable[str]) -> pl.DataFrame:
    """Add the String columns that are missing."""
    missing = [name for name in dict.fromkeys(names) if name not in people.columns]
    return people.with_columns(pl.lit(None, pl.String).alias(name) for name in missing)


def license_fields(people: pl.DataFrame) -> list[str]:
    """Return the columns that are licenses."""
    return [name for name in people.columns if name.startswith(LICENSE_PREFIX)]


def advance(people: pl.DataFrame, accepted: pl.DataFrame) -> pl.DataFrame:
    """Return the people after the target accepted these rows; doing it twice is the same as doing it once.

    `accepted` has `learner_id`, `is_active` and the fields that were sent, null where a row had no cell; lists of
    groups are lists of names. Whoever else held an address that a row brings has lost it, and is forgotten.
    """
    fields = [name for name in accepted.columns if name not in {"learner_id", "is_active", *_OF_THE_ROW}]
    told = accepted.select(
        "learner_id",
        "is_active",
        *(pl.col(name) for name in fields),
        *(_list(accepted, name) for name in _LISTS),
        **{f"new {old}": pl.col(new) for new, old in _MOVES.items() if new in accepted.columns},
    )
    known = with_fields(people, fields)
    both = known.join(told, on="learner_id", how="full", coalesce=True, suffix=" sent", maintain_order="left_right")
    final = both.select(
        "learner_id",
        *(_final(name, both.columns) for name in known.columns if name not in {"learner_id", "email_key", "groups"}),
        groups=_groups(),
        was_sent=pl.col("is_active sent").is_not_null() if "is_active sent" in both.columns else pl.lit(value=True),
    )
    final = final.with_columns(email_key=fold_keys(final["primary_email_address"]))
    kept = final.sort("was_sent", maintain_order=True).unique("email_key", keep="last", maintain_order=True)
    return kept.select(known.columns).sort("learner_id")


def _list(rows: pl.DataFrame, name: str) -> pl.Expr:
    return (pl.col(name) if name in rows.columns else pl.lit(None, pl.List(pl.String))).alias(name)


def _final(name: str, columns: list[str]) -> pl.Expr:
    candidates = [column for column in (f"new {name}", f"{name} sent", name) if column in columns]
    return pl.coalesce(candidates).alias(name)


def _groups() -> pl.Expr:
    nothing = pl.lit([], pl.List(pl.String))
    now = pl.col("groups").fill_null(nothing).list.set_union(pl.col("add_to_groups").fill_null(nothing))
    return now.list.set_difference(pl.col("remove_from_groups").fill_null(nothing)).list.sort()
