"""Ask the database: slices with their numbers, and the people behind one of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import connection, transaction
from django.utils.translation import gettext as _

from orgsync.server.directory.models import Group
from orgsync.server.directory.scope import learners_within
from orgsync.server.orgs.access import People
from orgsync.server.orgs.models import Organization
from orgsync.server.reports.measures import Measure
from orgsync.server.reports.questions import GROUP, MANAGER, Question, Span, span_of
from orgsync.server.reports.sql import people_statement, slices_statement

SHOWN: Final = 100
"""Slices of a page; a file has all."""
PAGE: Final = 50
_SECONDS: Final = 3_600
# A million people and their sums are joined in memory, and on as many cores as there are.
SET_MEMORY: Final = "SET LOCAL work_mem = '128MB'"


@dataclass(frozen=True, slots=True)
class Slice:
    """One line of a report."""

    key: str | None
    """The value, or the id of a group or manager; None where people have none."""
    label: str
    people: int
    value: float

    @property
    def per_person(self) -> float:
        return self.value / self.people if self.people else 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """The answer to a question."""

    asked: Question
    span: Span
    slices: tuple[Slice, ...]
    """The highest value first."""

    @property
    def total(self) -> float:
        return sum(one.value for one in self.slices)

    @property
    def people(self) -> int:
        return sum(one.people for one in self.slices)

    @property
    def has_series(self) -> bool:
        """Return whether it is asked over time, and its measure is of more than the last day."""
        return bool(self.asked.over) and self.asked.measured.in_period

    @property
    def adds_up(self) -> bool:
        """Return whether the lines add up: people may be in several groups."""
        return self.asked.slice != GROUP


@dataclass(frozen=True, slots=True)
class Counted:
    """One person of a slice, with what they add to it."""

    learner_id: int
    value: float
    raw: int
    """The value as it is stored, by which the next page is found."""
    name: str
    address: str


def answer(organization: Organization, asked: Question, people: People, *, now: datetime) -> Report:
    """Return the report over the people whom the asker may see. One statement, and one for names."""
    return answer_span(organization, asked, span_of(organization, asked, now), people)


def answer_span(organization: Organization, asked: Question, span: Span, people: People) -> Report:
    """Do what `answer` does for days that are already known."""
    rows = fetch(*slices_statement(organization.pk, asked, span, people, [asked.measured]))
    names = names_of(organization, asked.slice, [key for key, *_figures in rows if key], people)
    slices = tuple(
        Slice(key, names.get(key or "", key or ""), int(people_), amount(asked.measured, value))
        for key, people_, value in rows
    )
    return Report(asked, span, slices)


def people_of(
    organization: Organization,
    asked: Question,
    people: People,
    *,
    wanted: str | None,
    now: datetime,
    after: tuple[int, int] | None = None,
    limit: int | None = PAGE,
    days: tuple[date, date] | None = None,
) -> list[Counted]:
    """
    Return the people of one slice, those with the highest value first; a limit of None for everybody at once.

    With `days`, what they did on these days of the report, the last one included.
    """
    span = span_of(organization, asked, now)
    if days:
        span = span.part(*days)
    text, values = people_statement(organization.pk, asked, span, people, wanted=wanted, after=after, limit=limit)
    return [
        Counted(
            learner_id,
            amount(asked.measured, value),
            int(value),
            " ".join(part for part in (first, last) if part),
            address or "",
        )
        for learner_id, value, first, last, address in fetch(text, values)
    ]


def lines_of(report: Report) -> Iterator[tuple[str, int, float, float]]:
    """Yield each slice as label, people, value and value per person."""
    for one in report.slices:
        yield one.label, one.people, one.value, one.per_person


def amount(measure: Measure, value: Any) -> float:
    """Return what is stored as it is shown: seconds as hours."""
    return float(value) / _SECONDS if measure.is_hours else float(value)


def fetch(text: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a report's statement."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SET_MEMORY)
        cursor.execute(text, values)
        return list(cursor.fetchall())


def names_of(organization: Organization, slice_: str, keys: list[str], people: People) -> dict[str, str]:
    """Return what ids of groups and managers are called, managers only among the people; a value is its own name."""
    if slice_ == GROUP:
        named = Group.objects.filter(organization=organization, id__in=map(int, keys))
        return {str(group_id): name for group_id, name in named.values_list("id", "name")}
    if slice_ != MANAGER:
        return {}
    ids = [int(key) for key in keys if key.isdecimal()]
    found = {} if people.is_everybody else dict.fromkeys(keys, _("(a manager outside your groups)"))
    for learner_id, first, last, address in (
        learners_within(organization.pk, people)
        .filter(id__in=ids)
        .values_list("id", "preferred_first_name", "preferred_last_name", "primary_email_address")
    ):
        found[str(learner_id)] = " ".join(part for part in (first, last) if part) or address
    return found
