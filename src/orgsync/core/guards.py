"""Guards: limits on the effects of a plan. What trips one is held for a person, never applied by itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

import polars as pl

from orgsync.core.directory import ACTIVE, Directory
from orgsync.core.issues import rows_with
from orgsync.core.model import Mode, Severity
from orgsync.core.plan import ChangeKind, Plan
from orgsync.core.rows import FileLayout

ADMIN_CHANGE: Final = "admin_change"
"""The reason on which only an owner decides."""


@dataclass(frozen=True, slots=True)
class Limit:
    """When a count trips a guard.

    It does when it is more than `number` and more than `percent` of its base, or more than half of its base and
    at least 3, or more than `cap`.
    """

    number: int = 20
    percent: float = 5.0
    cap: int | None = 1_000

    def is_tripped(self, count: int, base: int) -> bool:
        over_share = count > self.number and count * 100 > self.percent * base
        over_half = count >= 3 and count * 2 > base
        over_cap = self.cap is not None and count > self.cap
        return over_share or over_half or over_cap


@dataclass(frozen=True, slots=True)
class HoldReason:
    """Why a job is held, as a value."""

    code: str
    message: str
    count: int = 0
    base: int = 0
    """What the count is measured against; 0 where there is no such thing."""
    details: tuple[str, ...] = ()
    """The pools, columns or row numbers meant, first ones first."""


@dataclass(frozen=True, slots=True)
class FeedHistory:
    """What the last applied full file of the feed was like; empty before the first."""

    fields: tuple[str, ...] = ()
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that guards look at."""

    plan: Plan
    layout: FileLayout
    issues: pl.DataFrame
    """All issues of the file, those of the plan included."""
    directory: Directory
    mode: Mode
    history: FeedHistory = field(default_factory=FeedHistory)

    @property
    def rows(self) -> int:
        return self.plan.outcome.height

    def lines(self, kind: ChangeKind) -> pl.DataFrame:
        return self.plan.changes.filter(pl.col("kind") == kind.value)


Check = Callable[[Case, Limit], HoldReason | None]


def leavers(case: Case, limit: Limit) -> HoldReason | None:
    """More people leave than usual; base: active people whom the feed claims."""
    people = case.directory.learners
    base = people.filter(pl.col("is_claimed_here") & pl.col("is_active")).height
    count = case.lines(ChangeKind.DEACTIVATED).height
    text = f"{count:,} of {base:,} active people of this feed would leave."
    return HoldReason("leavers", text, count, base) if limit.is_tripped(count, base) else None


def licenses_revoked(case: Case, limit: Limit) -> HoldReason | None:
    """More licenses are taken away than usual, in all or from one pool; base: active licenses."""
    held = case.directory.licenses.filter(pl.col("state") == ACTIVE)
    revoked = case.lines(ChangeKind.LICENSE_REVOKED)
    count, base = revoked.height, held.height
    tripped = _pools_tripped(revoked, held, case.directory, limit)
    if not tripped and not limit.is_tripped(count, base):
        return None
    where = f" Pools: {', '.join(tripped)}." if tripped else ""
    return HoldReason(
        "licenses_revoked",
        f"{count:,} of {base:,} active licenses would be revoked.{where}",
        count,
        base,
        tuple(tripped),
    )


def rows_in_error(case: Case, limit: Limit) -> HoldReason | None:
    """Too many rows cannot be used; base: data rows."""
    count = rows_with(case.issues, Severity.ERROR).len()
    text = f"{count:,} of {case.rows:,} rows are in error."
    return HoldReason("rows_in_error", text, count, case.rows) if limit.is_tripped(count, case.rows) else None


def missing_column(case: Case, limit: Limit) -> HoldReason | None:  # noqa: ARG001  a column is there or not
    """A full file lacks a column that the last applied one had."""
    gone = tuple(name for name in case.history.fields if name not in case.layout.fields)
    if case.mode is not Mode.FULL or not gone:
        return None
    return HoldReason(
        "missing_column",
        f"The last file of this feed had {len(gone)} columns that this one lacks: {', '.join(gone)}.",
        len(gone),
        len(case.history.fields),
        gone,
    )


