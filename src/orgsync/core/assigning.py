"""What an organization has assigned to whom, as values: the `current` side of planning assignments."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

import polars as pl

OPEN: Final = "open"
COMPLETED: Final = "completed"
CLOSED: Final = "closed"

STANDING: Final = pl.Schema(
    {
        "learner_id": pl.Int64,
        "assignment_id": pl.Int64,
        "state": pl.String,  # open, completed, closed; no line: it never reached the person
        "due_on": pl.String,  # ISO text; null without a due day
    }
)
"""Where people stand with assignments."""


class AudienceKind(StrEnum):
    """Whom an assignment reaches."""

    EVERYBODY = "everybody"
    GROUP = "group"
    PERSON = "person"
    ATTRIBUTE = "attribute"


class DueKind(StrEnum):
    """How the due day is found."""

    NEVER = "never"
    ON_DATE = "on_date"
    AFTER_START = "after_start"
    AFTER_REACHING = "after_reaching"


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom an assignment reaches: one kind, and what it takes to say whom."""

    kind: AudienceKind
    group_id: int | None = None
    learner_id: int | None = None
    attribute: str = ""
    value: str = ""

    def worded(self, groups: Mapping[int, str]) -> str:
        """Say in words whom; `groups` are the names of groups by id. A person is not named: the plan does that."""
        match self.kind:
            case AudienceKind.EVERYBODY:
                return "everybody"
            case AudienceKind.GROUP:
                return f"group {groups.get(self.group_id or 0, 'that is gone')}"
            case AudienceKind.PERSON:
                return "one person"
            case AudienceKind.ATTRIBUTE:
                return f"{self.attribute} = {self.value}"


@dataclass(frozen=True, slots=True)
class Due:
    """From which day on an assignment is overdue."""

    kind: DueKind = DueKind.NEVER
    on: date | None = None
    days: int = 0

    def day_for(self, start: pl.Expr, today: date) -> pl.Expr:
        """Return the last day in time (ISO text) of people whom it reaches today; `start` is their start date.

        Days after a start date that are over already are counted from today: nobody is overdue on arrival.
        """
        if self.kind is DueKind.NEVER:
            return pl.lit(None, dtype=pl.String)
        if self.kind is DueKind.ON_DATE:
            return pl.lit(None if self.on is None else self.on.isoformat(), dtype=pl.String)
        from_today = pl.lit((today + timedelta(days=self.days)).isoformat())
        if self.kind is DueKind.AFTER_REACHING:
            return from_today
        from_start = start.str.to_date(strict=False).dt.offset_by(f"{self.days}d").dt.to_string("%Y-%m-%d")
        return pl.when(from_start >= pl.lit(today.isoformat())).then(from_start).otherwise(from_today)


@dataclass(frozen=True, slots=True)
class Assignment:
    """Content that is assigned to an audience."""

    assignment_id: int
    title: str
    """Of the content."""
    audience: Audience
    due: Due = field(default_factory=Due)
    former_learner_id: int | None = None
    """The record for which it was made, where a merge gave it to another one."""

    def after(self, kept: Mapping[int, int], restored: Collection[int]) -> "Assignment":
        """Return it as it is when these records have merged (who goes → who stays), and these are back."""
        learner_id = self.audience.learner_id
        if self.former_learner_id in restored:
            learner_id = self.former_learner_id
        elif learner_id is not None:
            learner_id = kept.get(learner_id, learner_id)
        return replace(self, audience=replace(self.audience, learner_id=learner_id))


@dataclass(frozen=True, slots=True)
class AssignmentEdit:
    """What a job does to an assignment: lets it begin (again), or ends it."""

    assignment: Assignment
    begins: bool


@dataclass(frozen=True, slots=True)
class AssignmentBook:
    """The assignments in force, where people stand with them, and what the job that is planned does to some."""

    assignments: tuple[Assignment, ...] = ()
    standing: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=STANDING))
    """Of the people whom the directory holds, for every assignment in force or edited."""
    edits: tuple[AssignmentEdit, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.assignments and not self.edits

    @property
    def every(self) -> tuple[Assignment, ...]:
        """Those in force and those of the edits, each once: one that ends is both."""
        found = (*self.assignments, *(edit.assignment for edit in self.edits))
        return tuple({one.assignment_id: one for one in found}.values())

    @property
    def attributes(self) -> set[str]:
        """Names of the attributes by which anybody is reached."""
        return {one.audience.attribute for one in self.every if one.audience.kind is AudienceKind.ATTRIBUTE}
