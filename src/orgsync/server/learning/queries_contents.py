"""What pages ask about content: the list, one content with its parts and audience, and files of both."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from orgsync.core.normalize import fold_key
from orgsync.server.directory.csvfiles import csv_file
from orgsync.server.directory.models import Group
from orgsync.server.directory.queries import PAGE_SIZE
from orgsync.server.learning.models import Assignment, Audience, Content, ContentPart
from orgsync.server.learning.paging import cut

SORTS: Final = {"title": "title_key", "new": "created_at", "length": "seconds"}
CONTENT_COLUMNS: Final = (
    *("key", "kind", "title", "provider", "url", "description", "language", "level", "minutes", "skills", "parts"),
    *("audience", "open", "overdue", "completed", "archived_at"),
)
MOST_CHOICES: Final = 200
_COUNTS: Final = """
    SELECT content_id, count(*) FILTER (WHERE state = 'open'),
           count(*) FILTER (WHERE state = 'open' AND due_on < %(today)s), count(*) FILTER (WHERE state = 'completed')
      FROM learning_learnerassignment
     WHERE organization_id = %(organization)s AND content_id = ANY (%(contents)s)
     GROUP BY 1
"""
_SKILLS: Final = """
    SELECT skill, count(*) FROM learning_content, jsonb_array_elements_text(skills) AS skill
     WHERE organization_id = %s AND archived_at IS NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class ContentFilter:
    """Which content is meant; what is empty does not narrow."""

    text: str = ""
    """Part of title, provider or key, whatever its case."""
    kind: str = ""
    provider: str = ""
    skill: str = ""
    language: str = ""
    state: str = ""
    """Empty: what is offered; `assigned`: of that what is assigned; `archived`."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many people stand how with a content by assignments."""

    open: int = 0
    overdue: int = 0
    completed: int = 0


@dataclass(frozen=True, slots=True)
class ContentPage:
    """Some of the content that is meant, in order; `after` and `before` are where the neighbouring pages start."""

    lines: Sequence[tuple[Content, Counts]]
    count: int
    after: int | None = None
    before: int | None = None


def chosen_contents(organization_id: int, chosen: ContentFilter) -> QuerySet[Content]:
    """Return the content that is meant, in no order."""
    found = Content.objects.filter(organization_id=organization_id, archived_at__isnull=chosen.state != "archived")
    if chosen.text.strip():
        text = chosen.text.strip()
        of_title = Q(title_key__contains=fold_key(text))
        found = found.filter(of_title | Q(provider__icontains=text) | Q(key__icontains=text))
    for name in ("kind", "provider", "language"):
        if value := getattr(chosen, name):
            found = found.filter(**{name: value})
    if chosen.skill:
        found = found.filter(skills__contains=[chosen.skill])
    if chosen.state == "assigned":
        in_force = Assignment.objects.filter(
            organization_id=organization_id, content_id=OuterRef("id"), begun_at__isnull=False, ended_at=None
        )
        found = found.filter(Exists(in_force))
    return found


def page_of_contents(
    organization_id: int,
    chosen: ContentFilter,
    sort: str,
    *,
    today: date,
    after: int | None = None,
    before: int | None = None,
    size: int = PAGE_SIZE,
) -> ContentPage:
    """Return the first page, or the one behind `after` or ahead of `before` (ids).

    `sort` is a key of `SORTS`, or one with a minus before it.
    """
    found = chosen_contents(organization_id, chosen)
    count = found.count()
    column, is_back = SORTS[sort.removeprefix("-")], before is not None
    if column == "seconds":
        found = found.exclude(seconds=None)
    place = Content.objects.filter(organization_id=organization_id, id=(before if is_back else after) or 0).first()
    falls = sort.startswith("-") != is_back
    if place is not None and getattr(place, column) is not None:
        side, value = "lt" if falls else "gt", getattr(place, column)
        found = found.filter(Q(**{f"{column}__{side}": value}) | Q(**{column: value, f"id__{side}": place.pk}))
    sign = "-" if falls else ""
    lines = list(found.order_by(f"{sign}{column}", f"{sign}id")[: size + 1])
    page = cut(lines, size, lambda one: one.pk, is_back=is_back, is_first=place is None)
    counts = counts_of(organization_id, [one.pk for one in page.rows], today=today)
    shown = [(one, counts.get(one.pk, Counts())) for one in page.rows]
    return ContentPage(shown, count, after=page.after, before=page.before)


