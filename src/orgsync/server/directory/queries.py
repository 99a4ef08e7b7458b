"""Find people page by page, in directories of any size."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection, transaction

from orgsync.server.directory.criteria import Condition, Criteria, branches_of
from orgsync.server.directory.models import (
    CustomAttribute,
    Feed,
    Group,
    Learner,
    LicenseAssignment,
    Membership,
    Pool,
)

COUNTED: Final = 10_000
"""People are counted up to here; beyond, "more" is all that is said."""
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

# Few people are found first and sorted then, so that no index is walked from end to end for a handful of them; of
# many, the next page is never far along the index that has their order. The ways in which a word can fit are looked
# at one by one: together they would all be followed to their ends before the first person is known.
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
_MANY: Final = "SELECT learner_id FROM ({branches}) AS page ORDER BY {order} LIMIT {size}"
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
    branches = branches_of(organization_id, criteria)
    columns = SORT_COLUMNS[order.key]
    is_back = before is not None
    with transaction.atomic():
        place = _place(organization_id, columns, before if before is not None else after)
        is_descending = order.is_descending != (is_back and place is not None)
        count, ids = _ids(branches, columns, place, is_descending=is_descending, size=size + 1)
    is_back = is_back and place is not None
    shown = ids[:size][::-1] if is_back else ids[:size]
    has_rest = len(ids) > size
    has_next, has_previous = (True, has_rest) if is_back else (has_rest, place is not None)
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


def _place(organization_id: int, columns: Sequence[str], learner_id: int | None) -> tuple[Any, ...] | None:
    if learner_id is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_PLACE.format(columns=", ".join(columns)), [organization_id, learner_id])
        found: tuple[Any, ...] | None = cursor.fetchone()
        return found


def _ids(
    branches: Sequence[Condition],
    columns: Sequence[str],
    place: tuple[Any, ...] | None,
    *,
    is_descending: bool,
    size: int,
) -> tuple[int, list[int]]:
    """Return how many are meant, and the ids of those behind the place."""
    behind, direction = ("<", "DESC") if is_descending else (">", "ASC")
    shape = {
        "columns": ", ".join(columns),
        "order": ", ".join(f"{column} {direction}" for column in columns),
        "place": f"AND ({', '.join(columns)}) {behind} ({', '.join(['%s'] * len(columns))})" if place else "",
        "size": size,
    }
    behind_place = list(place or ())
    few, values = _union(_FEW_BRANCH, branches, shape | {"most": COUNTED + 1})
    with connection.cursor() as cursor:
        cursor.execute(_PLAN_FOR_PAGES)
        cursor.execute(_FEW.format(**shape, counted=COUNTED, branches=few), [*values, *behind_place])
        count, ids = cursor.fetchone()
        if count > COUNTED:
            many, values = _union(_MANY_BRANCH, [(where, [*some, *behind_place]) for where, some in branches], shape)
            cursor.execute(_MANY.format(**shape, branches=many), values)
            ids = [learner_id for (learner_id,) in cursor.fetchall()]
    return count, ids


def _union(statement: str, branches: Sequence[Condition], shape: dict[str, Any]) -> Condition:
    statements = [statement.format(**shape, condition=where) for where, _values in branches]
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


def choices_of(organization_id: int) -> Choices:
    """Return what a filter offers; lists that may be long end after `SUGGESTED` names."""
    mine = {"organization_id": organization_id}
    with connection.cursor() as cursor:
        cursor.execute(_DEPARTMENTS, {"organization": organization_id, "most": SUGGESTED})
        departments = [name for (name,) in cursor.fetchall()]
    return Choices(
        groups=list(Group.objects.filter(**mine).order_by("name_key").values_list("name", flat=True)[:SUGGESTED]),
        pools=list(Pool.objects.filter(**mine).order_by("name", "id").values_list("id", "name")),
        feeds=list(Feed.objects.filter(**mine).order_by("name").values_list("id", "name")),
        departments=departments,
        custom_attributes=list(CustomAttribute.objects.filter(**mine).order_by("name").values_list("name", flat=True)),
    )
