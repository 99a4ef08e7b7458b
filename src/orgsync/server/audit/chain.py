"""The chain itself, as values: what an entry's hash covers, and what is wrong with a list of entries."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

Ids = Mapping[str, Any]
"""Ids, codes, counts and attribute names: numbers, text, truth values, and lists or mappings of these."""
TRIMMED: Final = "audit_trimmed"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it is hashed."""

    organization_id: int
    number: int
    at: datetime
    actor_kind: str
    actor_id: int | None
    action: str
    ids: Ids
    veiled: Mapping[str, str]
    previous: bytes

    def hash(self) -> bytes:
        """Return the SHA-256 of the entry's canonical JSON: sorted keys, no blanks, ASCII, times in UTC."""
        content = {
            "organization": self.organization_id,
            "number": self.number,
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "actor": [self.actor_kind, self.actor_id],
            "action": self.action,
            "ids": self.ids,
            "veiled": self.veiled,
            "previous": self.previous.hex(),
        }
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
        return hashlib.sha256(text.encode("ascii")).digest()


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain begins and ends."""

    number: int = 0
    hash: bytes = b""
    kept_from: int = 1
    kept_after: bytes = b""


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where a chain does not hold; `number` is the entry that is missing or wrong."""

    number: int
    why: str


def find_break(entries: Iterable[tuple[Entry, bytes]], head: Head) -> Break | None:
    """
    Return the first thing that is wrong with a chain, given its entries in order with their stored hashes.

    Reads each entry once. An entry missing at either end is found by the head; what the head says of the
    truncated start must be what the last trimming entry says.
    """
    number, previous = head.kept_from, head.kept_after
    left_by_retention: tuple[Any, Any] = (1, "")
    for entry, stored in entries:
        if wrong := _wrong_with(entry, stored, number, previous):
            return wrong
        if entry.action == TRIMMED:
            left_by_retention = (entry.ids.get("kept_from", 0), entry.ids.get("kept_after", ""))
        number, previous = number + 1, stored
    if number != head.number + 1:
        return Break(number, f"The log ends at {number - 1}, but its head says {head.number}.")
    if previous != head.hash:
        return Break(head.number, "The last entry is not the one that the head names.")
    if left_by_retention != (head.kept_from, head.kept_after.hex()):
        return Break(head.kept_from, "The beginning of the log is not the one that retention has left.")
    return None


def _wrong_with(entry: Entry, stored: bytes, number: int, previous: bytes) -> Break | None:
    if entry.number != number:
        return Break(number, f"Entry {number} is missing; the next one is {entry.number}.")
    if entry.previous != previous:
        return Break(number, f"Entry {number} does not follow the one before it.")
    if entry.hash() != stored:
        return Break(number, f"Entry {number} was changed: its hash does not fit.")
    return None
