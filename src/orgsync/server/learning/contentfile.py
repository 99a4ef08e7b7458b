"""Content by CSV: read and checked row by row, shown first, then written as a set; the key says what is meant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from orgsync.core.normalize import fold_key
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record
from orgsync.server.directory.models import Group
from orgsync.server.learning.contents import PARTS_OF, stored, sum_up, write_parts
from orgsync.server.learning.contentvalues import ContentValues, problems_of, split_list
from orgsync.server.learning.csvlines import Line, read_lines, template_of
from orgsync.server.learning.models import Audience, Content, ContentKind, ContentPart
from orgsync.server.learning.statements import count_waiting
from orgsync.server.orgs.models import Account, Organization

COLUMNS: Final = {
    "key": "What the provider calls it: an id or an address. A row with a known key changes that content.",
    "kind": "course (also where empty), path or collection.",
    "title": "Its title.",
    "provider": "Whose it is.",
    "url": "The address of its page.",
    "description": "What it is about.",
    "language": "A language tag: en, de, pt-BR.",
    "level": "Beginner, Intermediate, Advanced, or a word of your own.",
    "minutes": "How long it takes.",
    "skills": "What one learns, separated by semicolons.",
    "parts": "Keys of what a path or a collection consists of, in order, separated by semicolons.",
    "audience": "Names of the groups whose people see it, separated by semicolons; empty: everybody.",
}
"""The columns of the file; all but the needed ones may be missing, and what is missing stays as it is."""
NEEDED: Final = frozenset({"key", "title"})
MOST_ROWS: Final = 10_000
_EXAMPLE: Final = {
    "key": "fire-safety",
    "kind": "course",
    "title": "Fire safety at work",
    "provider": "In-house",
    "url": "https://learn.example.com/fire-safety",
    "description": "What to do, and what not.",
    "language": "en",
    "level": "Beginner",
    "minutes": "25",
    "skills": "Safety; First aid",
}


@dataclass(frozen=True, slots=True)
class ContentRow:
    """One row: what it would do, or why it cannot be used."""

    number: int
    values: ContentValues
    parts: Sequence[str] | None
    """Keys; None where the file says nothing of them."""
    group_ids: Sequence[int] | None
    problems: Mapping[str, str] = field(default_factory=dict)
    """By column."""
    does: str = ""
    """`new`, `changed`, `unchanged`; empty for a row that cannot be used."""


@dataclass(frozen=True, slots=True)
class ContentFile:
    """A file as it would be applied now."""

    rows: Sequence[ContentRow]
    named: frozenset[str] = frozenset()
    """Columns that the file has."""
    unknown: Sequence[str] = ()
    """Headers that mean nothing."""
    fault: str = ""
    """Why nothing of it can be read."""

    def count(self, does: str) -> int:
        return sum(row.does == does for row in self.rows)

    @property
    def bad_rows(self) -> list[ContentRow]:
        return [row for row in self.rows if row.problems]


def template_csv() -> bytes:
    """Return a file with every column and one example."""
    return template_of(COLUMNS, _EXAMPLE)


def read_contents(organization: Organization, source: bytes, *, may_curate: bool) -> ContentFile:
    """Read and check a file against the content that there is; it changes nothing."""
    lines = read_lines(source, COLUMNS, needed=NEEDED, most=MOST_ROWS)
    rows = _Reader(organization, lines.rows, lines.named, may_curate=may_curate).rows() if lines.rows else ()
    return ContentFile(rows, lines.named, lines.unknown, lines.fault)


class _Reader:
    """Checks lines against each other and against what there is."""

    def __init__(
        self,
        organization: Organization,
        lines: Sequence[Line],
        named: frozenset[str],
        *,
        may_curate: bool,
    ) -> None:
        self.lines, self.named, self.may_curate = lines, named, may_curate
        mine: dict[str, Any] = {"organization_id": organization.pk}
        keys = {cells["key"] for _, cells in lines}
        asked = {part for _, cells in lines for part in split_list(cells.get("parts", ""))}
        self.known = {one.key: one for one in Content.objects.filter(**mine, key__in=keys | asked)}
        self.groups = dict(Group.objects.filter(**mine).values_list("name_key", "id"))
        ids = [one.pk for one in self.known.values()]
        self.parts, self.audiences = _parts_of(mine, ids), _audiences_of(mine, ids)
        self.kinds = {key: one.kind for key, one in self.known.items()}
        self.kinds |= {cells["key"]: self._kind(cells) for _, cells in lines}

    def rows(self) -> list[ContentRow]:
        seen: set[str] = set()
        rows = []
        for number, cells in self.lines:
            row = self._row(number, cells, is_again=cells["key"] in seen)
            seen.add(cells["key"])
            rows.append(row)
        return rows

    def _kind(self, cells: Mapping[str, str]) -> str:
        known = self.known.get(cells["key"])
        return cells.get("kind", "").casefold() or (known.kind if known else ContentKind.COURSE.value)

    def _row(self, number: int, cells: Mapping[str, str], *, is_again: bool) -> ContentRow:
        kind, known = self._kind(cells), self.known.get(cells["key"])
        problems: dict[str, str] = {}
        if kind not in ContentKind.values:
            problems["kind"], kind = "Write course, path or collection.", ContentKind.COURSE.value
        elif known is not None and known.kind != kind:
            problems["kind"] = f"There is a {known.kind} with this key: what kind it is stays."
        values = self._values(cells, ContentKind(kind), known, problems)
        problems |= {name: told for name, told in problems_of(values).items() if name not in problems}
        if not values.key:
            problems["key"] = "Give it a key: by it a later file finds it again."
        elif is_again:
            problems["key"] = "An earlier row has this key."
        parts, groups = self._of_parts(cells, kind, problems), self._of_audience(cells, problems)
        if not self.may_curate and (kind != ContentKind.COURSE or groups):
            problems["kind"] = "You may manage courses; paths, collections and audiences are for curators."
        does = "" if problems else self._does(known, values, parts, groups)
        return ContentRow(number, values, parts, groups, problems, does)

    def _values(
        self, cells: Mapping[str, str], kind: ContentKind, known: Content | None, problems: dict[str, str]
    ) -> ContentValues:
        """Return what the row says; what the file has no column for is as it was."""

        def said(name: str) -> str:
            return cells[name] if name in self.named else str(getattr(known, name, "") or "")

        minutes = None if known is None or known.seconds is None else known.seconds // 60
        if "minutes" in self.named:
            text = cells["minutes"]
            minutes = int(text) if text.isdecimal() and len(text) <= 9 else None
            if text and minutes is None:
                problems["minutes"] = "Write a whole number of minutes."
        skills = split_list(cells["skills"]) if "skills" in self.named else list(known.skills if known else ())
        texts = {name: said(name) for name in ("title", "provider", "url", "description", "language", "level")}
        return ContentValues(kind=kind, key=cells["key"], minutes=minutes, skills=skills, **texts)

    def _of_parts(self, cells: Mapping[str, str], kind: str, problems: dict[str, str]) -> list[str] | None:
        if "parts" not in self.named:
            return None
        parts = split_list(cells["parts"])
        allowed = PARTS_OF.get(ContentKind(kind), ())
        unknown = [part for part in parts if part not in self.kinds]
        if parts and not allowed:
            problems["parts"] = "A course has no parts."
        elif unknown:
            problems["parts"] = f"There is no content with the key {unknown[0]}."
        elif any(self.kinds[part] not in allowed for part in parts):
            problems["parts"] = "A path consists of courses, a collection of courses and paths."
        return parts

    def _of_audience(self, cells: Mapping[str, str], problems: dict[str, str]) -> list[int] | None:
        if "audience" not in self.named:
            return None
        names = split_list(cells["audience"])
        unknown = [name for name in names if fold_key(name) not in self.groups]
        if unknown:
            problems["audience"] = f"There is no group {unknown[0]}."
        return sorted(self.groups[fold_key(name)] for name in names if fold_key(name) in self.groups)

    def _does(
        self, known: Content | None, values: ContentValues, parts: Sequence[str] | None, groups: Sequence[int] | None
    ) -> str:
        if known is None:
            return "new"
        said = stored(values)
        if values.kind is ContentKind.PATH:
            said.pop("seconds")
        same = all(getattr(known, name) == value for name, value in said.items())
        same_parts = parts is None or list(parts) == self.parts.get(known.pk, [])
        same_groups = groups is None or list(groups) == self.audiences.get(known.pk, [])
        return "unchanged" if same and same_parts and same_groups else "changed"


def _parts_of(mine: dict[str, Any], ids: Sequence[int]) -> dict[int, list[str]]:
    links = list(ContentPart.objects.filter(**mine, whole_id__in=ids).order_by("whole_id", "position"))
    keys = dict(Content.objects.filter(**mine, id__in=[link.part_id for link in links]).values_list("id", "key"))
    found: dict[int, list[str]] = {}
    for link in links:
        found.setdefault(link.whole_id, []).append(keys.get(link.part_id, ""))
    return found


def _audiences_of(mine: dict[str, Any], ids: Sequence[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for link in Audience.objects.filter(**mine, content_id__in=ids).order_by("content_id", "group_id"):
        found.setdefault(link.content_id, []).append(link.group_id)
    return found


def apply_contents(organization: Organization, file: ContentFile, *, by: Account, now: datetime) -> int:
    """Write every row that can be used, in one transaction; return how many were new or changed.

    The number of statements does not grow with the number of rows.
    """
    rows = [row for row in file.rows if row.does in {"new", "changed"}]
    mine: dict[str, Any] = {"organization_id": organization.pk}
    fields = list(stored(ContentValues("")))
    with transaction.atomic():
        made = [
            Content(**mine, key=row.values.key, created_at=now, created_by=by, **stored(row.values)) for row in rows
        ]
        Content.objects.bulk_create(
            made, update_conflicts=True, unique_fields=["organization", "key"], update_fields=fields
        )
        asked = {row.values.key for row in rows} | {part for row in rows for part in row.parts or ()}
        ids = dict(Content.objects.filter(**mine, key__in=asked).values_list("key", "id"))
        parts = {
            ids[row.values.key]: [ids[key] for key in row.parts if key in ids] for row in rows if row.parts is not None
        }
        write_parts(organization, parts, now=now)
        wholes = ContentPart.objects.filter(**mine, part_id__in=[ids[row.values.key] for row in rows])
        sum_up(organization.pk, sorted(set(wholes.values_list("whole_id", flat=True))))
        _write_audiences(mine, {ids[row.values.key]: row.group_ids for row in rows if row.group_ids is not None})
        count_waiting(organization, [row.values.key for row in rows if row.does == "new"], now=now)
        if rows:
            record(organization.pk, Action.CONTENT_IMPORTED, {"count": len(rows)}, at=now)
    return len(rows)


def _write_audiences(mine: dict[str, Any], audiences: Mapping[int, Sequence[int]]) -> None:
    Audience.objects.filter(**mine, content_id__in=audiences).delete()
    Audience.objects.bulk_create(
        Audience(**mine, content_id=content, group_id=group)
        for content, groups in audiences.items()
        for group in groups
    )
