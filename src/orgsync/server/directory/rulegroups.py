"""Rule groups as people ask about them: which there are, and why somebody is in one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import polars as pl
from django.db import connection

from orgsync.core.directory import ACTIVE, Directory
from orgsync.core.errors import OrgSyncError
from orgsync.core.grouprules.conditions import Condition, groups_of, managers_of
from orgsync.core.grouprules.explaining import matching_parts
from orgsync.core.grouprules.judging import World
from orgsync.core.grouprules.parsing import parse_rule
from orgsync.core.grouprules.wording import Names, worded
from orgsync.core.normalize import fold_key
from orgsync.server.directory.models import Group, Learner, Pool, Reason
from orgsync.server.directory.snapshot import consistent_read, read_directory

_UPWARDS: Final = """
    WITH RECURSIVE above (id) AS (
        SELECT %(learner)s::bigint
        UNION
        SELECT learner.manager_id
          FROM above JOIN directory_learner AS learner
            ON learner.organization_id = %(organization)s AND learner.id = above.id
         WHERE learner.manager_id IS NOT NULL
    )
    SELECT id FROM above
"""
_LIST: Final = """
    SELECT named.name, named.rule IS NOT NULL,
           (SELECT count(*) FROM directory_membership AS membership
             WHERE membership.organization_id = named.organization_id AND membership.group_id = named.id)
      FROM directory_group AS named
     WHERE named.organization_id = %s
     ORDER BY named.name_key
"""


class GroupUnknown(OrgSyncError):
    """No group, or nobody, is known by what was given."""


@dataclass(frozen=True, slots=True)
class GroupLine:
    """One group of the organization."""

    name: str
    has_rule: bool
    members: int


@dataclass(frozen=True, slots=True)
class Why:
    """Why a person is in a group."""

    group: str
    reasons: tuple[str, ...]
    """`file`, `hand`, `rule`, `scim`; none when the person is not in the group."""
    rule: str = ""
    """The parts of the group's rule that hold for the person, in words; empty when it has none or does not hold."""
    through: tuple["Why", ...] = ()
    """The groups by which the rule holds."""


def list_groups(organization_id: int) -> list[GroupLine]:
    """Return every group with its number of members, by name."""
    with connection.cursor() as cursor:
        cursor.execute(_LIST, [organization_id])
        return [GroupLine(*line) for line in cursor.fetchall()]


def rule_of(organization_id: int, name: str) -> str | None:
    """Return a group's rule in words; None when it has none. Raises GroupUnknown."""
    group = _group(organization_id, name)
    if group.rule is None:
        return None
    condition = parse_rule(group.rule)
    return worded(condition, names_of(organization_id, [condition]))


def why_member(organization_id: int, person: str, group: str) -> Why:
    """Return why the person (address or unique user id) is in the group, through nested groups too.

    Call it outside any transaction. Raises GroupUnknown.
    """
    return why_in(organization_id, _learner_id(organization_id, person), _group(organization_id, group).pk)


def why_in(organization_id: int, learner_id: int, group_id: int) -> Why:
    """Return why the learner is in the group, as `why_member`; both are there."""
    with consistent_read():
        with connection.cursor() as cursor:
            cursor.execute(_UPWARDS, {"learner": learner_id, "organization": organization_id})
            chain = [above for (above,) in cursor.fetchall()]
        directory = read_directory(organization_id, feed_id=None, people=chain)
    names = names_of(organization_id, directory.rules.rules.values())
    return _Asked(directory, learner_id, names).why(group_id)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One person, with the directory read for them and the managers above."""

    directory: Directory
    learner_id: int
    names: Names

    def why(self, group_id: int) -> Why:
        mask = self._masks.get(group_id, 0)
        reasons = tuple(reason.name.lower() for reason in Reason if reason & mask and reason.name)
        rule = self.directory.rules.rules.get(group_id)
        found = matching_parts(rule, self._world) if rule is not None and mask & Reason.RULE else None
        name = self.names.groups[group_id]
        if found is None:
            return Why(name, reasons)
        inside = sorted(inner for inner in groups_of(found) if isinstance(inner, int) and inner in self._masks)
        return Why(name, reasons, worded(found, self.names), tuple(self.why(inner) for inner in inside))

    @property
    def _masks(self) -> dict[int, int]:
        mine = self.directory.memberships.filter(learner_id=self.learner_id)
        return dict(mine.select("group_id", "reasons").iter_rows())

    @property
    def _world(self) -> World:
        held = self.directory.licenses.filter(pl.col("state") == ACTIVE).select("learner_id", "pool_id")
        return World(
            people=self.directory.learners.filter(learner_id=self.learner_id),
            links=self.directory.learners.select("learner_id", "manager_id"),
            memberships=self.directory.memberships.select("learner_id", "group_id"),
            licenses=held,
        )


def _group(organization_id: int, name: str) -> Group:
    found = Group.objects.filter(organization_id=organization_id, name_key=fold_key(name.strip())).first()
    if found is None:
        raise GroupUnknown(f"There is no group {name}.")
    return found


def _learner_id(organization_id: int, person: str) -> int:
    people = Learner.objects.filter(organization_id=organization_id)
    for key in ({"email_key": fold_key(person.strip())}, {"unique_user_id": person.strip()}):
        if (found := people.filter(**key).values_list("id", flat=True).first()) is not None:
            return int(found)
    raise GroupUnknown(f"Nobody has the address or unique user id {person}.")


def names_of(organization_id: int, conditions: Iterable[Condition]) -> Names:
    """Return what the ids in the conditions are called: groups by name, pools by header, people by address."""
    managers = set(_managers(conditions))
    mine: dict[str, Any] = {"organization_id": organization_id}
    people = Learner.objects.filter(**mine, id__in=managers).values_list("id", "primary_email_address")
    return Names(
        groups=dict(Group.objects.filter(**mine).values_list("id", "name")),
        pools=dict(Pool.objects.filter(**mine).values_list("id", "key")),
        learners=dict(people),
    )


def _managers(conditions: Iterable[Condition]) -> Iterator[int]:
    for condition in conditions:
        yield from (manager for manager in managers_of(condition) if isinstance(manager, int))
