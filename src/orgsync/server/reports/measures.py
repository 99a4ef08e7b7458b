"""What can be measured: the one catalogue that query, form, page, files and reference read."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Kind(StrEnum):
    """Where the numbers of a measure come from."""

    PEOPLE = "people"
    """People themselves."""
    DAYS = "days"
    """The day sums of a period."""
    LEARNERS = "learners"
    """How many people have day sums in the period."""
    LICENSES = "licenses"
    ASSIGNMENTS = "assignments"


@dataclass(frozen=True, slots=True)
class Measure:
    key: str
    label: Promise
    help: Promise
    kind: Kind
    value: str = ""
    """SQL of what one row adds: of a day sum, or the condition for an assignment to count."""
    in_period: bool = True
    """Whether it is of a period; else it is of the last day."""

    @property
    def is_hours(self) -> bool:
        return self.key == "hours"


def _days(key: str, label: Promise, help_text: Promise, value: str) -> Measure:
    return Measure(key, label, help_text, Kind.DAYS, value)


def _assigned(key: str, label: Promise, help_text: Promise, condition: str, *, in_period: bool = False) -> Measure:
    return Measure(key, label, help_text, Kind.ASSIGNMENTS, condition, in_period)


MEASURES: Final = {
    measure.key: measure
    for measure in (
        Measure("people", _("People"), _("Active people on the last day."), Kind.PEOPLE, in_period=False),
        Measure("learners", _("People who learned"), _("People who did anything in the period."), Kind.LEARNERS),
        _days("hours", _("Hours of learning"), _("Time spent with content in the period."), "seconds"),
        _days(
            "completions",
            _("Completions"),
            _("Contents that people completed for the first time in the period."),
            "completions",
        ),
        _days("starts", _("Starts"), _("Contents that people began in the period."), "starts"),
        _days("views", _("Views"), _("How often content was opened in the period."), "views"),
        _days("likes", _("Likes"), _("Contents that people have liked since a day of the period."), "likes"),
        _days("shares", _("Shares"), _("How often people shared content in the period."), "shares"),
        Measure("licenses", _("Licenses used"), _("Active licenses on the last day."), Kind.LICENSES, in_period=False),
        _assigned(
            "assignments_open",
            _("Assignments open"),
            _("Assigned and not completed on the last day."),
            "given.until IS NULL OR given.until >= %(end)s",
        ),
        _assigned(
            "assignments_overdue",
            _("Assignments overdue"),
            _("Open on the last day, with a due day before it."),
            "(given.until IS NULL OR given.until >= %(end)s) AND given.due_on < %(last)s",
        ),
        _assigned(
            "assignments_completed",
            _("Assignments completed"),
            _("Assignments that were completed in the period."),
            "given.state = 'completed' AND given.until >= %(start)s AND given.until < %(end)s",
            in_period=True,
        ),
    )
}
