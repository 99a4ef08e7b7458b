"""Find people page by page, in directories of any size."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from orgsync.server.directory.criteria import Condition, Criteria, branches_of, condition_of
from orgsync.server.directory.models import (
    CustomAttribute,
    Feed,
    Group,
    Learner,
    LicenseAssignment,
    Membership,
    Pool,
)
from orgsync.server.directory.scope import groups_within
from orgsync.server.orgs.access import EVERYBODY, People

COUNTED: Final = 10_000
"""People are counted up to here; beyond, "more" is all that is said."""
RARE: Final = 30_000
"""People whom one way of fitting a search may find for them to be sorted as a whole."""
WALKED: Final = 20_000
"""People who are looked at for a page before it is sought in another way."""
PAGE_SIZE: Final = 50
SUGGESTED: Final = 200
"""Names of groups and departments that a filter suggests."""

SORT_COLUMNS: Final = {
    "name": ("last_name_key", "first_name_key", "id"),
    "email": ("email_key",),
    "change": ("changed_at", "id"),
}
"""What people can be sorted by: columns that an index holds in this order, and that nobody shares."""


@dataclass(frozen=True, slots=True)
class Order:
    """By what people are sorted: a key of `SORT_COLUMNS`."""

    key: str = "name"
    is_descending: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the people who are meant, in order. `after` and `before` name whom the neighbouring pages start at."""

    people: Sequence[Learner]
    count: int
    """How many are meant, up to `COUNTED`; one more stands for any number beyond."""
    after: int | None = None
    before: int | None = None

    @property
    def is_more(self) -> bool:
        """Whether more people are meant than are counted."""
        return self.count > COUNTED


NOBODY: Final = Page((), 0)

# Few people are found first and sorted then, so that no index is walked from end to end for a handful of them. The
# ways in which a word can fit are looked at one by one: together they would all be followed to their ends before the
# first person is known.
_FEW: Final = """
    WITH matching AS MATERIALIZED ({branches})
    SELECT (SELECT count(*) FROM matching),
           ARRAY(SELECT learner_id FROM matching
                  WHERE (SELECT count(*) FROM matching) <= {counted} {place}
                  ORDER BY {order} LIMIT {size})
"""
_FEW_BRANCH: Final = """
    (SELECT {columns}, learner.id AS learner_id FROM directory_learner AS learner WHERE {condition} LIMIT {most})
"""
# Of many people the next page is near along the index that has their order, nearly always.
_WALK: Final = """
    SELECT learner.id
      FROM (SELECT * FROM directory_learner
             WHERE organization_id = %s {place} ORDER BY {order} LIMIT {walked}) AS learner
     WHERE {condition}
     ORDER BY {order}
     LIMIT {size}
"""
_MANY: Final = "SELECT learner_id FROM ({branches}) AS page ORDER BY {order} LIMIT {size}"
# People who fit in a rare way may all stand at the end of the order: then they are sorted, not walked to.
_RARE_BRANCH: Final = """
    (SELECT * FROM (SELECT {columns}, learner.id AS learner_id FROM directory_learner AS learner
                     WHERE {condition} LIMIT {most}) AS rare
      WHERE true {place} ORDER BY {order} LIMIT {size})
"""
_SIZE: Final = """
    (SELECT count(*) FROM (SELECT FROM directory_learner AS learner WHERE {condition} LIMIT {most}) AS found)
"""
_MANY_BRANCH: Final = """
    (SELECT {columns}, learner.id AS learner_id FROM directory_learner AS learner
      WHERE {condition} {place} ORDER BY {order} LIMIT {size})
"""
# To compile a statement takes longer than it may run; and what a page needs is in memory, nearly always.
_PLAN_FOR_PAGES: Final = "SET LOCAL jit = off; SET LOCAL random_page_cost = 1.1"
_PLACE: Final = "SELECT {columns} FROM directory_learner WHERE organization_id = %s AND id = %s"
# The walk from one department to the next touches a page of the index for each, whatever the number of people.
_DEPARTMENTS: Final = """
    WITH RECURSIVE department (name) AS (
        (SELECT department_name FROM directory_learner
          WHERE organization_id = %(organization)s AND department_name IS NOT NULL
          ORDER BY department_name LIMIT 1)
        UNION ALL
        SELECT (SELECT department_name FROM directory_learner
                 WHERE organization_id = %(organization)s AND department_name > department.name
                 ORDER BY department_name LIMIT 1)
          FROM department
         WHERE department.name IS NOT NULL
    )
    SELECT name FROM department WHERE name IS NOT NULL LIMIT %(most)s
"""


