"""Read an organization's audit log back, and say whether it holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from orgsync.server.audit.chain import Break, Entry, Head, find_break
from orgsync.server.audit.models import AuditEntry, AuditHead

_CHUNK: Final = 2_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look at a whole log found."""

    head: Head
    broken: Break | None

    @property
    def kept(self) -> int:
        """Number of entries that the log should hold."""
        return self.head.number - self.head.kept_from + 1


def verify_log(organization_id: int, *, anchor: tuple[int, bytes] | None = None) -> Verdict:
    """
    Recompute an organization's whole chain and return the first break, if there is one.

    `anchor` is an entry's number with the hash that it had when somebody wrote it down elsewhere: whoever owns the
    database could rewrite the whole chain, but not that note.
    """
    with transaction.atomic():
        # A share lock on the head: nothing is appended or trimmed between the two reads.
        found = AuditHead.objects.select_for_update().filter(organization_id=organization_id).first()
        head = Head() if found is None else head_of(found)
        anchored = _Anchor(anchor)
        broken = find_break(anchored.watch(_entries(organization_id)), head)
    return Verdict(head, broken or anchored.broken(head))


def head_of(row: AuditHead) -> Head:
    return Head(row.number, bytes(row.hash), row.kept_from, bytes(row.kept_after))


def entry_of(row: AuditEntry) -> Entry:
    """Return a stored entry as the value that is hashed."""
    return Entry(
        row.organization_id,
        row.number,
        row.at,
        row.actor_kind,
        row.actor_id,
        row.action,
        row.ids,
        row.veiled,
        bytes(row.previous),
    )


def _entries(organization_id: int) -> Iterator[tuple[Entry, bytes]]:
    rows = AuditEntry.objects.filter(organization_id=organization_id).order_by("number")
    for row in rows.iterator(chunk_size=_CHUNK):
        yield entry_of(row), bytes(row.hash)


class _Anchor:
    """Watches a chain pass by and remembers whether the anchored entry was in it."""

    def __init__(self, anchor: tuple[int, bytes] | None) -> None:
        self._anchor = anchor
        self._seen: bytes | None = None

    def watch(self, entries: Iterator[tuple[Entry, bytes]]) -> Iterator[tuple[Entry, bytes]]:
        for entry, stored in entries:
            if self._anchor is not None and entry.number == self._anchor[0]:
                self._seen = stored
            yield entry, stored

    def broken(self, head: Head) -> Break | None:
        if self._anchor is None or self._anchor[0] < head.kept_from:
            return None
        number, digest = self._anchor
        if self._seen is None:
            return Break(number, f"Entry {number}, which was noted elsewhere, is missing.")
        if self._seen != digest:
            return Break(number, f"Entry {number} is not the one that was noted elsewhere.")
        return None
