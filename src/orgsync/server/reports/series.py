"""How a measure went over time: by week or month, for the slices of a report."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from orgsync.server.orgs.access import People
from orgsync.server.orgs.models import Organization
from orgsync.server.reports.answers import Report, Slice, amount, fetch
from orgsync.server.reports.questions import WHOLE, Over, Question, Span
from orgsync.server.reports.sql import series_statement
from orgsync.server.reports.sums import month_after

WEEK: Final = timedelta(days=7)
HALF_A_YEAR: Final = timedelta(days=183)


@dataclass(frozen=True, slots=True)
class Bucket:
    """One week or month, both days included; at the edges as much of it as the report has."""

    first: date
    last: date
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One slice over time."""

    key: str | None
    label: str
    values: tuple[float, ...]
    """One for each bucket."""


@dataclass(frozen=True, slots=True)
class Series:
    over: Over
    buckets: tuple[Bucket, ...]
    lines: tuple[Line, ...]
    """In the order of the report."""


def series_of(organization: Organization, report: Report, people: People, *, most: int | None = None) -> Series:
    """
    Return the report over time, or the first slices of it: people as in the report, what they did when they did it.

    Values add up to those of the report, save for people who learned, who count in every week or month. One statement.
    """
    asked, span = report.asked, report.span
    slices = report.slices[:most]
    wanted = None if most is None else [one.key for one in slices]
    rows = fetch(*series_statement(organization.pk, asked, span, people, wanted=wanted))
    found = {(key, first): amount(asked.measured, value) for key, first, value in rows}
    starts = _starts(asked.over, span)
    lines = (Line(one.key, one.label, tuple(found.get((one.key, day), 0.0) for day in starts)) for one in slices)
    return Series(asked.over, buckets_of(asked.over, span), tuple(lines))


def course_of(organization: Organization, measure: str, over: Over, span: Span, people: People) -> Series:
    """Return how a measure went for everybody together. One statement."""
    asked = Question(measure, WHOLE, over=over)
    return series_of(organization, Report(asked, span, (Slice("", "", 0, 0.0),)), people)


def fitting(span: Span) -> Over:
    """Return weeks for up to half a year, else months."""
    return Over.WEEK if span.last - span.first < HALF_A_YEAR else Over.MONTH


def buckets_of(over: Over, span: Span) -> tuple[Bucket, ...]:
    """Return the weeks or months that the days touch, in order."""
    starts = _starts(over, span)
    ends = [day - timedelta(days=1) for day in (*starts[1:], _after(over, starts[-1]))]
    return tuple(
        Bucket(max(start, span.first), min(end, span.last), span.first <= start and end <= span.last)
        for start, end in zip(starts, ends, strict=True)
    )


def _starts(over: Over, span: Span) -> Sequence[date]:
    first = span.first
    starts = [first.replace(day=1) if over is Over.MONTH else first - timedelta(days=first.weekday())]
    while (day := _after(over, starts[-1])) <= span.last:
        starts.append(day)
    return starts


def _after(over: Over, start: date) -> date:
    return month_after(start) if over is Over.MONTH else start + WEEK
