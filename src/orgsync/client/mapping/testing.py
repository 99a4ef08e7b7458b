"""Run the test rows that are kept beside a mapping."""

from collections.abc import Iterator
from collections.abc import Mapping as Table
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from orgsync.client.mapping.applying import MappedRows, Mapping
from orgsync.client.mapping.conditions import named_columns as condition_columns
from orgsync.client.mapping.problems import BadMapping
from orgsync.client.mapping.rules import named_columns
from orgsync.core.rows import ROW_NUMBER, RawFile

KEYS: Final = ("name", "row", "expect", "left_out", "errors")


@dataclass(frozen=True, slots=True)
class TestRun:
    """One test: what was expected and was not so, one sentence each; none when it passed."""

    name: str
    differences: tuple[str, ...]


def run_tests(mapping: Mapping) -> list[TestRun]:
    """Map each test's row by itself and compare. Raise BadMapping when there are no tests, or one cannot be meant.

    `row` holds cells of the source; columns that it leaves out are blank. `expect` holds the columns of the file that
    matter, `left_out` says that the filter takes the row away, `errors` names columns whose rule cannot be followed.
    """
    if not mapping.tests:
        raise BadMapping("mapping.tests", "there are no tests; write [[mapping.tests]] with row and expect.")
    return [_run(mapping, test, place) for place, test in enumerate(mapping.tests, 1)]


def _run(mapping: Mapping, test: Table[str, Any], place: int) -> TestRun:
    where = f"mapping.tests[{place}]"
    for key in test:
        if key not in KEYS:
            raise BadMapping(where, f"{key} is nothing a test can say. It can say: {', '.join(KEYS)}.")
    row, expected = test.get("row"), test.get("expect", {})
    if not isinstance(row, Table) or not isinstance(expected, Table):
        raise BadMapping(where, "row and expect are tables of texts.")
    mapped = mapping.map_rows(_source(mapping, row))
    return TestRun(str(test.get("name", f"test {place}")), tuple(_differences(mapped, test, expected)))


def _source(mapping: Mapping, row: Table[str, Any]) -> RawFile:
    """Return a source of one row: the cells given, and a blank one for each other column that a rule names."""
    named = {name for rule in mapping.rules.values() for name in named_columns(rule)}
    named |= set(condition_columns(mapping.keep))
    headers = tuple(dict.fromkeys((*row, *sorted(named))))
    cells = {f"c{place}": [str(row.get(header, ""))] for place, header in enumerate(headers)}
    numbered = {ROW_NUMBER: pl.Series([2], dtype=pl.Int64), **cells}
    return RawFile(headers, pl.DataFrame(numbered))


def _differences(mapped: MappedRows, test: Table[str, Any], expected: Table[str, Any]) -> Iterator[str]:
    is_left_out = mapped.rows.is_empty()
    if bool(test.get("left_out", False)) != is_left_out:
        yield "the row is left out." if is_left_out else "the row is not left out."
        return
    if not is_left_out:
        yield from _cell_differences(mapped, expected)
    wanted, found = set(test.get("errors", ())), {finding.column for finding in mapped.result.findings}
    for column in sorted(wanted - found):
        yield f"{column}: the rule should not be followed, and is."
    for finding in mapped.result.findings:
        if finding.column not in wanted:
            yield f"{finding.column}: {finding.rule}: {finding.message}"


def _cell_differences(mapped: MappedRows, expected: Table[str, Any]) -> Iterator[str]:
    cells = mapped.rows.row(0, named=True)
    for column, value in expected.items():
        if column not in cells:
            yield f"{column}: the mapping makes no such column."
        elif cells[column] != str(value):
            yield f"{column}: expected {str(value)!r}, got {cells[column]!r}."
