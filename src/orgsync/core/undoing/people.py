"""People as they shall be: with the values that go back, and inactive where they cannot be removed."""

from typing import Final

import polars as pl

from orgsync.core.directory import Directory
from orgsync.core.normalize import fold_keys
from orgsync.core.planning.writes import STATE_COLUMNS
from orgsync.core.undoing.values import Reverts

_NOT_ATTRIBUTES: Final = ("status", "manager", "primary_email_address", "unique_user_id")
_BOTH_REFERENCES: Final = r"^\?(.*) <([^<>]*)>$"


def attribute_fields(reverts: Reverts) -> tuple[str, ...]:
    """Return the attributes, built in or custom, of which a value goes back."""
    names = set(reverts.found["attribute"].unique()) - set(reverts.permissions["attribute"].unique())
    return tuple(sorted(names.difference(_NOT_ATTRIBUTES)))


def revised_people(reverts: Reverts, kept: pl.DataFrame, directory: Directory) -> pl.DataFrame:
    """Return everybody of whom a value goes back, and `kept` (`learner_id`), who become inactive.

    Columns: `learner_id`, and of each state column and attribute field `x` both `x` (final) and `x_before`.
    """
    fields = attribute_fields(reverts)
    ids = pl.concat([reverts.found.select("learner_id"), kept.select("learner_id")]).unique()
    people = directory.learners.join(ids, on="learner_id", how="semi", maintain_order="left")
    unknown = [pl.lit(None, dtype=pl.String).alias(name) for name in fields if name not in people.columns]
    people = people.with_columns(unknown)
    columns = (*STATE_COLUMNS, *fields)
    people = people.select(
        "learner_id",
        pl.col("is_protected").alias("_is_protected"),
        *columns,
        *(pl.col(name).alias(f"{name}_before") for name in columns),
    )
    for attribute in (*_NOT_ATTRIBUTES, *fields):
        people = _overlaid(people, _targets(attribute, reverts.of(attribute)))
    leaves = pl.col("learner_id").is_in(kept["learner_id"].implode()) & ~pl.col("_is_protected")
    return people.with_columns(is_active=pl.col("is_active") & ~leaves).drop("_is_protected")


def _overlaid(people: pl.DataFrame, targets: pl.DataFrame) -> pl.DataFrame:
    """Replace the values of those who are in `targets` (`learner_id` and the columns that change)."""
    names = [name for name in targets.columns if name != "learner_id"]
    if targets.is_empty():
        return people
    marked = targets.rename({name: f"{name}_target" for name in names}).with_columns(is_back=pl.lit(value=True))
    joined = people.join(marked, on="learner_id", how="left", maintain_order="left")
    final = [pl.when("is_back").then(f"{name}_target").otherwise(name).alias(name) for name in names]
    return joined.with_columns(final).select(people.columns)


def _targets(attribute: str, reverts: pl.DataFrame) -> pl.DataFrame:
    """Return what is written for one attribute of the log, column by column."""
    target = pl.col("target")
    if attribute == "status":
        return reverts.select("learner_id", is_active=target == "active")
    if attribute == "primary_email_address":
        keys = fold_keys(reverts["target"])
        return reverts.select("learner_id", primary_email_address=target, email_key=keys)
    if attribute == "manager":
        return reverts.select(
            "learner_id",
            manager_id=target.cast(pl.Int64, strict=False),
            pending_manager_id=_reference(1),
            pending_manager_email=_reference(2),
        )
    if attribute == "is_protected":
        return reverts.select("learner_id", is_protected=target == "true")
    return reverts.select("learner_id", target.alias(attribute))


def _reference(which: int) -> pl.Expr:
    """Read one side of a reference that waits for its manager (`planning.writes.manager_text`)."""
    both = pl.col("target").str.extract(_BOTH_REFERENCES, which)
    alone = pl.col("target").str.extract(r"^\?(.*)$", 1)
    is_address = alone.str.contains("@", literal=True)
    fits = is_address if which == 2 else ~is_address
    has_both = pl.col("target").str.contains(_BOTH_REFERENCES)
    return pl.when(has_both).then(pl.when(both != "").then(both)).when(fits).then(alone)
