"""A Singer tap's messages (SCHEMA, RECORD, STATE, ACTIVATE_VERSION), one JSON object a line."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO

from orgsync.client.sources.base import NothingThere, Pulled, UnusableSource
from orgsync.client.sources.celltext import flattened
from orgsync.client.sources.csvout import write_records
from orgsync.client.sources.options import Options

STANDARD_INPUT = "-"


def open_singer(options: Options) -> "Singer":
    return Singer(options)


class Singer:
    """One stream of a tap. The tap has to write everybody: states are passed over, each pull starts anew."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._stream = options.text("stream")

    def pull(self, target: BinaryIO) -> Pulled:
        with self._lines() as lines:
            messages = Messages(lines, self._stream)
            records = list(messages.records())
        if not messages.streams:
            raise UnusableSource("The tap wrote no SCHEMA and no RECORD; did it fail?")
        rows, columns = write_records(target, records, first=messages.columns)
        return Pulled(rows, columns, f"Singer stream {messages.stream}", tuple(messages.notes()))

    @contextmanager
    def _lines(self) -> Iterator[Iterator[bytes]]:
        path = self._options.path("path")
        if path is None or path.name == STANDARD_INPUT:
            yield iter(sys.stdin.buffer)
            return
        try:
            with path.open("rb") as file:
                yield iter(file)
        except FileNotFoundError as error:
            raise NothingThere(f"No file is at {path}.") from error


class Messages:
    """Reads the messages of one stream; of records with the same key the last one counts."""

    def __init__(self, lines: Iterator[bytes], stream: str) -> None:
        self._lines = lines
        self._wanted = stream
        self._keys: tuple[str, ...] = ()
        self._versions: dict[Any, Any] = {}
        self.streams: dict[str, None] = {}
        self.columns: tuple[str, ...] = ()

    @property
    def stream(self) -> str:
        return self._wanted or next(iter(self.streams), "")

    def notes(self) -> Iterator[str]:
        others = [name for name in self.streams if name != self.stream]
        if others:
            yield f"Other streams were passed over: {', '.join(others)}."

    def records(self) -> Iterator[dict[str, Any]]:
        """Return the records that stand at the end, in the order in which each first appeared."""
        kept: dict[Any, tuple[Any, dict[str, Any]]] = {}
        newest: Any = None
        for number, message in self._messages():
            kind = message.get("type")
            if kind in {"SCHEMA", "RECORD", "ACTIVATE_VERSION"} and self._is_ours(message, number):
                if kind == "SCHEMA":
                    self._read_schema(message)
                elif kind == "ACTIVATE_VERSION":
                    newest = message.get("version")
                else:
                    record = self._record(message, number)
                    kept[self._key(record, number)] = (message.get("version"), record)
        # An activated version says that records of older ones are gone from the source.
        return (record for version, record in kept.values() if newest is None or version in {newest, None})

    def _messages(self) -> Iterator[tuple[int, dict[str, Any]]]:
        for number, line in enumerate(self._lines, 1):
            if not line.strip():
                continue
            try:
                message = json.loads(line)
            except ValueError as error:
                raise UnusableSource(
                    f"Line {number} of the tap's output is no JSON; what taps log belongs on stderr."
                ) from error
            if not isinstance(message, dict):
                raise UnusableSource(f"Line {number} of the tap's output is no Singer message.")
            yield number, message

    def _is_ours(self, message: Mapping[str, Any], number: int) -> bool:
        name = message.get("stream")
        if not isinstance(name, str):
            raise UnusableSource(f"Line {number} of the tap's output names no stream.")
        self.streams.setdefault(name)
        return name == self.stream

    def _read_schema(self, message: Mapping[str, Any]) -> None:
        properties = message.get("schema", {}).get("properties", {})
        self._keys = tuple(message.get("key_properties") or ())
        self.columns = tuple(_columns_of(properties, ""))

    def _record(self, message: Mapping[str, Any], number: int) -> dict[str, Any]:
        record = message.get("record")
        if not isinstance(record, dict):
            raise UnusableSource(f"Line {number} of the tap's output is a RECORD without one.")
        return flattened(record)

    def _key(self, record: Mapping[str, Any], number: int) -> Any:
        if not self._keys:
            return number
        return tuple(json.dumps(record.get(name), default=str) for name in self._keys)


def _columns_of(properties: Mapping[str, Any], prefix: str) -> Iterator[str]:
    """Yield the columns that a schema promises, inner objects as `flattened` names them."""
    for name, described in properties.items():
        inner = described.get("properties") if isinstance(described, Mapping) else None
        if isinstance(inner, Mapping) and inner:
            yield from _columns_of(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"
