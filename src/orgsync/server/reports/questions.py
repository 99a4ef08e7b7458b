"""What a report asks: which measure, sliced by what, of which days."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final

from orgsync.core.columns import ATTRIBUTE_NAMES
from orgsync.server.orgs.models import Organization
from orgsync.server.orgs.zones import day_of, zone_named
from orgsync.server.reports.measures import MEASURES, Measure

GROUP: Final = "group"
MANAGER: Final = "manager"
WHOLE: Final = "whole"
"""Not sliced at all."""
NOT_SLICED_BY: Final = frozenset({"work_phone_number", "mobile_phone_number", "profile_description"})
ATTRIBUTES: Final = tuple(name for name in ATTRIBUTE_NAMES if name not in NOT_SLICED_BY)
LONGEST: Final = timedelta(days=3 * 366)
EARLIEST: Final = date(2000, 1, 1)
"""No report ends before: nobody learned here then, and the days before it are still days of the calendar."""


class Period(StrEnum):
    """How the days of a report move with the calendar."""

    LAST_30 = "last_30"
    LAST_90 = "last_90"
    LAST_365 = "last_365"
    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"
    CHOSEN = "chosen"


class Over(StrEnum):
    """What the days of a report are divided into, to see how its measure went over time."""

    NOTHING = ""
    WEEK = "week"
    """From Monday on."""
    MONTH = "month"


_DAYS: Final = {Period.LAST_30: 30, Period.LAST_90: 90, Period.LAST_365: 365}


@dataclass(frozen=True, slots=True)
class Question:
    """A report, as it is saved: it is asked anew each time."""

    measure: str = "hours"
    slice: str = "department_name"
    period: Period = Period.LAST_90
    since: date | None = None
    """First day, where the period is chosen."""
    until: date | None = None
    """Last day, where the period is chosen; also the day as of which people are looked at, if that is past."""
    over: Over = Over.NOTHING

    @property
    def measured(self) -> Measure:
        return MEASURES[self.measure]


@dataclass(frozen=True, slots=True)
class Span:
    """The days of a report in the organization's time zone, both included."""

    first: date
    last: date
    today: date
    zone_name: str
    people_on: date | None = None
    """As of which day people are taken, where that is not the last one."""

    @property
    def moment(self) -> datetime | None:
        """Return the end of the day as of which people are taken, where that is past. Else None: as they are now."""
        day = self.people_on or self.last
        return self._end_of(day) if day < self.today else None

    @property
    def start(self) -> datetime:
        return datetime.combine(self.first, time.min, zone_named(self.zone_name))

    @property
    def end(self) -> datetime:
        return self._end_of(self.last)

    @property
    def before(self) -> "Span":
        """Return as many days right before these."""
        length = self.last - self.first + timedelta(days=1)
        return Span(self.first - length, self.first - timedelta(days=1), self.today, self.zone_name)

    def part(self, first: date, last: date) -> "Span":
        """Return some of these days, with the people of all of them."""
        return Span(first, last, self.today, self.zone_name, people_on=self.people_on or self.last)

    def _end_of(self, day: date) -> datetime:
        return datetime.combine(day + timedelta(days=1), time.min, zone_named(self.zone_name))


def span_of(organization: Organization, asked: Question, now: datetime) -> Span:
    """Return the days that the question means today."""
    today = day_of(now, organization)
    first, last = _days_of(asked, today)
    return Span(max(first, last - LONGEST), last, today, organization.time_zone)


def _days_of(asked: Question, today: date) -> tuple[date, date]:
    if asked.period is Period.THIS_MONTH:
        return today.replace(day=1), today
    if asked.period is Period.LAST_MONTH:
        last = today.replace(day=1) - timedelta(days=1)
        return last.replace(day=1), last
    if asked.period is Period.CHOSEN:
        last = max(EARLIEST, min(asked.until or today, today))
        return min(asked.since or last - timedelta(days=89), last), last
    return today - timedelta(days=_DAYS[asked.period] - 1), today


def to_json(asked: Question) -> dict[str, Any]:
    """Return the question as it is stored."""
    days = {
        name: value.isoformat() if value else None for name, value in (("since", asked.since), ("until", asked.until))
    }
    return {
        "measure": asked.measure,
        "slice": asked.slice,
        "period": asked.period.value,
        "over": asked.over.value,
        **days,
    }


def from_json(stored: dict[str, Any]) -> Question:
    since, until = (date.fromisoformat(stored[name]) if stored[name] else None for name in ("since", "until"))
    # Reports that were kept before there were weeks and months have none.
    return Question(
        stored["measure"], stored["slice"], Period(stored["period"]), since, until, Over(stored.get("over", ""))
    )
