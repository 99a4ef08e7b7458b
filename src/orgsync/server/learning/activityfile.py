"""Activity by CSV: read and checked row by row, shown first, then recorded; the same row twice counts once."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Final

from orgsync.server.learning.csvlines import Line, read_lines, template_of
from orgsync.server.learning.models import Activity, Content, Source, Verb
from orgsync.server.learning.naming import people_named
from orgsync.server.learning.recording import Deed, record
from orgsync.server.orgs.models import Organization
from orgsync.server.orgs.zones import zone_named

COLUMNS: Final = {
    "person": "E-mail address or unique user ID.",
    "content": "The content's key.",
    "verb": "viewed, progressed, completed, liked, unliked or shared.",
    "at": "When: 2026-03-02 14:30, in the organization's time zone, or with an offset.",
    "minutes": "How long; may be missing.",
    "percent": "How far, 0 to 100; may be missing.",
    "id": "What tells the row from others; may be missing: then person, content, verb and time do.",
}
NEEDED: Final = frozenset({"person", "content", "verb", "at"})
MOST_ROWS: Final = 100_000
_EXAMPLE: Final = {
    "person": "ana@example.com",
    "content": "fire-safety",
    "verb": "completed",
    "at": "2026-03-02 14:30",
    "minutes": "25",
    "percent": "100",
}
_NAMES: Final = uuid.UUID("6f0cdb0e-9f63-5f63-8f0a-5d1f6d1f3a10")
"""Under which the ids of rows are made."""


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """One row: what it would record, or why it cannot be used."""

    number: int
    cells: Mapping[str, str]
    deed: Deed | None = None
    is_known: bool = False
    """Whether it has been recorded before."""
    problems: Mapping[str, str] = field(default_factory=dict)
    """By column."""


@dataclass(frozen=True, slots=True)
class ActivityFile:
    """A file as it would be recorded now."""

    rows: Sequence[ActivityRow]
    unknown: Sequence[str] = ()
    """Headers that mean nothing."""
    fault: str = ""
    """Why nothing of it can be read."""

    @property
    def bad_rows(self) -> list[ActivityRow]:
        return [row for row in self.rows if row.problems]

    @property
    def new_rows(self) -> list[ActivityRow]:
        return [row for row in self.rows if row.deed is not None and not row.is_known]

    @property
    def known_count(self) -> int:
        return sum(row.is_known for row in self.rows)


def activity_template() -> bytes:
    """Return a file with every column and one example."""
    return template_of(COLUMNS, _EXAMPLE)


def read_activity_file(organization: Organization, source: bytes, *, now: datetime) -> ActivityFile:
    """Read and check a file against people and content that there are; it changes nothing."""
    lines = read_lines(source, COLUMNS, needed=NEEDED, most=MOST_ROWS)
    rows = _marked(organization, _Reader(organization, lines.rows, now).rows()) if lines.rows else ()
    return ActivityFile(rows, lines.unknown, lines.fault)


def record_activity_file(organization: Organization, file: ActivityFile, *, now: datetime) -> int:
    """Record the rows that can be used; return how many were new."""
    deeds = [row.deed for row in file.new_rows if row.deed is not None]
    return len(record(organization, deeds, source=Source.FILE, now=now))


class _Reader:
    """Checks lines against the people and the content of an organization."""

    def __init__(self, organization: Organization, lines: Sequence[Line], now: datetime) -> None:
        self.lines, self.now, self.zone = lines, now, zone_named(organization.time_zone)
        self.people = people_named(organization.pk, {cells["person"] for _, cells in lines})
        contents = Content.objects.filter(organization=organization, key__in={cells["content"] for _, cells in lines})
        self.contents = dict(contents.values_list("key", "id"))

    def rows(self) -> list[ActivityRow]:
        return [self._row(number, cells) for number, cells in self.lines]

    def _row(self, number: int, cells: Mapping[str, str]) -> ActivityRow:
        learner_id = self.people.get(cells["person"])
        content_id, verb = self.contents.get(cells["content"]), cells["verb"].casefold()
        at = _moment(cells["at"], self.zone)
        minutes, percent = _number(cells.get("minutes", ""), 60 * 24 * 31), _number(cells.get("percent", ""), 100)
        checks = {
            "person": (learner_id is None, "Nobody has this address or unique user ID."),
            "content": (content_id is None, "No content has this key: import it first."),
            "verb": (verb not in Verb.values, f"Write one of {', '.join(Verb.values)}."),
            "at": (at is None or at > self.now, "Write a past time such as 2026-03-02 14:30."),
            "minutes": (minutes is None, "Write a whole number of minutes, a month at most."),
            "percent": (percent is None, "Write a whole number from 0 to 100."),
        }
        problems = {name: told for name, (is_wrong, told) in checks.items() if is_wrong}
        if problems or learner_id is None or content_id is None or at is None:
            return ActivityRow(number, cells, problems=problems)
        said = cells.get("id") or f"{learner_id}\n{content_id}\n{verb}\n{at.timestamp()}"
        how_far = percent if cells.get("percent") else None
        deed_id = uuid.uuid5(_NAMES, said)
        return ActivityRow(
            number, cells, Deed(learner_id, content_id, Verb(verb), at, deed_id, (minutes or 0) * 60, how_far)
        )


def _marked(organization: Organization, rows: list[ActivityRow]) -> list[ActivityRow]:
    """Mark what is recorded already, and what an earlier row says."""
    ids = [row.deed.id for row in rows if row.deed is not None]
    known = set(Activity.objects.filter(organization_id=organization.pk, id__in=ids).values_list("id", flat=True))
    marked = []
    for row in rows:
        is_known = row.deed is not None and row.deed.id in known
        marked.append(ActivityRow(row.number, row.cells, row.deed, is_known, row.problems))
        if row.deed is not None:
            known.add(row.deed.id)
    return marked


def _moment(text: str, zone: tzinfo) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _number(text: str, most: int) -> int | None:
    """Return a whole number, 0 where nothing is said; None for anything else, or more than the most."""
    if not text:
        return 0
    is_good = text.isascii() and text.isdecimal() and len(text) <= 9 and int(text) <= most
    return int(text) if is_good else None
