"""Look-up tables, written in TOML or kept in a CSV file beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orgsync.client.mapping.problems import BadMapping
from orgsync.core.columns import fold_header
from orgsync.core.csvfile import read_csv
from orgsync.core.errors import UnreadableFile


@dataclass(frozen=True, slots=True)
class Lookups:
    """The tables of `[mapping.lookups]`; each is read when a rule first asks for it."""

    declared: Mapping[str, Any]
    base: Path
    _read: dict[str, dict[str, str]] = field(default_factory=dict)

    def table(self, named: Any, *, where: str) -> dict[str, str]:
        """Return lower-case key → value of a table given by name or written in place. Raise BadMapping otherwise."""
        if isinstance(named, Mapping):
            return _written(named, where)
        if named not in self.declared:
            known = ", ".join(self.declared) or "none"
            raise BadMapping(where, f"lookup: there is no [mapping.lookups.{named}]. Tables are: {known}.")
        if named not in self._read:
            self._read[named] = self._load(self.declared[named], f"mapping.lookups.{named}")
        return self._read[named]

    def _load(self, declared: Any, where: str) -> dict[str, str]:
        if not isinstance(declared, Mapping):
            raise BadMapping(
                where, 'a look-up table holds texts, or { file = "codes.csv", key = "Name", value = "Code" }.'
            )
        if "file" in declared and {"key", "value"} & declared.keys():
            return self._from_file(declared, where)
        return _written(declared, where)

    def _from_file(self, declared: Mapping[str, Any], where: str) -> dict[str, str]:
        if declared.keys() != {"file", "key", "value"}:
            raise BadMapping(where, "a look-up table from a file has file, key and value.")
        path = self.base / Path(str(declared["file"])).expanduser()
        try:
            raw = read_csv(path)
        except (OSError, UnreadableFile) as error:
            raise BadMapping(where, f"{path} cannot be read: {error}") from error
        places = {fold_header(header): place for place, header in enumerate(raw.headers)}
        keys, values = (_column(declared[end], places, path, where) for end in ("key", "value"))
        return _distinct(raw.rows.select(keys, values).iter_rows(), where)


def _column(header: object, places: Mapping[str, int], path: Path, where: str) -> str:
    place = places.get(fold_header(str(header)))
    if place is None:
        raise BadMapping(where, f"{path} has no column {header!r}.")
    return f"c{place}"


def _written(table: Mapping[str, Any], where: str) -> dict[str, str]:
    if not all(isinstance(value, (str, int)) for value in table.values()):
        raise BadMapping(where, "a look-up table holds texts.")
    return _distinct(((key, str(value)) for key, value in table.items()), where)


def _distinct(pairs: Any, where: str) -> dict[str, str]:
    """Return the pairs without blanks around them. Raise BadMapping when one key has two values."""
    table: dict[str, str] = {}
    for key, value in pairs:
        folded = key.strip().lower()
        if table.setdefault(folded, value.strip()) != value.strip():
            raise BadMapping(where, f"{key!r} stands there twice, with different values.")
    return table
