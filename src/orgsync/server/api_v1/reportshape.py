"""Reports as the API shows them: lines, the people behind them, two periods beside each other."""

from typing import Any

from pydantic import Field

from orgsync.server.api_v1.shapes import Shape
from orgsync.server.reports.answers import Counted, Report
from orgsync.server.reports.models import SavedReport
from orgsync.server.reports.questions import Span
from orgsync.server.reports.roi import Line, Standing, Story


class LineShape(Shape):
    """One line of a report."""

    key: str | None = Field(description="The value, or the id of a group or manager; null: people without one.")
    label: str
    people: int
    value: float
    per_person: float


class DaysShape(Shape):
    """Days in the organization's time zone, both included."""

    first: str
    last: str
    time_zone: str


class ReportShape(Shape):
    """The answer to a report."""

    measure: str
    slice: str
    days: DaysShape
    people: int
    total: float
    adds_up: bool = Field(description="False where people may be in several lines.")
    lines: list[LineShape]


class CountedShape(Shape):
    """A person behind a line."""

    learner: int
    name: str
    primary_email_address: str
    value: float


class PeriodShape(Shape):
    """What a period came to."""

    people: int
    learners: float
    hours: float
    completions: float
    adoption: float = Field(description="People who learned, in percent.")
    hours_per_person: float


class StoryLine(Shape):
    """A slice in both periods."""

    key: str | None
    label: str
    before: PeriodShape
    after: PeriodShape
    gain: float = Field(description="Percentage points by which adoption went up.")


class StoryShape(Shape):
    """What learning came to, before and after."""

    before: DaysShape
    after: DaysShape
    whole: StoryLine
    lines: list[StoryLine]


class KeptReport(Shape):
    """A report that somebody keeps."""

    id: int
    name: str
    measure: str
    slice: str
    period: str
    since: str | None
    until: str | None
    is_shared: bool
    rhythm: str
    owner: str
    is_own: bool = Field(description="Of whoever made the token.")


def report_json(found: Report) -> dict[str, Any]:
    names = ("key", "label", "people", "value", "per_person")
    return {
        "measure": found.asked.measure,
        "slice": found.asked.slice,
        "days": _days(found.span),
        "people": found.people,
        "total": found.total,
        "adds_up": found.adds_up,
        "lines": [{name: getattr(one, name) for name in names} for one in found.slices],
    }


def counted_json(one: Counted) -> dict[str, Any]:
    return {"learner": one.learner_id, "name": one.name, "primary_email_address": one.address, "value": one.value}


def story_json(told: Story) -> dict[str, Any]:
    return {
        "before": _days(told.before),
        "after": _days(told.after),
        "whole": _line(told.whole),
        "lines": [_line(one) for one in told.lines],
    }


def kept_json(one: SavedReport, account_id: int) -> dict[str, Any]:
    asked = {name: one.question[name] for name in ("measure", "slice", "period", "since", "until")}
    facts = {"id": one.pk, "name": one.name, "is_shared": one.is_shared, "rhythm": one.rhythm}
    return facts | asked | {"owner": one.owner.email, "is_own": one.owner_id == account_id}


def _days(span: Span) -> dict[str, str]:
    return {"first": span.first.isoformat(), "last": span.last.isoformat(), "time_zone": span.zone_name}


def _line(one: Line) -> dict[str, Any]:
    sides = {"before": _standing(one.before), "after": _standing(one.after)}
    return {"key": one.key, "label": one.label, "gain": one.gain, **sides}


def _standing(one: Standing) -> dict[str, Any]:
    names = ("people", "learners", "hours", "completions", "adoption", "hours_per_person")
    return {name: getattr(one, name) for name in names}
