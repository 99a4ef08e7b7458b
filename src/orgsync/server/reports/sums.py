"""Which sums of activity a report reads: those of whole months, and those of the days before and after them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

_FROM_MONTHS: Final = """
    SELECT {columns} FROM learning_monthsum
     WHERE organization_id = %(organization)s AND month >= %(months_from)s AND month < %(months_to)s
"""
_FROM_DAYS: Final = """
    SELECT {columns} FROM learning_daysum
     WHERE organization_id = %(organization)s AND day >= %({part}_from)s AND day < %({part}_to)s
"""
ANYTHING: Final = "(seconds > 0 OR views > 0 OR starts > 0 OR completions > 0 OR likes > 0 OR shares > 0)"
"""Whether a sum says that somebody did anything: a like that was taken back leaves one of nothing."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Days of a report, taken apart; each part from its first day to before its second."""

    head: tuple[date, date]
    months: tuple[date, date]
    tail: tuple[date, date]

    def values(self) -> dict[str, date]:
        """Return the parameters of what `sums_sql` returns."""
        parts = {"head": self.head, "months": self.months, "tail": self.tail}
        sides = ("from", "to")
        return {f"{name}_{side}": part[place] for name, part in parts.items() for place, side in enumerate(sides)}


def parts_of(first: date, last: date, *, has_months: bool = True) -> Parts:
    """Return the whole months from `first` to `last`, and the days left on both sides; without months, days alone."""
    end = last + timedelta(days=1)
    months_from = first if first.day == 1 else month_after(first)
    months_to = end.replace(day=1)
    if not has_months or months_from >= months_to:
        return Parts((first, end), (end, end), (end, end))
    return Parts((first, months_from), (months_from, months_to), (months_to, end))


def month_after(day: date) -> date:
    """Return the first day of the next month."""
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


def sums_sql(parts: Parts, values: Sequence[str], *, only: str = "true", over: str = "") -> str:
    """
    Return a query for `learner_id`, `value0` … and, `over` weeks or months, the first day of each as `bucket`.

    There may be several rows of a learner. Weeks need parts without months.
    """
    columns = ["learner_id", *(f"{value} AS value{place}" for place, value in enumerate(values))]
    bucket = f"date_trunc('{over}', day::timestamp)::date AS bucket"
    from_months, from_days = ([*columns, "month AS bucket"], [*columns, bucket]) if over else (columns, columns)
    found = []
    if parts.months[0] < parts.months[1]:
        found.append(_FROM_MONTHS.format(columns=", ".join(from_months)))
    for name, (since, until) in (("head", parts.head), ("tail", parts.tail)):
        if since < until:
            found.append(_FROM_DAYS.format(columns=", ".join(from_days), part=name))
    return " UNION ALL ".join(f"{text} AND {only}" for text in found)
