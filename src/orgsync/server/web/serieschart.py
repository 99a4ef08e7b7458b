"""Charts over time, drawn on the server: geometry here, colours in the stylesheet, words in HTML beside, no script.

Lines for several slices, columns for one, or where there are too few times for a line. The drawing is stretched to the
page's width; strokes are not, and everything that is read stands outside it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.formats import date_format

from orgsync.server.reports.questions import Over
from orgsync.server.reports.series import Bucket, Series

MOST: Final = 6
"""Slices of one chart; a table has all."""
SLOT: Final = 24.0
HEIGHT: Final = 100.0
PAIR_WIDTH: Final = 200.0
PAIR_ROOM: Final = 7.0
_FULL: Final = 0.72
"""How much of its slot the columns of one time take."""
_FEWEST: Final = 3
"""Times that make a line."""
_STEPS: Final = (1.0, 2.0, 4.0, 5.0, 8.0, 10.0)


@dataclass(frozen=True, slots=True)
class Row:
    """One slice, or one period, as it is drawn."""

    label: str
    values: tuple[float | None, ...]
    """One for each time; None where it has none."""


@dataclass(frozen=True, slots=True)
class Curve:
    place: int
    """From 1 on: the stylesheet gives it colour and dashes."""
    label: str
    points: str
    """Of an SVG polyline; empty where columns are drawn."""
    columns: tuple["Column", ...]


@dataclass(frozen=True, slots=True)
class Column:
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Slot:
    """One time: a field that tells its numbers when it is pointed at."""

    x: float
    label: str
    values: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    curves: tuple[Curve, ...]
    slots: tuple[Slot, ...]
    top: float

    @property
    def width(self) -> float:
        return SLOT * len(self.slots)

    @property
    def slot_width(self) -> float:
        return SLOT

    @property
    def ticks(self) -> tuple[float, float, float]:
        """Return what stands beside the drawing, from above."""
        return self.top, self.top / 2, 0.0

    @property
    def marks(self) -> tuple[str, ...]:
        """Return the first, the middle and the last time."""
        last = len(self.slots) - 1
        return tuple(self.slots[place].label for place in sorted({0, last // 2, last}))


def chart_of(series: Series, none: str, everybody: str) -> Chart:
    """Draw the first slices of a series; `none` names people without a value, `everybody` those who are not sliced."""
    rows = [Row(line.label or (none if line.key is None else everybody), line.values) for line in series.lines[:MOST]]
    return draw(rows, [time_label(bucket, series.over) for bucket in series.buckets])


def draw(rows: Sequence[Row], labels: Sequence[str], *, as_columns: bool = False) -> Chart:
    """Draw rows over the times that the labels name."""
    top = nice_top(max((value or 0.0 for row in rows for value in row.values), default=0.0))
    are_columns = as_columns or len(rows) == 1 or len(labels) < _FEWEST
    curves = tuple(
        Curve(
            place + 1,
            row.label,
            "" if are_columns else _points(row, top),
            _columns(rows, place, top) if are_columns else (),
        )
        for place, row in enumerate(rows)
    )
    slots = tuple(Slot(place * SLOT, label, _told(rows, place)) for place, label in enumerate(labels))
    return Chart(curves, slots, top)


def time_label(bucket: Bucket, over: Over) -> str:
    """Name a month, or the first day of a week."""
    return date_format(bucket.first, "M Y" if over is Over.MONTH else "j M Y")


def nice_top(value: float) -> float:
    """Return a round number that is not below the value; 1 for nothing at all."""
    if value <= 0:
        return 1.0
    scale = 10.0 ** math.floor(math.log10(value))
    return next(step * scale for step in _STEPS if step * scale >= value * (1 - 1e-9))


def before_and_after(before: Series, after: Series, names: tuple[str, str]) -> Chart:
    """Draw the first line of two series one after the other, each in its own columns."""
    (then,), (now,) = before.lines, after.lines
    rows = [
        Row(names[0], (*then.values, *[None] * len(now.values))),
        Row(names[1], (*[None] * len(then.values), *now.values)),
    ]
    return draw(
        rows, [time_label(one, series.over) for series in (before, after) for one in series.buckets], as_columns=True
    )


def between(share: float, top: float) -> float:
    """Return where a share stands on a line of `PAIR_WIDTH`, a dot's room left on both sides."""
    return round(PAIR_ROOM + (PAIR_WIDTH - 2 * PAIR_ROOM) * share / top, 1)


def _points(row: Row, top: float) -> str:
    return " ".join(
        f"{(place + 0.5) * SLOT:g},{_y(value, top):g}" for place, value in enumerate(row.values) if value is not None
    )


def _columns(rows: Sequence[Row], number: int, top: float) -> tuple[Column, ...]:
    """Return the columns of one row, beside those of the other rows that have the same time."""
    found = []
    for place, value in enumerate(rows[number].values):
        beside = [other for other, row in enumerate(rows) if row.values[place] is not None]
        if value is None:
            continue
        width = SLOT * _FULL / len(beside)
        x = place * SLOT + SLOT * (1 - _FULL) / 2 + beside.index(number) * width
        found.append(Column(round(x, 2), _y(value, top), round(width, 2), round(HEIGHT - _y(value, top), 2)))
    return tuple(found)


def _y(value: float, top: float) -> float:
    return round(HEIGHT - HEIGHT * value / top, 2)


def _told(rows: Sequence[Row], place: int) -> tuple[tuple[str, float], ...]:
    return tuple((row.label, value) for row in rows if (value := row.values[place]) is not None)
