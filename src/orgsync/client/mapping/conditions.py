"""Conditions of rules and filters: parsed once, then an expression over the rows of a source."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import reduce
from operator import and_, or_
from typing import Any, Final

import polars as pl

from orgsync.client.mapping.catalogue import TEST_NAMES
from orgsync.client.mapping.headers import SourceColumns
from orgsync.client.mapping.problems import BadMapping
from orgsync.client.mapping.steps import check_formats, check_pattern, date_cells
from orgsync.core.dates import iso_dates

_DETAILS: Final = ("column", "date", "ignore_case")
_COMBINED: Final = ("all", "any", "not")


def compiled(condition: Any, columns: SourceColumns, *, where: str) -> pl.Expr:
    """Return a condition as a Boolean expression that is never null; a list of conditions means all of them.

    Raise BadMapping for whatever cannot be meant.
    """
    if isinstance(condition, (list, tuple)):
        return _combined(condition, columns, where, and_)
    if not isinstance(condition, Mapping):
        raise BadMapping(where, 'a condition is a table such as { column = "Status", is = "Active" }.')
    combiner = [key for key in _COMBINED if key in condition]
    if combiner and len(condition) > 1:
        raise BadMapping(where, f"{combiner[0]} stands alone; put the rest into conditions inside it.")
    if combiner:
        return _combination(combiner[0], condition[combiner[0]], columns, where)
    return _test(condition, columns, where)


def _combination(name: str, inner: Any, columns: SourceColumns, where: str) -> pl.Expr:
    place = f"{where}.{name}"
    if name == "not":
        return ~compiled(inner, columns, where=place)
    if not isinstance(inner, (list, tuple)):
        raise BadMapping(place, "has to be a list of conditions.")
    return _combined(inner, columns, place, and_ if name == "all" else or_)


def _combined(
    conditions: Sequence[Any], columns: SourceColumns, where: str, combine: Callable[[pl.Expr, pl.Expr], pl.Expr]
) -> pl.Expr:
    if not conditions:
        raise BadMapping(where, "has no condition in it.")
    return reduce(combine, (compiled(one, columns, where=where) for one in conditions))


def _test(condition: Mapping[str, Any], columns: SourceColumns, where: str) -> pl.Expr:
    for key in condition:
        if key not in TEST_NAMES and key not in _DETAILS:
            raise BadMapping(where, f"{key} is no test. Tests are: {', '.join(TEST_NAMES)}.")
    if "column" not in condition:
        raise BadMapping(where, "a condition names its column.")
    tests = {key: value for key, value in condition.items() if key in TEST_NAMES}
    if not tests:
        raise BadMapping(where, f"a condition says what to test: one of {', '.join(TEST_NAMES)}.")
    cell = columns.cell(str(condition["column"]), where=where)
    folds = bool(condition.get("ignore_case", False))
    formats = check_formats(condition.get("date", ()), where=f"{where}.date")
    return reduce(and_, (_judge(name, value, cell, folds, formats, where) for name, value in tests.items()))


def _judge(name: str, value: Any, cell: pl.Expr, folds: bool, formats: Sequence[str], where: str) -> pl.Expr:  # noqa: FBT001, PLR0917
    if name == "blank":
        if not isinstance(value, bool):
            raise BadMapping(where, "blank is true or false.")
        return (cell == "") if value else (cell != "")
    if name in {"before", "after"}:
        return _dated(name, value, cell, formats, where)
    if name in {"one_of", "none_of"}:
        texts = _texts(name, value, where)
        found = _folded(cell, folds).is_in([text.lower() for text in texts] if folds else texts)
        return found if name == "one_of" else ~found
    return _text_test(name, _text(name, value, where), cell, folds, where)


def _text_test(name: str, text: str, cell: pl.Expr, folds: bool, where: str) -> pl.Expr:  # noqa: FBT001
    if name == "matches":
        return cell.str.contains(check_pattern(f"(?i){text}" if folds else text, where=where))
    cell, text = _folded(cell, folds), text.lower() if folds else text
    tests: dict[str, pl.Expr] = {
        "is": cell == text,
        "is_not": cell != text,
        "contains": cell.str.contains(text, literal=True),
        "starts_with": cell.str.starts_with(text),
        "ends_with": cell.str.ends_with(text),
    }
    return tests[name]


def _folded(cell: pl.Expr, folds: bool) -> pl.Expr:  # noqa: FBT001
    return cell.str.to_lowercase() if folds else cell


def _dated(name: str, value: Any, cell: pl.Expr, formats: Sequence[str], where: str) -> pl.Expr:
    """Compare days as ISO texts; a cell that is no date is neither before nor after."""
    day = date.today().isoformat() if value == "today" else str(value)  # noqa: DTZ011  the day at the desk of HR
    if iso_dates(pl.Series([day]))[0] is None:
        raise BadMapping(where, f"{name} is a date such as 2024-12-31, or today.")
    dates = date_cells(cell, formats)
    return ((dates < day) if name == "before" else (dates > day)).fill_null(value=False)


def _text(name: str, value: Any, where: str) -> str:
    if isinstance(value, (dict, list)) or value is None:
        raise BadMapping(where, f"{name} has to be a text.")
    return str(value).strip() if name != "matches" else str(value)


def _texts(name: str, value: Any, where: str) -> list[str]:
    if not isinstance(value, (list, tuple)):
        raise BadMapping(where, f"{name} has to be a list of texts.")
    return [re.sub(r"^\s+|\s+$", "", str(one)) for one in value]


def named_columns(condition: Any) -> Iterator[str]:
    """Yield the columns that a condition names; none for what is no condition."""
    if isinstance(condition, (list, tuple)):
        for one in condition:
            yield from named_columns(one)
    elif isinstance(condition, Mapping):
        if "column" in condition:
            yield str(condition["column"])
        for combiner in _COMBINED:
            yield from named_columns(condition.get(combiner))
