"""Spans of time as a person writes them: 90, 90s, 30m, 2h."""

import re
from typing import Final

import click

_UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_WRITTEN: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd]?)")


def read_duration(value: object) -> float | None:
    """Return seconds, from a number with or without s, m, h or d; None when it is none."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    match = _WRITTEN.fullmatch(str(value).strip().lower())
    return float(match[1]) * _UNITS[match[2]] if match else None


class Duration(click.ParamType[float]):
    """Seconds as a float, from a number with or without s, m, h or d."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        seconds = read_duration(value)
        if seconds is None:
            self.fail(f"{value!r} is no duration; write 90s, 30m or 2h.", param, ctx)
        return seconds
