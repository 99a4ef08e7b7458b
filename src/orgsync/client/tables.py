"""Tables of a TOML file, read with errors that name the file, the table and the key."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from orgsync.client.duration import read_duration
from orgsync.client.errors import BadConfig

_Value = TypeVar("_Value")


class Table(Mapping[str, Any]):
    """One table of a configuration file: a plain mapping that also answers by type.

    Each typed getter raises BadConfig when the value is of another kind, or when it is missing and no default is
    given (the default may be None). Call `done` when everything was asked for: it complains of keys that nobody knows.
    """

    def __init__(self, file: Path, name: str, values: Mapping[str, Any]) -> None:
        self.file = file
        self.name = name
        self._values = values
        self._asked: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        self._asked.add(key)
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def folder(self) -> Path:
        """The file's folder, from which relative paths in it are meant."""
        return self.file.parent

    def wrong(self, key: str, problem: str) -> BadConfig:
        """Return the exception that says what is wrong with the value of `key`."""
        return BadConfig(self.file, self.name, key, problem)

    def text(self, key: str, *default: _Value) -> str | _Value:
        """Return a text; blanks around it do not count, and an empty one is none."""
        found = self._take(key, str, "a text in quotes", *default)
        if isinstance(found, str) and key in self and not found.strip():
            raise self.wrong(key, "is empty")
        return found.strip() if isinstance(found, str) and key in self else found

    def flag(self, key: str, *, default: bool) -> bool:
        return bool(self._take(key, bool, "true or false", default))

    def whole(self, key: str, *default: _Value, least: int = 0) -> int | _Value:
        """Return a whole number from `least` on."""
        found: int | _Value = self._take(key, int, "a whole number", *default)
        if key in self and (isinstance(found, bool) or (isinstance(found, int) and found < least)):
            raise self.wrong(key, f"must be a whole number from {least} on")
        return found

    def choice(self, key: str, allowed: Sequence[str], *default: _Value) -> str | _Value:
        """Return one of the allowed words."""
        found = self.text(key, *default)
        if key in self and found not in allowed:
            raise self.wrong(key, f"is {found!r}; it can be {', '.join(allowed)}")
        return found

    def texts(self, key: str, *default: _Value) -> tuple[str, ...] | _Value:
        """Return a list of texts; a single text is a list of one."""
        if isinstance(self._values.get(key), str):
            return (str(self[key]),)
        what = 'a list of texts, as ["a", "b"]'
        found: list[Any] | _Value = self._take(key, list, what, *default)
        if not isinstance(found, list):
            return found
        if not all(isinstance(entry, str) for entry in found):
            raise self.wrong(key, f"must be {what}")
        return tuple(found)

    def path(self, key: str, *default: _Value) -> Path | _Value:
        """Return a path; a relative one starts at the file's folder, `~` is the home."""
        found = self.text(key, *default)
        return self.folder / Path(found).expanduser() if isinstance(found, str) else found

    def duration(self, key: str, default: float) -> float:
        """Return seconds, from a number or from a text such as 90s, 30m, 2h, 14d."""
        if key not in self:
            return default
        seconds = read_duration(self[key])
        if seconds is None:
            raise self.wrong(key, 'is no duration; write "90s", "30m", "2h" or "14d"')
        return seconds

    def day(self, key: str, *default: _Value) -> date | _Value:
        """Return a date, written 2027-01-31 with or without quotes."""
        if isinstance(self._values.get(key), str):
            try:
                return date.fromisoformat(str(self[key]))
            except ValueError as error:
                raise self.wrong(key, "is no date; write 2027-01-31") from error
        found: date | _Value = self._take(key, date, "a date, as 2027-01-31", *default)
        return found

    def table(self, key: str) -> "Table":
        """Return a table inside this one; an empty one when it is not there."""
        found = self._take(key, dict, f"a table, written [{self._inside(key)}]", {})
        return Table(self.file, self._inside(key), found)

    def tables(self, key: str) -> "list[Table]":
        """Return the tables of a list, written [[name.key]]; none when it is not there."""
        found = self._take(key, list, f"a list of tables, written [[{self._inside(key)}]]", [])
        if not all(isinstance(entry, dict) for entry in found):
            raise self.wrong(key, f"must be a list of tables, written [[{self._inside(key)}]]")
        return [Table(self.file, f"{self._inside(key)}[{place}]", entry) for place, entry in enumerate(found, 1)]

    def done(self) -> None:
        """Raise BadConfig when there is a key that nobody asked for; it is most likely misspelt."""
        for key in self._values:
            if key not in self._asked:
                near = difflib.get_close_matches(key, self._asked, 1)
                hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(self._asked)) or 'none'}"
                raise self.wrong(key, f"means nothing here; {hint}")

    def _inside(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else key

    def _take(self, key: str, kind: type[Any], what: str, *default: Any) -> Any:
        self._asked.add(key)
        if key not in self._values:
            if not default:
                raise self.wrong(key, f"is missing; it must be {what}")
            return default[0]
        value = self._values[key]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.wrong(key, f"must be {what}, not {value!r}")
        return value