def row_count_drop(case: Case, limit: Limit) -> HoldReason | None:
    """A full file has many fewer rows than the last applied one; base: the rows it had."""
    if case.mode is not Mode.FULL or not case.history.rows:
        return None
    count, base = case.history.rows - case.rows, case.history.rows
    text = f"The file has {case.rows:,} rows, the last one had {base:,}: {count:,} fewer."
    return HoldReason("row_count_drop", text, count, base) if limit.is_tripped(count, base) else None


def unidentified_rows(case: Case, limit: Limit) -> HoldReason | None:  # noqa: ARG001  one such row is too many
    """A full file that makes leavers has rows that name nobody: one of them may be a leaver's row, damaged."""
    rows = case.plan.unidentified_rows
    if case.mode is not Mode.FULL or case.plan.leavers.is_empty() or not rows:
        return None
    shown = tuple(str(row) for row in rows[:20])
    more = ", …" if len(rows) > len(shown) else ""
    return HoldReason(
        "unidentified_rows",
        f"{len(rows):,} rows in error name nobody (rows {', '.join(shown)}{more}), and people would leave by absence.",
        len(rows),
        case.rows,
        shown,
    )


def admin_change(case: Case, limit: Limit) -> HoldReason | None:  # noqa: ARG001  always held
    """An admin's address, id, status or permissions would change, or somebody would get permissions."""
    admins = case.directory.learners.filter("is_admin").select("learner_id")
    kinds = (
        ChangeKind.EMAIL_CHANGED,
        ChangeKind.ID_CHANGED,
        ChangeKind.DEACTIVATED,
        ChangeKind.REACTIVATED,
    )
    touched = case.plan.changes.filter(pl.col("kind").is_in([kind.value for kind in kinds])).join(
        admins, on="learner_id", how="semi"
    )
    count = pl.concat([touched, case.lines(ChangeKind.PERMISSION_CHANGED)])["learner_id"].n_unique()
    text = f"{count:,} admins would change; an owner has to approve."
    return HoldReason(ADMIN_CHANGE, text, count, admins.height) if count else None


@dataclass(frozen=True, slots=True)
class Guard:
    """A kind of guard with its default limit."""

    code: str
    check: Check
    limit: Limit


GUARDS: Final[tuple[Guard, ...]] = (
    Guard("leavers", leavers, Limit()),
    Guard("licenses_revoked", licenses_revoked, Limit()),
    Guard("rows_in_error", rows_in_error, Limit(percent=10.0, cap=None)),
    Guard("missing_column", missing_column, Limit()),
    Guard("row_count_drop", row_count_drop, Limit(cap=None)),
    Guard("unidentified_rows", unidentified_rows, Limit()),
    Guard(ADMIN_CHANGE, admin_change, Limit()),
)


def limits_of(overrides: Mapping[str, Mapping[str, Any]]) -> dict[str, Limit]:
    """Return the limit of each guard: the defaults with an organization's or feed's numbers over them.

    Raises ValueError for a guard or a number that does not exist, because a misspelt guard would not guard.
    """
    limits = {guard.code: guard.limit for guard in GUARDS}
    known = {entry.name for entry in fields(Limit)}
    for code, numbers in overrides.items():
        if code not in limits or not numbers.keys() <= known:
            raise ValueError(f"There is no guard {code} with {', '.join(sorted(numbers))}.")
        default = limits[code]
        limits[code] = Limit(**{name: numbers.get(name, getattr(default, name)) for name in known})
    return limits


def reasons_to_hold(case: Case, overrides: Mapping[str, Mapping[str, Any]] | None = None) -> tuple[HoldReason, ...]:
    """Return every reason why a person should look at the plan before it is applied."""
    limits = limits_of(overrides or {})
    found = (guard.check(case, limits[guard.code]) for guard in GUARDS)
    return tuple(reason for reason in found if reason is not None)


def _pools_tripped(revoked: pl.DataFrame, held: pl.DataFrame, directory: Directory, limit: Limit) -> list[str]:
    named = directory.pools.select("pool_id", "pool_name")
    bases = held.join(named, on="pool_id").group_by("pool_name").agg(base=pl.len())
    counts = revoked.group_by(pool_name="target").agg(count=pl.len())
    both = counts.join(bases, on="pool_name").sort("pool_name")
    return [name for name, count, base in both.iter_rows() if limit.is_tripped(count, base)]
