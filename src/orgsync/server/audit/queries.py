"""Read an organization's audit log: by time and action, as lines of JSON and CSV."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db.models import QuerySet

from orgsync.server.audit.actors import Actor
from orgsync.server.audit.models import AuditEntry

COLUMNS: Final = ("number", "at", "actor", "action", "ids", "veiled", "hash")
PAGE: Final = 50
_CHUNK: Final = 2_000


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries are meant; what is empty does not narrow."""

    action: str = ""
    actor: Actor | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class EntryPage:
    """Some entries, the newest first."""

    entries: Sequence[AuditEntry]
    older: int | None
    """Number of the entry behind which the next page begins; null on the last."""


def page_of_entries(organization_id: int, chosen: EntryFilter, *, older_than: int | None = None) -> EntryPage:
    """Return the page behind an entry, or the newest one."""
    found = entries_chosen(organization_id, chosen)
    if older_than is not None:
        found = found.filter(number__lt=older_than)
    entries = list(found.order_by("-number")[: PAGE + 1])
    return EntryPage(entries[:PAGE], entries[PAGE - 1].number if len(entries) > PAGE else None)


def chosen_entries(organization_id: int, chosen: EntryFilter) -> Iterator[AuditEntry]:
    """Yield the entries that a filter means, the oldest first."""
    yield from entries_chosen(organization_id, chosen).order_by("number").iterator(chunk_size=_CHUNK)


def last_entry(organization_id: int, action: str) -> AuditEntry | None:
    """Return the newest entry of an action."""
    return entries_chosen(organization_id, EntryFilter(action)).order_by("-number").first()


def entries_chosen(organization_id: int, chosen: EntryFilter) -> QuerySet[AuditEntry]:
    """Return the entries that a filter means, in no order."""
    found = AuditEntry.objects.filter(organization_id=organization_id)
    if chosen.action:
        found = found.filter(action=chosen.action)
    if chosen.actor is not None:
        found = found.filter(actor_kind=chosen.actor.kind.value, actor_id=chosen.actor.id)
    if chosen.since is not None:
        found = found.filter(at__gte=chosen.since)
    return found if chosen.until is None else found.filter(at__lt=chosen.until)


def find_entries(
    organization_id: int, *, since: datetime | None = None, action: str | None = None, last: int | None = None
) -> Iterator[AuditEntry]:
    """Yield entries, the oldest first; with `last`, only so many of the newest."""
    found = AuditEntry.objects.filter(organization_id=organization_id)
    if since is not None:
        found = found.filter(at__gte=since)
    if action is not None:
        found = found.filter(action=action)
    if last is not None:
        yield from reversed(found.order_by("-number")[:last])
        return
    yield from found.order_by("number").iterator(chunk_size=_CHUNK)


def entry_line(entry: AuditEntry) -> dict[str, Any]:
    """Return an entry as plain values under `COLUMNS`."""
    actor = entry.actor_kind if entry.actor_id is None else f"{entry.actor_kind} {entry.actor_id}"
    return {
        "number": entry.number,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": actor,
        "action": entry.action,
        "ids": entry.ids,
        "veiled": entry.veiled,
        "hash": bytes(entry.hash).hex(),
    }


def csv_lines(entries: Iterator[AuditEntry]) -> Iterator[str]:
    """Yield the lines of a CSV file, header first. It holds ids, codes and names of ours only: nothing to defuse."""
    yield _csv_line(COLUMNS)
    for entry in entries:
        line = entry_line(entry)
        yield _csv_line([json.dumps(value) if isinstance(value, dict) else value for value in line.values()])


def _csv_line(cells: Any) -> str:
    target = io.StringIO()
    csv.writer(target, lineterminator="").writerow(cells)
    return target.getvalue()
