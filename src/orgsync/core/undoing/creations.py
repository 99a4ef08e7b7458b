"""Whom the undone job created: removed while nothing has happened to them since, else deactivated."""

from dataclasses import dataclass

import polars as pl

from orgsync.core.directory import Directory
from orgsync.core.undoing.trace import Trace
from orgsync.core.undoing.values import Reverts


@dataclass(frozen=True, slots=True)
class Creations:
    """Each frame: `learner_id`."""

    removed: pl.DataFrame
    kept: pl.DataFrame


def plan_creations(trace: Trace, reverts: Reverts, directory: Directory) -> Creations:
    """Sort the created people. Somebody who is still the manager of a person who stays has to stay too."""
    back = reverts.of("manager").select(
        "learner_id", back_to=pl.col("target").cast(pl.Int64, strict=False), is_back=pl.lit(value=True)
    )
    links = directory.learners.select("learner_id", "manager_id").join(back, on="learner_id", how="left")
    links = links.select("learner_id", manager_id=pl.when("is_back").then("back_to").otherwise("manager_id"))
    removed = trace.created.filter(~pl.col("is_touched")).select("learner_id")
    kept = trace.created.filter("is_touched").select("learner_id")
    while True:
        needed_by = links.join(removed, on="learner_id", how="anti").drop_nulls("manager_id")
        needed = removed.join(needed_by, left_on="learner_id", right_on="manager_id", how="semi")
        if needed.is_empty():
            return Creations(removed, kept)
        removed, kept = removed.join(needed, on="learner_id", how="anti"), pl.concat([kept, needed])
