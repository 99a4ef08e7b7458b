"""Limits: when a count is too many, and whose word on that counts."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

import polars as pl

MANY: Final = 3
"""More than half of a base counts from this many on."""
Overrides = Mapping[str, Mapping[str, Any]]
"""Numbers by guard: {"leavers": {"number": 50, "percent": 10, "cap": 2000}}."""


@dataclass(frozen=True, slots=True)
class Limit:
    """When a count trips a guard.

    It does when it is more than `number` and more than `percent` of its base, or more than half of its base and
    at least `MANY`, or more than `cap`. The half cannot be tuned: no numbers switch a guard off.
    """

    number: int = 20
    percent: float = 5.0
    cap: int | None = 1_000

    def is_tripped(self, count: int, base: int) -> bool:
        return bool(self._trips(count, base))

    def trips(self, count: pl.Expr, base: pl.Expr) -> pl.Expr:
        """Return the same as an expression over frames of counts and bases."""
        trips: pl.Expr = self._trips(count, base)
        return trips

    def is_over(self, count: int, base: int) -> bool:
        """Say the same but for the half: where everything may well be new."""
        return bool(self._is_over(count, base))

    def _trips(self, count: Any, base: Any) -> Any:
        # Bars instead of words, so that numbers and expressions take the same way.
        return self._is_over(count, base) | ((count >= MANY) & (count * 2 > base))

    def _is_over(self, count: Any, base: Any) -> Any:
        over_share = (count > self.number) & (count * 100 > base * self.percent)
        return over_share if self.cap is None else over_share | (count > self.cap)


def merge_limits(defaults: Mapping[str, Limit], *layers: Overrides) -> dict[str, Limit]:
    """Return the limit of each guard: the defaults with each layer's numbers over those before it.

    Raises ValueError for a guard or a number that does not exist, because a misspelt guard would not guard.
    """
    limits = dict(defaults)
    known = {entry.name for entry in fields(Limit)}
    for layer in layers:
        for code, numbers in layer.items():
            if code not in limits or not numbers.keys() <= known:
                raise ValueError(f"There is no guard {code} with {', '.join(sorted(numbers))}.")
            under = limits[code]
            limits[code] = Limit(**{name: _checked(code, name, numbers, under) for name in known})
    return limits


def _checked(code: str, name: str, numbers: Mapping[str, Any], under: Limit) -> Any:
    value = numbers.get(name, getattr(under, name))
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    if not is_number and not (name == "cap" and value is None):
        raise ValueError(f"The guard {code} cannot have {name} {value!r}: give a number from 0.")
    return value
