"""Which values of people go back, and which have been written since."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from orgsync.core.columns import PERMISSION_NAMES
from orgsync.core.directory import Directory
from orgsync.core.planning.writes import manager_text
from orgsync.core.undoing.conflicts import conflicts_in, no_conflicts
from orgsync.core.undoing.trace import Trace

REVERTS: Final = pl.Schema({"learner_id": pl.Int64, "attribute": pl.String, "current": pl.String, "target": pl.String})


@dataclass(frozen=True, slots=True)
class Reverts:
    """`found`: `REVERTS`, one line a value that goes back to `target`."""

    found: pl.DataFrame
    conflicts: pl.DataFrame

    def without(self, lost: pl.DataFrame, why: pl.Expr) -> "Reverts":
        """Return the reverts but for those in `lost` (`learner_id`, `attribute`), which are listed as `why`."""
        kept = self.found.join(lost, on=["learner_id", "attribute"], how="anti")
        return Reverts(kept, pl.concat([self.conflicts, conflicts_in(lost, pl.col("attribute"), why)]))

    def of(self, attribute: str) -> pl.DataFrame:
        return self.found.filter(pl.col("attribute") == attribute)

    @property
    def permissions(self) -> pl.DataFrame:
        return self.found.filter(pl.col("attribute").is_in(PERMISSION_NAMES))


def find_reverts(trace: Trace, directory: Directory) -> Reverts:
    """Compare what the job wrote with what stands: a value goes back while nobody has written it since.

    A value that is as it was before the job already is neither a revert nor a conflict.
    """
    parts = [
        _with_current(attribute, part, directory)
        for (attribute,), part in trace.values.group_by("attribute", maintain_order=True)
    ]
    rows = pl.concat(parts) if parts else trace.values.with_columns(current=pl.lit(None, dtype=pl.String))
    rows = rows.filter(pl.col("current").ne_missing(pl.col("before")))
    is_ours = pl.col("is_latest") & pl.col("current").eq_missing(pl.col("after"))
    is_free = is_ours & ~pl.col("learner_id").is_in(list(trace.out_of_reach))
    found = rows.filter(is_free).select("learner_id", "attribute", "current", target="before")
    taken = rows.filter(~is_free)
    return Reverts(found, pl.concat([no_conflicts(), conflicts_in(taken, pl.col("attribute"), pl.col("attribute"))]))


def _with_current(attribute: object, part: pl.DataFrame, directory: Directory) -> pl.DataFrame:
    """Add `current`; people who are no longer there are left out."""
    name, people = str(attribute), directory.learners
    if name in PERMISSION_NAMES:
        given = directory.permissions.filter(pl.col("permission") == name).select("learner_id", current="scope")
        here = part.join(people.select("learner_id"), on="learner_id", how="semi")
        return here.join(given, on="learner_id", how="left", maintain_order="left")
    current = people.select("learner_id", current=_text(name, people))
    return part.join(current, on="learner_id", how="inner", maintain_order="left")


def _text(attribute: str, people: pl.DataFrame) -> pl.Expr:
    """Show a value as the log does."""
    if attribute == "status":
        return pl.when("is_active").then(pl.lit("active")).otherwise(pl.lit("inactive"))
    if attribute == "manager":
        return manager_text("")
    return pl.col(attribute).cast(pl.String) if attribute in people.columns else pl.lit(None, dtype=pl.String)
