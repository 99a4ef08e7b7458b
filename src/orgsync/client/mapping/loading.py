"""From the `[mapping]` table to a mapping."""

import tomllib
from collections.abc import Mapping as Table
from pathlib import Path
from typing import Any, Final

from orgsync.client.mapping.applying import Mapping
from orgsync.client.mapping.lookups import Lookups
from orgsync.client.mapping.problems import BadMapping
from orgsync.core.columns import fold_header
from orgsync.core.headerhints import hint_for
from orgsync.core.headers import is_known_header

KEYS: Final = ("columns", "keep", "keep_known", "lookups", "tests")


def load_mapping(table: Table[str, Any], *, base: Path) -> Mapping:
    """Return the mapping that the table describes; an empty table is one that changes nothing.

    Relative paths are meant from `base`. Raise BadMapping when the table cannot mean what it says; what only the
    source's headers can tell is said when it is applied.
    """
    for key in table:
        if key not in KEYS:
            raise BadMapping("mapping", f"{key} is not known here. Known are: {', '.join(KEYS)}.")
    rules = _table(table, "columns")
    for header in rules:
        _check_header(header)
    return Mapping(
        rules=dict(rules),
        keep=table.get("keep"),
        keeps_known=bool(table.get("keep_known", False)),
        lookups=Lookups(_table(table, "lookups"), base),
        tests=_read_tests(table.get("tests", []), base),
    )


def _table(table: Table[str, Any], key: str) -> Table[str, Any]:
    value = table.get(key, {})
    if not isinstance(value, Table):
        raise BadMapping(f"mapping.{key}", "has to be a table.")
    return value


def _check_header(header: str) -> None:
    if not is_known_header(header):
        raise BadMapping(f"mapping.columns.{header}", f"the file has no such column.{hint_for(fold_header(header))}")


def _read_tests(tests: Any, base: Path) -> tuple[dict[str, Any], ...]:
    """Return the test rows, written in place or in a TOML file of their own."""
    if isinstance(tests, str):
        path = base / Path(tests).expanduser()
        try:
            tests = tomllib.loads(path.read_text(encoding="utf-8")).get("tests", [])
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise BadMapping("mapping.tests", f"{path} cannot be read: {error}") from error
    if not isinstance(tests, list) or not all(isinstance(test, dict) for test in tests):
        raise BadMapping("mapping.tests", "has to be a list of tables, or the path of a TOML file that has one.")
    return tuple(tests)
