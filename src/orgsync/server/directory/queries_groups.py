"""What pages ask about groups: the list, one group with its people and why they are in, and files of both."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

from django.db import connection
from django.db.backends.utils import CursorWrapper

from orgsync.core.grouprules.conditions import groups_of
from orgsync.core.grouprules.parsing import parse_rule
from orgsync.core.normalize import fold_key
from orgsync.server.directory.csvfiles import csv_file
from orgsync.server.directory.models import Group, Membership, Reason
from orgsync.server.directory.queries import COUNTED, PAGE_SIZE, people_in_order

LOOKED_AT: Final = 100
"""Memberships by which is told what fills a group."""

_SOME: Final = """
    (SELECT reasons FROM directory_membership AS membership
      WHERE membership.organization_id = named.organization_id AND membership.group_id = named.id LIMIT {most})
"""
_FILLED: Final = "coalesce((SELECT bit_or(reasons) FROM {some} AS few), 0)".replace(
    "{some}", _SOME.format(most=LOOKED_AT)
)
_SIZES: Final = """
    LEFT JOIN (SELECT group_id, count(*) AS members FROM directory_membership
                WHERE organization_id = %(organization)s GROUP BY group_id) AS sizes ON sizes.group_id = named.id
"""
_PAGE: Final = """
    WITH page AS (
        SELECT named.id, {key} AS place FROM directory_group AS named {sizes}
         WHERE {condition} {behind} ORDER BY place {direction}, named.id {direction} LIMIT %(size)s
    )
    SELECT named.id, named.name, named.is_rule, named.created_at,
           (SELECT count(*) FROM {some} AS few), {filled}
      FROM page JOIN directory_group AS named ON named.organization_id = %(organization)s AND named.id = page.id
     ORDER BY page.place {direction}, page.id {direction}
"""
_PLACE: Final = "SELECT {key} FROM directory_group AS named {sizes} WHERE {mine} AND named.id = %(at)s"
_MINE: Final = "named.organization_id = %(organization)s"
_COUNT: Final = "SELECT count(*) FROM directory_group AS named WHERE {condition}"
_ALL: Final = """
    SELECT named.name, named.is_rule, coalesce(sizes.members, 0), {filled}, named.created_at
      FROM directory_group AS named {sizes} WHERE {condition} ORDER BY named.name_key
"""
SORTS: Final = {"name": "named.name_key", "members": "coalesce(sizes.members, 0)", "new": "named.created_at"}
_KINDS: Final = {
    "rule": "named.is_rule",
    "file": f"NOT named.is_rule AND {_FILLED} & {Reason.FILE.value} > 0",
    "hand": f"NOT named.is_rule AND {_FILLED} & {Reason.HAND.value} > 0",
    "scim": f"NOT named.is_rule AND {_FILLED} & {Reason.SCIM.value} > 0",
    "empty": f"{_FILLED} = 0",
}
GROUP_COLUMNS: Final = ("group", "is_rule", "members", "filled_by", "created_at")
MEMBER_COLUMNS: Final = (
    *("primary_email_address", "unique_user_id", "preferred_first_name", "preferred_last_name"),
    *("worker_status", "reasons", "since"),
)


@dataclass(frozen=True, slots=True)
class GroupFilter:
    """Which groups are meant; what is empty does not narrow."""

    text: str = ""
    """Part of the name, whatever its case."""
    kind: str = ""
    """`rule`, `file`, `hand`, `scim`: what fills it, as its first hundred memberships tell; or `empty`."""
    only: Collection[int] | None = None
    """The groups that the asking admin may see; None: all."""


@dataclass(frozen=True, slots=True)
class GroupOrder:
    """By what groups are sorted: a key of `SORTS`."""

    key: str = "name"
    is_descending: bool = False


@dataclass(frozen=True, slots=True)
class ListedGroup:
    """One group of the list."""

    id: int
    name: str
    is_rule: bool
    created_at: datetime
    members: int
    """Up to `COUNTED`; one more stands for any number beyond."""
    filled_by: int
    """Mask of reasons, as its first hundred memberships tell."""

    @property
    def has_more(self) -> bool:
        return self.members > COUNTED


@dataclass(frozen=True, slots=True)
class GroupPage:
    """Some of the groups that are meant, in order; `after` and `before` are where the neighbouring pages start."""

    groups: Sequence[ListedGroup]
    count: int
    after: int | None = None
    before: int | None = None


def page_of_groups(
    organization_id: int,
    chosen: GroupFilter,
    order: GroupOrder,
    *,
    after: int | None = None,
    before: int | None = None,
    size: int = PAGE_SIZE,
) -> GroupPage:
    """Return the first page, or the one behind `after` or ahead of `before` (ids of groups); four statements at most.

    Members are counted exactly where groups are sorted by them, and up to `COUNTED` else.
    """
    condition, values = _condition(organization_id, chosen)
    key, is_back = SORTS[order.key], before is not None
    sizes = _SIZES if order.key == "members" else ""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT.format(condition=condition), values)
        (count,) = cursor.fetchone()
        at = before if is_back else after
        place = None if at is None else _place(cursor, key, sizes, values | {"at": at})
        is_back = is_back and place is not None
        falls = order.is_descending != is_back
        behind = f"AND ({key}, named.id) {'<' if falls else '>'} (%(place)s, %(at)s)" if place is not None else ""
        shape = {"key": key, "sizes": sizes, "condition": condition, "behind": behind, "filled": _FILLED}
        statement = _PAGE.format(**shape, direction="DESC" if falls else "ASC", some=_SOME.format(most=COUNTED + 1))
        more = {"at": at, "place": place, "size": size + 1}
        cursor.execute(statement, values | more)
        found = [ListedGroup(*line) for line in cursor.fetchall()]
    shown = found[:size][::-1] if is_back else found[:size]
    has_next, has_previous = (True, len(found) > size) if is_back else (len(found) > size, place is not None)
    return GroupPage(
        shown,
        count,
        after=shown[-1].id if shown and has_next else None,
        before=shown[0].id if shown and has_previous else None,
    )


def groups_by_id(organization_id: int, chosen: GroupFilter, *, after: int, size: int) -> list[ListedGroup]:
    """Return the next groups that are meant, by id: whatever comes or goes moves no other group's place."""
    condition, values = _condition(organization_id, chosen)
    shape = {"key": "named.id", "sizes": "", "condition": condition, "behind": "AND named.id > %(at)s"}
    some = _SOME.format(most=COUNTED + 1)
    with connection.cursor() as cursor:
        statement = _PAGE.format(**shape, filled=_FILLED, direction="ASC", some=some)
        cursor.execute(statement, values | {"at": after, "size": size})
        return [ListedGroup(*line) for line in cursor.fetchall()]


