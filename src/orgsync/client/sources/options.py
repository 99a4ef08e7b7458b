"""Read the table of a source: every key is declared, and a wrong one is named with what was probably meant."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from orgsync.client.errors import BadUsage
from orgsync.client.secrets import read_secret


class OptionKind(StrEnum):
    """What the value of an option has to be; the text is for people."""

    TEXT = "text"
    ADDRESS = "address"
    PATH = "path"
    HIDDEN = "secret, or env:NAME, file:PATH, keyring:NAME"
    WHOLE = "whole number"
    FLAG = "true or false"
    TEXTS = "list of texts"
    TEXT_TABLE = "table of texts"
    TABLE = "table"


_TYPES: Final[dict[OptionKind, type | tuple[type, ...]]] = {
    OptionKind.WHOLE: int,
    OptionKind.FLAG: bool,
    OptionKind.TEXTS: (list, tuple),
    OptionKind.TEXT_TABLE: Mapping,
    OptionKind.TABLE: Mapping,
}


@dataclass(frozen=True, slots=True)
class Option:
    """One key of a source's table: the only place where its meaning stands."""

    name: str
    help: str
    kind: OptionKind = OptionKind.TEXT
    is_required: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()
    options: tuple["Option", ...] = ()
    """What a table of options may hold."""


@dataclass(frozen=True, slots=True)
class Options:
    """The checked values of a table; a getter gives the default when the key is not there."""

    where: str
    """Name of the table, for messages."""
    base: Path
    """Folder from which relative paths are meant."""
    declared: Mapping[str, Option]
    values: Mapping[str, Any] = field(repr=False)

    def has(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str) -> str:
        return str(self._get(name) or "")

    def whole(self, name: str) -> int:
        return int(self._get(name))

    def flag(self, name: str) -> bool:
        return bool(self._get(name))

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(self._get(name) or ())

    def text_table(self, name: str) -> dict[str, str]:
        return {key: as_text(value) for key, value in (self._get(name) or {}).items()}

    def path(self, name: str) -> Path | None:
        text = self.text(name)
        return self.base / Path(text).expanduser() if text else None

    def secret(self, name: str) -> str:
        """Return the secret that the value names; an empty text when the key is not there."""
        text = self.text(name)
        return read_secret(text, base=self.base, where=f"[{self.where}] {name}") if text else ""

    def table(self, name: str) -> "Options | None":
        """Return the options of a table inside this one, or None when it is not there."""
        if name not in self.values:
            return None
        inner = self.declared[name].options
        return read_options(self.values[name], inner, where=f"{self.where}.{name}", base=self.base)

    def wrong(self, name: str, problem: str) -> BadUsage:
        """Return the exception that says what is wrong with the value of a key."""
        return BadUsage(f"[{self.where}] {name}: {problem}")

    def _get(self, name: str) -> Any:
        return self.values.get(name, self.declared[name].default)


def read_options(table: Mapping[str, Any], declared: Sequence[Option], *, where: str, base: Path) -> Options:
    """Check a table against what is declared. Raise BadUsage, which names table and key, for a wrong one."""
    by_name = {option.name: option for option in declared}
    for name, value in table.items():
        if name not in by_name:
            raise BadUsage(f"[{where}] {name} is not known here.{_meant(name, by_name)}")
        _check(where, by_name[name], value)
    for option in declared:
        if option.is_required and option.name not in table:
            raise BadUsage(f"[{where}] {option.name} is missing: {option.help}")
    return Options(where, base, by_name, table)


def as_text(value: object) -> str:
    """Return a TOML value as text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _meant(name: str, known: Mapping[str, Option]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f" Did you mean {near[0]}?" if near else f" Known are: {', '.join(known)}."


def _check(where: str, option: Option, value: object) -> None:
    wanted = _TYPES.get(option.kind, str)
    is_wrong_number = option.kind is OptionKind.WHOLE and isinstance(value, bool)
    if not isinstance(value, wanted) or is_wrong_number:
        raise BadUsage(f"[{where}] {option.name} has to be a {option.kind.value}, not {value!r}.")
    if option.kind is OptionKind.TEXTS and not all(isinstance(entry, str) for entry in value):  # type: ignore[attr-defined]
        raise BadUsage(f"[{where}] {option.name} has to be a list of texts.")
    if option.choices and value not in option.choices:
        raise BadUsage(f"[{where}] {option.name} is {value!r}; it can be {', '.join(option.choices)}.")
