"""The way of a file, drawn on the server: boxes and arrows that wind from row to row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

_GAP: Final = 36
_ARROW: Final = 22
_PAD: Final = 2
_MARGIN: Final = 16
_LINE: Final = 20
_HEAD: Final = 28


@dataclass(frozen=True, slots=True)
class FlowStep:
    """One station: its name and a few short lines."""

    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text inside a box."""

    text: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Box:
    """A station where it stands; the arrow leads to the next one and is empty for the last."""

    x: int
    y: int
    name: Line
    lines: tuple[Line, ...]
    arrow: str


@dataclass(frozen=True, slots=True)
class Flow:
    """A drawing: lengths in its own units."""

    width: int
    height: int
    box_width: int
    box_height: int
    boxes: tuple[Box, ...]


def winding(steps: Sequence[FlowStep], *, columns: int, box_width: int) -> Flow:
    """Draw the stations in rows: the first from left to right, the next one back, and so on."""
    box_height = _HEAD + _MARGIN + _LINE * max(len(step.lines) for step in steps)
    rows = -(-len(steps) // columns)
    width = columns * (box_width + _GAP) - _GAP + 2 * _PAD
    height = rows * (box_height + _GAP) - _GAP + 2 * _PAD
    return Flow(width, height, box_width, box_height, tuple(_boxes(steps, columns, box_width, box_height)))


def _boxes(steps: Sequence[FlowStep], columns: int, width: int, height: int) -> Iterable[Box]:
    for number, step in enumerate(steps):
        row, place = divmod(number, columns)
        column = place if row % 2 == 0 else columns - 1 - place
        lines = tuple(Line(text, _MARGIN, _HEAD + 3 + _LINE * place) for place, text in enumerate(step.lines, 1))
        name = Line(f"{number + 1} · {step.name}", _MARGIN, _HEAD)
        arrow = "" if number + 1 == len(steps) else _arrow(row, width, height, turns=place + 1 == columns)
        yield Box(_PAD + column * (width + _GAP), _PAD + row * (height + _GAP), name, lines, arrow)


def _arrow(row: int, width: int, height: int, *, turns: bool) -> str:
    """Return the path from a box, whose corner is 0, to its neighbour: down at the end of a row."""
    away = (_GAP - _ARROW) // 2
    if turns:
        return f"M{width // 2} {height + away}v{_ARROW}m-7 -7l7 7l7 -7"
    if row % 2 == 0:
        return f"M{width + away} {height // 2}h{_ARROW}m-7 -7l7 7l-7 7"
    return f"M{-away} {height // 2}h{-_ARROW}m7 -7l-7 7l7 7"