def _condition(organization_id: int, chosen: GroupFilter) -> tuple[str, dict[str, Any]]:
    values: dict[str, Any] = {"organization": organization_id}
    parts = [_MINE]
    if chosen.text.strip():
        parts.append("strpos(named.name_key, %(text)s) > 0")
        values["text"] = fold_key(chosen.text.strip())
    if chosen.kind:
        parts.append(f"({_KINDS[chosen.kind]})")
    if chosen.only is not None:
        parts.append("named.id = ANY (%(only)s)")
        values["only"] = sorted(chosen.only)
    return " AND ".join(parts), values


def _place(cursor: CursorWrapper, key: str, sizes: str, values: dict[str, Any]) -> Any:
    cursor.execute(_PLACE.format(key=key, sizes=sizes, mine=_MINE), values)
    found = cursor.fetchone()
    return None if found is None else found[0]


@dataclass(frozen=True, slots=True)
class Nesting:
    """Groups that a group's rule asks about, and groups whose rules ask about it."""

    inside: Sequence[Group]
    around: Sequence[Group]


def nesting_of(group: Group) -> Nesting:
    """Return how the group lies among others; by name."""
    rules = Group.objects.filter(organization_id=group.organization_id, is_rule=True).order_by("name_key")
    asked = {one.pk: groups_of(parse_rule(one.rule)) for one in rules}
    around = [one for one in rules if group.pk in asked[one.pk]]
    ids = [ref for ref in asked.get(group.pk, ()) if isinstance(ref, int)]
    inside = Group.objects.filter(organization_id=group.organization_id, id__in=ids).order_by("name_key")
    return Nesting(list(inside), around)


def memberships_of(group: Group, learner_ids: Collection[int]) -> dict[int, Membership]:
    """Return by learner why and since when they are in the group."""
    links = Membership.objects.filter(
        organization_id=group.organization_id, group_id=group.pk, learner_id__in=learner_ids
    )
    return {link.learner_id: link for link in links}


def reason_names(mask: int) -> str:
    """Return the reasons of a mask as files name them."""
    return " ".join(reason.name.lower() for reason in Reason if mask & reason and reason.name)


def groups_csv(organization_id: int, chosen: GroupFilter) -> Iterator[bytes]:
    """Yield the groups that are meant, with exact numbers of members."""
    condition, values = _condition(organization_id, chosen)
    with connection.cursor() as cursor:
        cursor.execute(_ALL.format(filled=_FILLED, sizes=_SIZES, condition=condition), values)
        found = cursor.fetchall()
    lines = ((name, is_rule, members, reason_names(mask), at) for name, is_rule, members, mask, at in found)
    yield from csv_file(GROUP_COLUMNS, lines)


def members_csv(group: Group) -> Iterator[bytes]:
    """Yield everybody in the group, with why and since when."""
    yield from csv_file(MEMBER_COLUMNS, _member_lines(group))


def _member_lines(group: Group) -> Iterator[Sequence[object]]:
    links = Membership.objects.filter(organization_id=group.organization_id, group_id=group.pk)
    pairs = links.values_list("learner_id", "reasons", "since").iterator(chunk_size=COUNTED)
    while some := list(islice(pairs, COUNTED)):
        people = {one.id: one for one in people_in_order(group.organization_id, [who for who, _, _ in some])}
        for who, mask, since in some:
            one = people[who]
            status = "active" if one.is_active else "inactive"
            names = (one.preferred_first_name, one.preferred_last_name)
            yield (one.primary_email_address, one.unique_user_id, *names, status, reason_names(mask), since)
