"""The people whom an admin may see or change, as SQL: lists, pages, downloads, edits and reports all ask here."""

from collections.abc import Collection
from typing import Any, Final

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from orgsync.server.directory.models import Group, Learner, Membership
from orgsync.server.orgs.access import People

Condition = tuple[str, list[Any]]
"""SQL about `learner` (an alias of `directory_learner`), and its parameters."""

_WITHIN: Final = """
    EXISTS (SELECT FROM directory_membership AS seen
             WHERE seen.organization_id = %s AND seen.learner_id = {alias}.id AND seen.group_id = ANY (%s))
"""
_IDS_WITHIN: Final = """
    SELECT learner.id FROM directory_learner AS learner
     WHERE learner.organization_id = %s AND learner.id = ANY (%s) AND {condition}
"""


def scope_condition(organization_id: int, people: People, alias: str = "learner") -> Condition | None:
    """Return what `learner`, or another alias of its table, must fulfil to be one of the people; None: everybody is."""
    if people.group_ids is None:
        return None
    return _WITHIN.format(alias=alias), [organization_id, sorted(people.group_ids)]


def learners_within(organization_id: int, people: People) -> QuerySet[Learner]:
    """Return the organization's learners among the people."""
    found = Learner.objects.filter(organization_id=organization_id)
    if people.group_ids is None:
        return found
    links = Membership.objects.filter(
        organization_id=organization_id, learner_id=OuterRef("id"), group_id__in=people.group_ids
    )
    return found.filter(Exists(links))


def learner_within(organization_id: int, people: People, learner_id: int) -> Learner | None:
    """Return one learner; who is not among the people is the same as who is not there."""
    return learners_within(organization_id, people).filter(id=learner_id).first()


def groups_within(organization_id: int, people: People) -> QuerySet[Group]:
    """Return the organization's groups, or those that the people are limited to."""
    found = Group.objects.filter(organization_id=organization_id)
    return found if people.group_ids is None else found.filter(id__in=people.group_ids)


def ids_within(organization_id: int, people: People, learner_ids: Collection[int]) -> frozenset[int]:
    """Return which of the ids are learners among the people, in one statement."""
    where, values = scope_condition(organization_id, people) or ("true", [])
    with connection.cursor() as cursor:
        statement = _IDS_WITHIN.format(condition=where)
        cursor.execute(statement, [organization_id, sorted(set(learner_ids)), *values])
        return frozenset(learner_id for (learner_id,) in cursor.fetchall())
