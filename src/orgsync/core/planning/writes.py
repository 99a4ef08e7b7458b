"""Put what the stages found into sets that a database can take: creations, updates, the log of values."""

from typing import Final

import polars as pl

from orgsync.core.frames import kept
from orgsync.core.plan import CREATE_COLUMNS

STATE_COLUMNS: Final = (
    "is_active",
    "primary_email_address",
    "email_key",
    "unique_user_id",
    "manager_id",
    "pending_manager_id",
    "pending_manager_email",
)
CHANGES: Final = pl.Schema(
    {
        "learner_id": pl.Int64,
        "row_number": pl.Int64,
        "attribute": pl.String,
        "before": pl.String,
        "after": pl.String,
    }
)


def creations(named: pl.DataFrame, fields: tuple[str, ...]) -> pl.DataFrame:
    """Return the people to be created, in row order."""
    created = kept(named.select(*CREATE_COLUMNS, *fields), pl.col("learner_id") < 0)
    return created if created["row_number"].is_sorted() else created.sort("row_number")


def updates(named: pl.DataFrame, unnamed: pl.DataFrame, fields: tuple[str, ...]) -> pl.DataFrame:
    """Return everybody of whom a value changes, with all final values.

    `named` and `unnamed` have for each state column and field `x` both `x` and `x_before`.
    """
    columns = (*STATE_COLUMNS, *fields)
    shape = ["learner_id", "row_number", *columns, *(f"{name}_before" for name in columns)]
    people = pl.concat([named.select(shape).filter(pl.col("learner_id") > 0), unnamed.select(shape)])
    differs = pl.any_horizontal(_differs(name) for name in columns)
    return people.filter(differs)


def value_changes(changed: pl.DataFrame, fields: tuple[str, ...]) -> pl.DataFrame:
    """Return the log of `updates`: one line for each value that differs, before and after as text."""
    found = [pl.DataFrame(schema=CHANGES)]
    found += [
        _log(changed.filter(_differs(name)), name, pl.col(f"{name}_before"), pl.col(name))
        for name in ("primary_email_address", "unique_user_id", *fields)
    ]
    found.append(
        _log(changed.filter(_differs("is_active")), "status", _status("is_active_before"), _status("is_active"))
    )
    manager = changed.filter(pl.any_horizontal(_differs(name) for name in STATE_COLUMNS[4:]))
    found.append(_log(manager, "manager", manager_text("_before"), manager_text("")))
    return pl.concat(found)


def _differs(name: str) -> pl.Expr:
    return pl.col(name).ne_missing(pl.col(f"{name}_before"))


def _status(name: str) -> pl.Expr:
    return pl.when(pl.col(name)).then(pl.lit("active")).when(~pl.col(name)).then(pl.lit("inactive"))


def manager_text(suffix: str) -> pl.Expr:
    """Show a manager by learner id, or as the reference that waits for one."""
    named_by_id, named_by_mail = pl.col(f"pending_manager_id{suffix}"), pl.col(f"pending_manager_email{suffix}")
    # An id may look like an address; with its address behind it, if only an empty one, it is told apart.
    needs_both = named_by_mail.is_not_null() | named_by_id.str.contains("[@>]")
    both = pl.format("{} <{}>", named_by_id, named_by_mail.fill_null(""))
    reference = pl.coalesce(pl.when(needs_both).then(both), named_by_id, named_by_mail)
    return pl.coalesce(pl.col(f"manager_id{suffix}").cast(pl.String), pl.lit("?") + reference)


def _log(rows: pl.DataFrame, attribute: str, before: pl.Expr, after: pl.Expr) -> pl.DataFrame:
    return rows.select(
        "learner_id",
        "row_number",
        attribute=pl.lit(attribute),
        before=before.cast(pl.String),
        after=after.cast(pl.String),
    )
