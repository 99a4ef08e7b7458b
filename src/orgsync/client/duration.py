"""Spans of time as a person writes them: 90, 90s, 30m, 2h."""

import re
from typing import Final

import click

_UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_WRITTEN: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd]?)")


class Duration(click.ParamType[float]):
    """Seconds as a float, from a number with or without s, m, h or d."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, (int, float)):
            return float(value)
        match = _WRITTEN.fullmatch(str(value).strip().lower())
        if match is None:
            self.fail(f"{value!r} is no duration; write 90s, 30m or 2h.", param, ctx)
        return float(match[1]) * _UNITS[match[2]]
