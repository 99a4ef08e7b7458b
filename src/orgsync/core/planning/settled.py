"""Rows that say what they said when they were applied last, of people who are as that left them: nothing to plan.

Such a row has the fingerprint that is stored with its person's claim. It is settled, and neither checked nor planned
again, while nothing else in the file or the directory gives it another meaning: no other row may name its person, and
the manager whom it names must still be known by what it names them by.
"""

from typing import Final

import polars as pl

from orgsync.core.frames import repeated
from orgsync.core.rows import SETTLED

CLAIMS: Final = pl.Schema({"learner_id": pl.Int64, "fingerprint": pl.Int64, "manager_id": pl.Int64})
"""Everybody whom the feed claims; the fingerprint is null where it does not count (any more)."""
NAMING: Final = {
    "primary_email_key": "email_key",
    "existing_email_key": "email_key",
    "other_email_key": "email_key",
    "unique_user_id": "unique_user_id",
    "new_unique_user_id": "unique_user_id",
    "other_user_id": "unique_user_id",
}
"""Columns of a checked row that name a person, and the key of a learner that they are compared with."""
MOVING: Final = ("existing_email_key", "new_unique_user_id", "other_email_key", "other_user_id")
"""Those by which a row says that a key changes, or names a second person."""
KEYS: Final = pl.Schema({"learner_id": pl.Int64, "email_key": pl.String, "unique_user_id": pl.String})


def settle(fingerprints: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    """Return `SETTLED`: the rows whose fingerprint is stored. Rows that are equal to another one are not among them."""
    known = claims.drop_nulls("fingerprint")
    known = known.filter(~repeated(known["fingerprint"]))
    once = fingerprints.drop_nulls("fingerprint")
    once = once.filter(~repeated(once["fingerprint"]))
    return once.join(known, on="fingerprint", how="inner", maintain_order="left").select(list(SETTLED))


def with_unknown_manager(references: pl.DataFrame, managers: pl.DataFrame) -> pl.DataFrame:
    """Return the lines of `references` that do not name their `manager_id` by what the manager is known by now.

    `references` has `manager_id` and, of the checked row, `manager_unique_user_id` and `manager_email_key` where the
    file has them; `managers` is `KEYS`.
    """
    known = managers.select(manager_id="learner_id", known_key="email_key", known_id="unique_user_id")
    beside = references.join(known, on="manager_id", how="left", maintain_order="left")
    pairs = (("manager_unique_user_id", "known_id"), ("manager_email_key", "known_key"))
    differs = [
        pl.col(said).is_not_null() & pl.col(said).ne_missing(pl.col(stored))
        for said, stored in pairs
        if said in references.columns
    ]
    return beside.filter(pl.any_horizontal(differs)) if differs else beside.clear()


def named_among(learners: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Return `KEYS` of the learners whom any of the checked rows names by any key as the person meant."""
    known = learners.select(list(KEYS))
    told = [
        known.join(rows.select(pl.col(said).alias(key)), on=key, how="semi")["learner_id"]
        for said, key in NAMING.items()
        if said in rows.columns
    ]
    named = pl.concat([pl.Series(dtype=pl.Int64), *told])
    return known.filter(pl.col("learner_id").is_in(named.implode()))


def unsettled_by(rows: pl.DataFrame, settled: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Return the lines of `settled` that the other, checked rows of the file give another meaning.

    These are people whom one of `rows` names too, and people whose manager may get another key by one. `found`
    (`KEYS`) is everybody whom any of `rows` names by any key.
    """
    if settled.is_empty() or found.is_empty():
        return settled.clear()
    is_named = pl.col("learner_id").is_in(found["learner_id"].implode())
    is_led = pl.col("manager_id").is_in(_moving(rows, found)["learner_id"].implode())
    return settled.filter(is_named | is_led.fill_null(value=False))


def _moving(rows: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Return `learner_id` of everybody in `found` whose keys one of `rows` may change."""
    told = [pl.col(name).is_not_null() for name in MOVING if name in rows.columns]
    named = rows.select(
        *(name for name in NAMING if name in rows.columns), tells=pl.any_horizontal(*told, pl.lit(value=False))
    )
    stored = found.select(person="learner_id", stored_email_key="email_key", stored_unique_user_id="unique_user_id")
    moving = [found.select("learner_id").clear()]
    for said, key in NAMING.items():
        if said in named.columns:
            beside = named.join(stored.with_columns(pl.col(f"stored_{key}").alias(said)), on=said, how="inner")
            moving.append(beside.filter(_names_other_key(beside, said)).select(learner_id="person"))
    return pl.concat(moving).unique()


def _names_other_key(beside: pl.DataFrame, said: str) -> pl.Expr:
    """Say where a row that finds its person by `said` gives another key than the person's beside it."""
    others = {"unique_user_id": "primary_email_key", "primary_email_key": "unique_user_id"}
    other = others.get(said)
    if other is None:
        return pl.lit(value=True)
    if other not in beside.columns:
        return pl.col("tells")
    stored = pl.col(f"stored_{NAMING[other]}")
    return pl.col("tells") | (pl.col(other).is_not_null() & pl.col(other).ne_missing(stored))