def find_page(
    organization_id: int,
    criteria: Criteria,
    order: Order,
    *,
    after: int | None = None,
    before: int | None = None,
    size: int = PAGE_SIZE,
) -> Page:
    """Return the first page of the people who are meant, or the one behind `after` or ahead of `before` (ids).

    Somebody who is not there any more leads to the first page. The number of statements does not depend on the
    number of people.
    """
    wanted = _Wanted(organization_id, criteria, SORT_COLUMNS[order.key], size + 1)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_PLAN_FOR_PAGES)
        place = _place(cursor, wanted, after if before is None else before)
        is_back = before is not None and place is not None
        wanted = replace(wanted, place=place, is_descending=order.is_descending != is_back)
        count, ids = _few(cursor, wanted)
        if count > COUNTED:
            ids = _many(cursor, wanted)
    shown = ids[:size][::-1] if is_back else ids[:size]
    has_next, has_previous = (True, len(ids) > size) if is_back else (len(ids) > size, place is not None)
    return Page(
        people_in_order(organization_id, shown),
        count,
        after=shown[-1] if shown and has_next else None,
        before=shown[0] if shown and has_previous else None,
    )


def people_in_order(organization_id: int, ids: Sequence[int]) -> list[Learner]:
    """Return the learners of the ids, in their order; who is not there is left out."""
    found = {learner.id: learner for learner in Learner.objects.filter(organization_id=organization_id, id__in=ids)}
    return [found[learner_id] for learner_id in ids if learner_id in found]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Whom a page shows: the first of those who are meant, behind the place in the order."""

    organization_id: int
    criteria: Criteria
    columns: Sequence[str]
    size: int
    place: tuple[Any, ...] | None = None
    is_descending: bool = False

    @property
    def behind(self) -> list[Any]:
        """Parameters of the place."""
        return list(self.place or ())

    def shape(self, **more: object) -> dict[str, object]:
        """Return what the statements have in common."""
        sign, direction = ("<", "DESC") if self.is_descending else (">", "ASC")
        columns = ", ".join(self.columns)
        slots = ", ".join(["%s"] * len(self.columns))
        return {
            "columns": columns,
            "order": ", ".join(f"{column} {direction}" for column in self.columns),
            "place": f"AND ({columns}) {sign} ({slots})" if self.place else "",
            "size": self.size,
            **more,
        }


def _place(cursor: CursorWrapper, wanted: _Wanted, learner_id: int | None) -> tuple[Any, ...] | None:
    if learner_id is None:
        return None
    cursor.execute(_PLACE.format(columns=", ".join(wanted.columns)), [wanted.organization_id, learner_id])
    found: tuple[Any, ...] | None = cursor.fetchone()
    return found


def _few(cursor: CursorWrapper, wanted: _Wanted) -> tuple[int, list[int]]:
    """Return how many people are meant, as far as they are counted, and the page unless they are more."""
    branches = branches_of(wanted.organization_id, wanted.criteria)
    found, values = _union([_FEW_BRANCH] * len(branches), branches, wanted.shape(most=COUNTED + 1))
    cursor.execute(_FEW.format(**wanted.shape(branches=found, counted=COUNTED)), [*values, *wanted.behind])
    count, ids = cursor.fetchone() or (0, [])
    return int(count), ids


def _many(cursor: CursorWrapper, wanted: _Wanted) -> list[int]:
    """Return the page of more people than are counted."""
    where, values = condition_of(wanted.organization_id, wanted.criteria)
    walk = _WALK.format(**wanted.shape(condition=where, walked=WALKED))
    cursor.execute(walk, [wanted.organization_id, *wanted.behind, *values])
    ids = [learner_id for (learner_id,) in cursor.fetchall()]
    return ids if len(ids) == wanted.size else _far(cursor, wanted)


def _far(cursor: CursorWrapper, wanted: _Wanted) -> list[int]:
    """Return a page that does not begin near its place, or is the last one."""
    branches = branches_of(wanted.organization_id, wanted.criteria)
    sizes = [_SIZE.format(condition=where, most=RARE + 1) for where, _values in branches]
    cursor.execute(f"SELECT {', '.join(sizes)}", [value for _where, values in branches for value in values])
    forms = [_RARE_BRANCH if size <= RARE else _MANY_BRANCH for size in cursor.fetchone() or ()]
    placed = [(where, [*values, *wanted.behind]) for where, values in branches]
    found, values = _union(forms, placed, wanted.shape(most=RARE + 1))
    cursor.execute(_MANY.format(**wanted.shape(branches=found)), values)
    return [learner_id for (learner_id,) in cursor.fetchall()]


def _union(forms: Sequence[str], branches: Sequence[Condition], shape: dict[str, object]) -> Condition:
    pairs = zip(forms, branches, strict=True)
    statements = [form.format(**shape, condition=where) for form, (where, _values) in pairs]
    return " UNION ".join(statements), [value for _where, values in branches for value in values]


def groups_of(organization_id: int, learner_ids: Collection[int]) -> dict[int, list[str]]:
    """Return the names of each learner's groups, sorted."""
    links = Membership.objects.filter(organization_id=organization_id, learner_id__in=learner_ids)
    pairs = list(links.values_list("learner_id", "group_id"))
    groups = Group.objects.filter(organization_id=organization_id, id__in={group for _, group in pairs})
    names = dict(groups.values_list("id", "name"))
    found: dict[int, list[str]] = defaultdict(list)
    for learner_id, group_id in pairs:
        found[learner_id].append(names[group_id])
    return {learner_id: sorted(some) for learner_id, some in found.items()}


