"""What learning came to, before and after: the figures that an admin shows to their board."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from orgsync.server.orgs.access import People
from orgsync.server.orgs.models import Organization
from orgsync.server.reports.answers import amount, fetch, names_of
from orgsync.server.reports.measures import MEASURES
from orgsync.server.reports.questions import Question, Span, span_of
from orgsync.server.reports.series import Series, course_of, fitting
from orgsync.server.reports.sql import slices_statement

FIGURES: Final = tuple(MEASURES[name] for name in ("learners", "hours", "completions"))


@dataclass(frozen=True, slots=True)
class Standing:
    """What one period came to, for everybody or for one slice of them."""

    people: int = 0
    learners: float = 0
    hours: float = 0
    completions: float = 0

    @property
    def adoption(self) -> float:
        """Return the share of people who learned, in percent."""
        return 100 * self.learners / self.people if self.people else 0.0

    @property
    def hours_per_person(self) -> float:
        return self.hours / self.people if self.people else 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """One slice, in the period before and in the period itself."""

    key: str | None
    label: str
    before: Standing
    after: Standing

    @property
    def gain(self) -> float:
        """Return by how many percentage points adoption went up."""
        return self.after.adoption - self.before.adoption


@dataclass(frozen=True, slots=True)
class Story:
    before: Span
    after: Span
    whole: Line
    lines: tuple[Line, ...]
    """The largest slices first."""
    hours_before: Series
    """By week or month, for everybody together."""
    hours_after: Series

    @property
    def has_people_of_today(self) -> bool:
        """Return whether people of today stand in for those before."""
        return self.before.people_on is not None


def tell_story(organization: Organization, asked: Question, people: People, *, now: datetime) -> Story:
    """Compare the days of the question with as many days before them, sliced alike.

    People are those of the last day of each period, so that somebody who moved counts where they were. Where nobody was
    in the directory then, it has begun since, and people of today stand in for those before.
    """
    after = span_of(organization, asked, now)
    before = after.before
    then = _by_slice(organization, asked, before, people)
    if not then:
        before = replace(before, people_on=before.today)
        then = _by_slice(organization, asked, before, people)
    found = (then, _by_slice(organization, asked, after, people))
    keys = {key: label for part in found for key, (label, _) in part.items()}
    lines = [
        Line(key, label, *(part.get(key, (label, Standing()))[1] for part in found)) for key, label in keys.items()
    ]
    lines.sort(key=lambda line: (-line.after.people, line.label))
    whole = Line("", "", *(_sum([standing for _, standing in part.values()]) for part in found))
    over = fitting(after)
    courses = (course_of(organization, "hours", over, span, people) for span in (before, after))
    return Story(before, after, whole, tuple(lines), *courses)


def _by_slice(
    organization: Organization, asked: Question, span: Span, people: People
) -> dict[str | None, tuple[str, Standing]]:
    """Return label and standing by slice, all figures by one statement."""
    rows = fetch(*slices_statement(organization.pk, asked, span, people, FIGURES))
    names = names_of(organization, asked.slice, [key for key, *_ in rows if key], people)
    return {
        key: (names.get(key or "", key or ""), Standing(int(people_), *map(amount, FIGURES, values)))
        for key, people_, *values in rows
    }


def _sum(standings: list[Standing]) -> Standing:
    return Standing(
        sum(one.people for one in standings),
        sum(one.learners for one in standings),
        sum(one.hours for one in standings),
        sum(one.completions for one in standings),
    )
