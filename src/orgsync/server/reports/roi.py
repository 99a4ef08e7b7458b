"""What learning came to, before and after: the figures that an admin shows to their board."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from orgsync.server.orgs.access import People
from orgsync.server.orgs.models import Organization
from orgsync.server.reports.answers import Slice, answer_span
from orgsync.server.reports.questions import WHOLE, Question, Span, span_of

MEASURES: Final = ("learners", "hours", "completions")


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


def tell_story(organization: Organization, asked: Question, people: People, *, now: datetime) -> Story:
    """Compare the days of the question with as many days before them, sliced alike.

    People are those of the last day of each period, so that somebody who moved counts where they were. Where nobody was
    in the directory then, it has begun since, and people of today stand in for those before.
    """
    after = span_of(organization, asked, now)
    before = after.before
    if not answer_span(organization, Question("people", WHOLE), before, people).people:
        before = replace(before, has_people_of_today=True)
    spans = (before, after)
    found = [_by_slice(organization, asked.slice, span, people) for span in spans]
    keys = {key: label for part in found for key, (label, _) in part.items()}
    lines = [
        Line(key, label, *(part.get(key, (label, Standing()))[1] for part in found)) for key, label in keys.items()
    ]
    lines.sort(key=lambda line: (-line.after.people, line.label))
    whole = Line("", "", *(_sum([standing for _, standing in part.values()]) for part in found))
    return Story(*spans, whole, tuple(lines))


def _by_slice(
    organization: Organization, slice_: str, span: Span, people: People
) -> dict[str | None, tuple[str, Standing]]:
    reports = {
        measure: {one.key: one for one in answer_span(organization, Question(measure, slice_), span, people).slices}
        for measure in MEASURES
    }
    return {key: (one.label, _standing(key, one, reports)) for key, one in reports["hours"].items()}


def _standing(key: str | None, one: Slice, reports: dict[str, dict[str | None, Slice]]) -> Standing:
    values = {measure: found[key].value if key in found else 0.0 for measure, found in reports.items()}
    return Standing(one.people, **values)


def _sum(standings: list[Standing]) -> Standing:
    return Standing(
        sum(one.people for one in standings),
        sum(one.learners for one in standings),
        sum(one.hours for one in standings),
        sum(one.completions for one in standings),
    )