def licenses_of(organization_id: int, learner_ids: Collection[int]) -> dict[int, list[tuple[int, str]]]:
    """Return (pool id, state) of each learner's licenses."""
    links = LicenseAssignment.objects.filter(organization_id=organization_id, learner_id__in=learner_ids)
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for learner_id, pool_id, state in links.order_by("pool_id").values_list("learner_id", "pool_id", "state"):
        found[learner_id].append((pool_id, state))
    return dict(found)


@dataclass(frozen=True, slots=True)
class Choices:
    """What an organization has for people to be filtered by."""

    groups: Sequence[str]
    """Names, of which there may be more than `SUGGESTED`."""
    pools: Sequence[tuple[int, str]]
    feeds: Sequence[tuple[int, str]]
    departments: Sequence[str]
    custom_attributes: Sequence[str]


def choices_of(organization_id: int, people: People = EVERYBODY) -> Choices:
    """Return what a filter of these people offers; lists that may be long end after `SUGGESTED` names."""
    mine = {"organization_id": organization_id}
    with connection.cursor() as cursor:
        # Names of departments where nobody is whom they may see are none of their business.
        cursor.execute(_DEPARTMENTS, {"organization": organization_id, "most": SUGGESTED if people.is_everybody else 0})
        departments = [name for (name,) in cursor.fetchall()]
    return Choices(
        groups=list(
            groups_within(organization_id, people).order_by("name_key").values_list("name", flat=True)[:SUGGESTED]
        ),
        pools=list(Pool.objects.filter(**mine).order_by("name", "id").values_list("id", "name")),
        feeds=list(Feed.objects.filter(**mine).order_by("name").values_list("id", "name")),
        departments=departments,
        custom_attributes=list(CustomAttribute.objects.filter(**mine).order_by("name").values_list("name", flat=True)),
    )
