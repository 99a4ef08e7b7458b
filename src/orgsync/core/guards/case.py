"""What guards look at, and what they answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import polars as pl

from orgsync.core.directory import Directory
from orgsync.core.guards.bases import Whose, find_bases
from orgsync.core.guards.measures import count_effects, no_effects
from orgsync.core.model import Mode
from orgsync.core.plan import ChangeKind, Plan
from orgsync.core.rows import FileLayout

FILE: Final = "file"
UNDO: Final = "undo"
EDIT: Final = "edit"
SWEEP: Final = "sweep"
DAYS: Final = 7
"""Over how many days effects are added up."""


@dataclass(frozen=True, slots=True)
class HoldReason:
    """Why a job is held, as a value."""

    code: str
    message: str
    count: int = 0
    base: int = 0
    """What the count is measured against; 0 where there is no such thing."""
    details: tuple[str, ...] = ()
    """The departments, pools, groups, attributes, columns or row numbers meant, first ones first."""


@dataclass(frozen=True, slots=True)
class FeedHistory:
    """What the feed has done before; empty before its first applied file."""

    fields: tuple[str, ...] = ()
    """Of the last applied full file, as `rows` and `fill`."""
    rows: int | None = None
    fill: Mapping[str, float] = field(default_factory=dict)
    """Share of filled cells by field, 0 to 1."""
    has_applied: bool = False
    """Whether a file of the feed, in whatever mode, was applied."""
    week: pl.DataFrame = field(default_factory=no_effects)
    """`EFFECTS`: the sums of what was applied in the last `DAYS`, neither approved nor undone."""


@dataclass(frozen=True)
class Case:
    """Everything that guards look at."""

    plan: Plan
    layout: FileLayout
    issues: pl.DataFrame
    """All issues of the file, those of the plan included."""
    directory: Directory
    mode: Mode
    history: FeedHistory = field(default_factory=FeedHistory)
    fill: Mapping[str, float] = field(default_factory=dict)
    """Share of filled cells of this file by field, as `shape.fill_of` measures it."""
    job: str = FILE
    """The kind of job: `FILE`, `UNDO`, `EDIT` or `SWEEP`."""

    @property
    def rows(self) -> int:
        return self.plan.outcome.height

    @property
    def is_full_file(self) -> bool:
        return self.job == FILE and self.mode is Mode.FULL

    @property
    def is_first_file(self) -> bool:
        return self.job == FILE and not self.history.has_applied

    @property
    def adds_up(self) -> bool:
        """Whether what the feed did before is added: not to an undo, nor to what a person has just done."""
        return self.job in {FILE, SWEEP}

    @property
    def whose(self) -> str:
        """Say whose people are the base."""
        return " of this feed" if self.job == FILE else ""

    @cached_property
    def effects(self) -> pl.DataFrame:
        """`EFFECTS` of the plan."""
        return count_effects(self.plan.changes, self.directory)

    @cached_property
    def measured(self) -> pl.DataFrame:
        """`EFFECTS` of the plan with `base`, and with `past`: those of the days before."""
        whose = Whose(is_file=self.job == FILE, is_full=self.is_full_file, claims=self.plan.writes.claims)
        bases = find_bases(self.effects, self.directory, whose)
        week = self.history.week if self.adds_up else no_effects()
        past = week.select("code", "target", past="count")
        keys = ["code", "target"]
        found = self.effects.join(bases, on=keys, how="left").join(past, on=keys, how="left")
        return found.with_columns(pl.col("base", "past").fill_null(0))

    def lines(self, kind: ChangeKind) -> pl.DataFrame:
        return self.plan.changes.filter(pl.col("kind") == kind.value)
