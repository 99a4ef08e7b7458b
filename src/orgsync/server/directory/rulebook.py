"""Stored rules: read them for a plan, look up what they name, write the one that a plan changes."""

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from typing import Any, Final

from django.db import connection
from django.db.backends.utils import CursorWrapper

from orgsync.core.columns import pool_key
from orgsync.core.errors import OrgSyncError
from orgsync.core.grouprules.book import AppliedRule, RuleBook, RuleEdit
from orgsync.core.grouprules.conditions import (
    Condition,
    Lookups,
    Ref,
    groups_of,
    managers_of,
    pools_of,
    resolved,
)
from orgsync.core.grouprules.parsing import parse_rule, to_json
from orgsync.core.normalize import fold_key
from orgsync.server.directory.registry import AppliedIds

_RULES: Final = "SELECT id, rule::text FROM directory_group WHERE organization_id = %s AND rule IS NOT NULL"
_WRITE_RULE: Final = """
    UPDATE directory_group SET rule = %s::jsonb, is_rule = %s WHERE organization_id = %s AND id = %s
"""
_FIND_GROUPS: Final = """
    SELECT id, name_key FROM directory_group WHERE organization_id = %s AND (id = ANY (%s) OR name_key = ANY (%s))
"""
_FIND_POOLS: Final = """
    SELECT id, key FROM directory_pool WHERE organization_id = %s AND (id = ANY (%s) OR key = ANY (%s))
"""
_FIND_LEARNERS: Final = """
    SELECT id, email_key, unique_user_id FROM directory_learner
     WHERE organization_id = %s AND (id = ANY (%s) OR email_key = ANY (%s) OR unique_user_id = ANY (%s))
"""


class RuleGroupGone(OrgSyncError):
    """The group whose rule is to be written is not there; nothing was applied."""

    def __init__(self, group_id: int) -> None:
        self.group_id = group_id
        super().__init__(f"There is no group {group_id} any more.")


def read_rules(cursor: CursorWrapper, organization_id: int) -> dict[int, Condition]:
    """Return the rules of the organization by group id."""
    cursor.execute(_RULES, [organization_id])
    return {group_id: parse_rule(json.loads(text)) for group_id, text in cursor.fetchall()}


def read_book(
    cursor: CursorWrapper, organization_id: int, *, edit: RuleEdit | None = None, checks_everybody: bool = False
) -> RuleBook:
    """Return the rules of the organization for a plan that makes the edit."""
    return RuleBook(read_rules(cursor, organization_id), edit, checks_everybody)


def with_real_group(rule: AppliedRule | None, ids: AppliedIds) -> AppliedRule | None:
    """Return the rule with the id that its group has got, where the plan made the group."""
    if rule is None or rule.group_id > 0:
        return rule
    return replace(rule, group_id=ids.groups.filter(provisional=rule.group_id)["id"].item())


def write_rule(
    cursor: CursorWrapper, organization_id: int, rule: AppliedRule | None, *, removed_groups: Collection[int]
) -> None:
    """Give a group its new rule, or none; a group that the plan removes needs neither.

    `rule` has the group's real id. Raises RuleGroupGone.
    """
    if rule is None or rule.group_id in removed_groups:
        return
    text = None if rule.after is None else json.dumps(to_json(rule.after))
    cursor.execute(_WRITE_RULE, [text, text is not None, organization_id, rule.group_id])
    if cursor.rowcount != 1:
        raise RuleGroupGone(rule.group_id)


def resolve(organization_id: int, condition: Condition) -> Condition:
    """Return the condition with ids for the groups, pools and people that it names; raise RuleError.

    A group is named by its name, a pool by its header, a manager by address or unique user id; an id must exist too.
    """
    groups = _found(_FIND_GROUPS, organization_id, groups_of(condition), [fold_key])
    pools = _found(_FIND_POOLS, organization_id, pools_of(condition), [_pool_key])
    people = _found(_FIND_LEARNERS, organization_id, managers_of(condition), [fold_key, str])
    return resolved(condition, Lookups(group=groups.__getitem__, pool=pools.__getitem__, learner=people.__getitem__))


def _found(query: str, organization_id: int, refs: Iterable[Ref], keys: list[Callable[[str], str]]) -> dict[Ref, int]:
    """Look all refs up at once; the first of `keys` under which one is found counts."""
    refs = list(refs)
    if not refs:
        return {}
    ids = [ref for ref in refs if isinstance(ref, int)]
    names = [ref for ref in refs if isinstance(ref, str)]
    wanted: list[Any] = [[key(name.strip()) for name in names] for key in keys]
    with connection.cursor() as cursor:
        cursor.execute(query, [organization_id, ids, *wanted])
        rows = cursor.fetchall()
    found: dict[Ref, int] = {row[0]: row[0] for row in rows}
    for place, key in reversed(list(enumerate(keys, 1))):
        known = {row[place]: row[0] for row in rows}
        found |= {name: known[key(name.strip())] for name in names if key(name.strip()) in known}
    return found


def _pool_key(header: str) -> str:
    return pool_key(header) or fold_key(header)
