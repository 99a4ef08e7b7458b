"""Small charts drawn on the server: geometry here, colours in the stylesheet, no script."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

STEP: Final = 10.0
HEIGHT: Final = 40.0
_BAR: Final = 7.0
_LEAST: Final = 2.0
"""So that one person beside five thousand can still be seen."""
_NOTHING: Final = 0.6


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of a row; lengths in units of the drawing."""

    day: date
    value: int
    x: float
    y: float
    height: float
    width: float = _BAR


@dataclass(frozen=True, slots=True)
class BarRow:
    """Bars of one kind of change, scaled to its own highest day."""

    kind: str
    label: str
    bars: tuple[Bar, ...]

    @property
    def total(self) -> int:
        return sum(bar.value for bar in self.bars)

    @property
    def highest(self) -> Bar:
        return max(self.bars, key=lambda bar: bar.value)

    @property
    def view_box(self) -> str:
        return f"0 0 {len(self.bars) * STEP:g} {HEIGHT:g}"


def bar_row(kind: str, label: str, values: Sequence[tuple[date, int]]) -> BarRow:
    """Draw one bar a day; a day of nothing is a thin line, and anything at all is higher than that."""
    top = max((value for _, value in values), default=0)
    return BarRow(kind, label, tuple(_bar(place, day, value, top) for place, (day, value) in enumerate(values)))


def _bar(place: int, day: date, value: int, top: int) -> Bar:
    height = max(_LEAST, HEIGHT * value / top) if value else _NOTHING
    return Bar(day, value, x=place * STEP + (STEP - _BAR) / 2, y=round(HEIGHT - height, 2), height=round(height, 2))
