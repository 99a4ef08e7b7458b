"""JSONata, the escape hatch: evaluated once for each distinct set of inputs, within bounds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from orgsync.client.extras import needed
from orgsync.client.mapping.problems import BadMapping
from orgsync.client.sources.celltext import cell_text

TIMEOUT: Final = 1_000
"""Milliseconds for one evaluation."""
DEPTH: Final = 200


@dataclass(frozen=True, slots=True)
class Expression:
    """A JSONata expression and the columns that it sees: header → name in the frame."""

    text: str
    inputs: Mapping[str, str]
    where: str

    def check(self) -> None:
        """Raise BadMapping when the text is no JSONata."""
        self._parsed()

    def evaluate(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return (`value`, `failed`) for every row, in order: the text, and whether the expression broke off."""
        names = list(self.inputs.values())
        distinct = rows.select(names).unique(maintain_order=True)
        expression = self._parsed()
        answers = [expression.answer(dict(zip(self.inputs, row, strict=True))) for row in distinct.iter_rows()]
        known = distinct.with_columns(
            value=pl.Series([value for value, _ in answers], dtype=pl.String),
            failed=pl.Series([failed for _, failed in answers], dtype=pl.Boolean),
        )
        return rows.select(names).join(known, on=names, how="left", maintain_order="left").select("value", "failed")

    def _parsed(self) -> "_Bounded":
        jsonata = needed("jsonata", extra="map")
        try:
            return _Bounded(jsonata.Jsonata(self.text), jsonata)
        except jsonata.JException as error:
            raise BadMapping(self.where, f"jsonata cannot be read: {error}") from error


class _Bounded:
    """A parsed expression that gives up by itself: each evaluation has its own time, and its depth is limited."""

    def __init__(self, parsed: Any, jsonata: Any) -> None:
        self._parsed = parsed
        self._box = jsonata.Timebox(parsed.environment, TIMEOUT, DEPTH)
        # The expression is somebody's program: whatever it raises is a finding of its row and stops no other one.
        self._faults = (
            *(jsonata.JException, ArithmeticError, AttributeError, LookupError),
            *(RecursionError, TypeError, ValueError),
        )

    def answer(self, record: dict[str, Any]) -> tuple[str, bool]:
        """Return the answer as text, and whether the expression broke off."""
        self._box.time, self._box.depth = self._box.current_milli_time(), 0
        try:
            return _as_cell(self._parsed.evaluate(record)), False
        except self._faults:
            return "", True


def _as_cell(answer: object) -> str:
    """Return an answer as text; a list as its entries with commas between, as group lists want it."""
    if isinstance(answer, Sequence) and not isinstance(answer, str):
        return ", ".join(map(cell_text, answer))
    return cell_text(answer).strip()
