"""What guards count: the kinds of effects, each with its base and the parts for which it is counted apart."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import polars as pl

from orgsync.core.directory import Directory
from orgsync.core.plan import ChangeKind

EFFECTS: Final = pl.Schema(
    {
        "code": pl.String,  # of the guard
        "target": pl.String,  # `department:…`, `pool:…`, `group:…`, `attribute:…`; empty: in all
        "count": pl.Int64,
    }
)
DEPARTMENT: Final = "department"
GROUP: Final = "group"
_PENDING: Final = "?"
"""How a manager begins who is waited for."""


class Base(StrEnum):
    """What a count is measured against, in words of which `{feed}` says whose."""

    PEOPLE = "active people{feed}"
    EVERYBODY = "active people"
    """Of the feed in a full file, else of the organization."""
    LICENSES = "active licenses"
    MEMBERSHIPS = "memberships"
    ASSIGNMENTS = "open assignments"
    VALUES = "values"


@dataclass(frozen=True, slots=True)
class Measure:
    """One kind of effect that a guard counts."""

    code: str
    kind: ChangeKind
    base: Base
    verb: str
    part: str = ""
    """What the plan's `target` names, where that is counted apart too: pool, group or attribute."""
    has_total: bool = True
    by_department: bool = False
    drift: int = 0
    """What one such effect has done to its base: -1 it has left it, 1 it has come into it."""
    spares_first_file: bool = False
    is_apart: bool = False
    """Whether those counted are not of the base: who comes was not there."""
    also: tuple[ChangeKind, ...] = ()
    """Kinds that come to the same."""


MEASURES: Final[tuple[Measure, ...]] = (
    Measure(
        *("leavers", ChangeKind.DEACTIVATED, Base.PEOPLE, "would leave"),
        by_department=True,
        drift=-1,
        also=(ChangeKind.REMOVED,),
    ),
    Measure(
        "reactivations",
        ChangeKind.REACTIVATED,
        Base.PEOPLE,
        "would come back",
        by_department=True,
        drift=1,
        is_apart=True,
    ),
    Measure("emails_changed", ChangeKind.EMAIL_CHANGED, Base.PEOPLE, "would get another address", by_department=True),
    Measure("managers_changed", ChangeKind.MANAGER_CHANGED, Base.PEOPLE, "would get another manager"),
    Measure(
        *("licenses_revoked", ChangeKind.LICENSE_REVOKED, Base.LICENSES, "would be revoked", "pool"),
        by_department=True,
        drift=-1,
    ),
    Measure("group_removals", ChangeKind.GROUP_LEFT, Base.MEMBERSHIPS, "would end", GROUP, drift=-1),
    Measure(
        *("assignments_closed", ChangeKind.ASSIGNMENT_CLOSED, Base.ASSIGNMENTS, "would be closed"),
        by_department=True,
        drift=-1,
    ),
    Measure(
        *("values_cleared", ChangeKind.VALUE_CLEARED, Base.VALUES, "would be cleared", "attribute"),
        has_total=False,
        drift=-1,
    ),
    Measure(
        *("values_changed", ChangeKind.VALUE_CHANGED, Base.VALUES, "would be rewritten", "attribute"),
        has_total=False,
        spares_first_file=True,
    ),
    Measure(
        *("joiners", ChangeKind.CREATED, Base.EVERYBODY, "would join"),
        drift=1,
        is_apart=True,
        spares_first_file=True,
        also=(ChangeKind.RESTORED,),
    ),
)
# Whom an undo removes is gone like a leaver, whom it brings back is there like a joiner.
_COUNTED_TOO: Final = {ChangeKind.REMOVED.value: "leavers", ChangeKind.RESTORED.value: "joiners"}
BY_CODE: Final = {measure.code: measure for measure in MEASURES}
_CODES: Final = {kind.value: measure.code for measure in MEASURES for kind in (measure.kind, *measure.also)}
SPARED_IN_FIRST_FILE: Final = frozenset(measure.code for measure in MEASURES if measure.spares_first_file)


def no_effects() -> pl.DataFrame:
    return pl.DataFrame(schema=EFFECTS)


def count_effects(changes: pl.DataFrame, directory: Directory) -> pl.DataFrame:
    """Return `EFFECTS` of a plan (`PLAN_SCHEMA`), in one walk over its lines; only where there are any."""
    # Lines are counted by their kind as it stands: to rename millions of them first would be dearer than to count.
    lines = changes.lazy().filter(pl.col("kind").is_in(list(_CODES)) & _takes_a_manager())
    by_part = _coded(lines.group_by("kind", "target").agg(pl.len()))
    totals = by_part.filter(_is_in(m.code for m in MEASURES if m.has_total)).group_by("code").agg(pl.sum("count"))
    parts = {measure.code: measure.part for measure in MEASURES if measure.part}
    named = by_part.filter(_is_in(parts)).with_columns(
        target=pl.concat_str(pl.col("code").replace_strict(parts, default=""), "target", separator=":")
    )
    found = [totals.with_columns(target=pl.lit("")), named, _by_department(lines, directory)]
    return pl.concat([part.select(list(EFFECTS)) for part in found]).sort("code", "target")


def _coded(counted: pl.LazyFrame) -> pl.DataFrame:
    """Turn `kind`, `target`, `len` into `EFFECTS`; kinds that come to the same are added up."""
    coded = counted.select(
        "target",
        code=pl.col("kind").replace_strict(_CODES, return_dtype=pl.String),
        count=pl.col("len").cast(pl.Int64),
    )
    return coded.group_by("code", "target").agg(pl.sum("count")).collect()


def _takes_a_manager() -> pl.Expr:
    """Leave out first managers, and those who were waited for and have appeared."""
    first = pl.col("before").is_null() | pl.col("before").str.starts_with(_PENDING)
    return (pl.col("kind") != ChangeKind.MANAGER_CHANGED.value) | ~first


def _by_department(lines: pl.LazyFrame, directory: Directory) -> pl.DataFrame:
    """Count by the department in which people are before the plan."""
    kinds = [kind.value for measure in MEASURES if measure.by_department for kind in (measure.kind, *measure.also)]
    people = directory.learners.lazy().select("learner_id", "department_name").drop_nulls()
    counted = (
        lines.filter(pl.col("kind").is_in(kinds))
        .select("kind", "learner_id")
        .join(people, on="learner_id", how="inner")
        .group_by("kind", target="department_name")
        .agg(pl.len())
    )
    return _coded(counted).with_columns(target=in_part(DEPARTMENT, pl.col("target")))


def in_part(part: str, name: pl.Expr) -> pl.Expr:
    """Return targets as `EFFECTS` has them."""
    return pl.lit(f"{part}:") + name


def _is_in(codes: object) -> pl.Expr:
    return pl.col("code").is_in(list(codes))  # type: ignore[call-overload]
