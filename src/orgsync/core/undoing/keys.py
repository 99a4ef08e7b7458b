"""Addresses and ids that go back must be free: of whoever keeps one in the meantime nothing is taken."""

from typing import Final

import polars as pl

from orgsync.core.directory import Directory
from orgsync.core.normalize import fold_keys
from orgsync.core.undoing.values import Reverts

_KEYS: Final = {"primary_email_address": "email_key", "unique_user_id": "unique_user_id"}


def settle_keys(
    reverts: Reverts, returning: pl.DataFrame, removed: pl.DataFrame, directory: Directory
) -> tuple[Reverts, pl.DataFrame]:
    """Return the reverts whose keys are free, and those of `returning` (`PERSON`) whose keys are.

    Swaps and circles among those who move work. `removed` (`learner_id`) give theirs up.
    """
    stays = directory.learners.join(removed, on="learner_id", how="anti")
    for attribute, key in _KEYS.items():
        lost, returning = _contest(reverts.of(attribute), stays, returning, key)
        names = lost.select("learner_id", attribute=pl.lit(attribute))
        reverts = reverts.without(names, pl.format("{} now belongs to somebody else; it", pl.col("attribute")))
    return reverts, returning


def _contest(
    moves: pl.DataFrame, stays: pl.DataFrame, returning: pl.DataFrame, key: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the moves that meet somebody who stays, and the people who may return.

    Who cannot move stays, and may be in another's way: it is looked again until nobody is.
    """
    folded = fold_keys(moves["target"]) if key == "email_key" else moves["target"]
    moving = moves.select("learner_id", wanted=folded)
    interesting = pl.concat([moving.select(key=pl.col("wanted")), returning.select(key=pl.col(key))]).drop_nulls()
    held = stays.select("learner_id", key=pl.col(key)).drop_nulls()
    own = held.join(moving, on="learner_id", how="semi")
    fixed = held.join(moving, on="learner_id", how="anti").join(interesting, on="key", how="semi")
    lost = moving.clear()
    while not (beaten := moving.join(fixed, left_on="wanted", right_on="key", how="semi")).is_empty():
        lost = pl.concat([lost, beaten])
        moving = moving.join(beaten, on="learner_id", how="anti")
        fixed = pl.concat([fixed, own.join(beaten, on="learner_id", how="semi")])
    taken = pl.concat([fixed.select("key"), moving.select(key=pl.col("wanted")).drop_nulls()])
    return lost, returning.join(taken, left_on=key, right_on="key", how="anti")