def counts_of(organization_id: int, content_ids: Sequence[int], *, today: date) -> dict[int, Counts]:
    """Return how many people stand how, by content."""
    asked: dict[str, Any] = {"organization": organization_id, "contents": list(content_ids), "today": today}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, asked)
        return {content: Counts(*counts) for content, *counts in cursor.fetchall()}


def choices_of(organization_id: int) -> dict[str, list[str]]:
    """Return the providers, languages and skills by which the list can be narrowed, the most frequent skills first."""
    mine = Content.objects.filter(organization_id=organization_id, archived_at=None)
    found = {
        name: list(mine.exclude(**{name: ""}).order_by(name).values_list(name, flat=True).distinct()[:MOST_CHOICES])
        for name in ("provider", "language")
    }
    with connection.cursor() as cursor:
        cursor.execute(_SKILLS, [organization_id, MOST_CHOICES])
        return {**found, "skill": sorted(skill for skill, _ in cursor.fetchall())}


def parts_of(content: Content) -> list[Content]:
    """Return of what a path or a collection consists, in order."""
    links = ContentPart.objects.filter(organization_id=content.organization_id, whole_id=content.pk)
    ids = list(links.order_by("position").values_list("part_id", flat=True))
    found = Content.objects.filter(organization_id=content.organization_id).in_bulk(ids)
    return [found[part] for part in ids if part in found]


def wholes_of(content: Content) -> list[Content]:
    """Return the paths and collections that the content is part of, by title."""
    links = ContentPart.objects.filter(organization_id=content.organization_id, part_id=content.pk)
    wholes = Content.objects.filter(organization_id=content.organization_id, id__in=links.values("whole_id"))
    return list(wholes.order_by("title_key"))


def audience_groups(content: Content) -> list[Group]:
    """Return the groups whose people see the content, by name; none: everybody does."""
    links = Audience.objects.filter(organization_id=content.organization_id, content_id=content.pk)
    groups = Group.objects.filter(organization_id=content.organization_id, id__in=links.values("group_id"))
    return list(groups.order_by("name_key"))


def contents_csv(organization_id: int, chosen: ContentFilter, *, today: date) -> Iterator[bytes]:
    """Yield the content that is meant, in the columns of an import and with how people stand."""
    found = list(chosen_contents(organization_id, chosen).order_by("title_key", "id"))
    counts = counts_of(organization_id, [one.pk for one in found], today=today)
    parts, audiences = _part_keys(organization_id), _audience_names(organization_id)
    yield from csv_file(CONTENT_COLUMNS, (_line(one, counts, parts, audiences) for one in found))


def _line(
    one: Content, counts: Mapping[int, Counts], parts: Mapping[int, list[str]], audiences: Mapping[int, list[str]]
) -> tuple[object, ...]:
    minutes = None if one.seconds is None else one.seconds // 60
    said = (one.key, one.kind, one.title, one.provider, one.url, one.description, one.language, one.level, minutes)
    count = counts.get(one.pk, Counts())
    lists = ("; ".join(words) for words in (one.skills, parts.get(one.pk, []), audiences.get(one.pk, [])))
    return (*said, *lists, count.open, count.overdue, count.completed, one.archived_at)


def _part_keys(organization_id: int) -> dict[int, list[str]]:
    keys = dict(Content.objects.filter(organization_id=organization_id).values_list("id", "key"))
    found: dict[int, list[str]] = {}
    links: Any = ContentPart.objects.filter(organization_id=organization_id).order_by("whole_id", "position")
    for whole, part in links.values_list("whole_id", "part_id"):
        found.setdefault(whole, []).append(keys.get(part, ""))
    return found


def _audience_names(organization_id: int) -> dict[int, list[str]]:
    names = dict(Group.objects.filter(organization_id=organization_id).values_list("id", "name"))
    found: dict[int, list[str]] = {}
    for content, group in Audience.objects.filter(organization_id=organization_id).values_list(
        "content_id", "group_id"
    ):
        if group in names:
            found.setdefault(content, []).append(names[group])
    return found
