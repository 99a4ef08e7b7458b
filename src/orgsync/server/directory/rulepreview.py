"""Who would be in a group by a rule: judged as a job judges it, over no more columns than the rule asks about."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import polars as pl
from django.db import connection
from django.db.backends.utils import CursorWrapper

from orgsync.core.columns import ATTRIBUTE_NAMES
from orgsync.core.directory import ACTIVE, DATE_ATTRIBUTES, REASON_HAND, REASON_SCIM
from orgsync.core.grouprules.book import stored_attributes
from orgsync.core.grouprules.conditions import KEY_ATTRIBUTES, Condition, Ref, groups_of, managers_of, pools_of
from orgsync.core.grouprules.judging import HELD, LINKS, MEMBERS, World, rule_members
from orgsync.server.directory.copying import read_frame, read_plain
from orgsync.server.directory.models import Learner
from orgsync.server.directory.queries import people_in_order
from orgsync.server.directory.snapshot import consistent_read

SAMPLE: Final = 10
_NEW: Final = 0
"""Instead of the id of a group that is not there yet."""
_PEOPLE: Final = """
    SELECT {columns} FROM directory_learner AS learner
     WHERE learner.organization_id = %s AND learner.is_active
"""
_LINKS: Final = "directory_learner WHERE organization_id = %(organization)s AND manager_id IS NOT NULL"
_MEMBERSHIPS: Final = "directory_membership WHERE organization_id = %(organization)s AND group_id = ANY (%(ids)s)"
_LICENSES: Final = """
    directory_licenseassignment
     WHERE organization_id = %(organization)s AND pool_id = ANY (%(ids)s) AND state = %(state)s
"""
_DENIED: Final = "directory_override WHERE organization_id = %(organization)s AND target = %(target)s"
_REASONS: Final = pl.Schema({"learner_id": pl.Int64, "group_id": pl.Int64, "reasons": pl.Int64})
_WHO: Final = pl.Schema({"learner_id": pl.Int64})
_STAY: Final = (pl.col("reasons") & (REASON_HAND | REASON_SCIM)) > 0


@dataclass(frozen=True, slots=True)
class RulePreview:
    """Who would be in a group by a rule, were it saved now."""

    count: int
    sample: tuple[Learner, ...]
    """Some who would be in."""
    joining: int
    leaving: int
    joining_sample: tuple[Learner, ...]
    leaving_sample: tuple[Learner, ...]

    @property
    def moves_anybody(self) -> bool:
        return bool(self.joining or self.leaving)


def people_by_rule(organization_id: int, condition: Condition, group_id: int | None) -> RulePreview:
    """Return who would be in the group (None: one that is not there yet) were the condition its rule.

    The condition has ids only. Who was put in by hand stays, who was taken out by hand stays out, and files have no say
    any more. Call it outside any transaction.
    """
    group = _NEW if group_id is None else group_id
    with consistent_read(), connection.cursor() as cursor:
        memberships = _memberships(cursor, organization_id, {group, *_ids(groups_of(condition))})
        world = _world(cursor, organization_id, condition, group, memberships)
    by_rule = rule_members({group: condition}, world)["learner_id"]
    now = memberships.filter(group_id=group)
    stay = now.filter(_STAY)["learner_id"]
    inside = pl.concat([by_rule, stay]).unique()
    joining = inside.filter(~inside.is_in(now["learner_id"].implode()))
    leaving = now["learner_id"].filter(~now["learner_id"].is_in(inside.implode()))
    samples = [_sample(organization_id, people) for people in (inside, joining, leaving)]
    return RulePreview(inside.len(), samples[0], joining.len(), leaving.len(), samples[1], samples[2])


def _world(
    cursor: CursorWrapper, organization_id: int, condition: Condition, group: int, memberships: pl.DataFrame
) -> World:
    who_is_out = {"organization": organization_id, "target": f"group:{group}"}
    licensed = {"organization": organization_id, "ids": _ids(pools_of(condition)), "state": ACTIVE}
    others = memberships.filter((pl.col("group_id") != group) | _STAY)
    denied = read_plain(cursor, ("learner_id",), _DENIED, who_is_out, _WHO, part="learner_id")
    return World(
        people=_people(cursor, organization_id, condition),
        links=_links(cursor, organization_id) if managers_of(condition) else pl.DataFrame(schema=LINKS),
        memberships=others.select(list(MEMBERS)),
        denied=denied.select("learner_id", group_id=pl.lit(group, pl.Int64)),
        licenses=_licenses(cursor, licensed),
    )


def _people(cursor: CursorWrapper, organization_id: int, condition: Condition) -> pl.DataFrame:
    names = sorted(stored_attributes([condition]))
    columns = ", ".join(["learner.id", *map(_cell, names)])
    custom = [name for name in names if name not in (*ATTRIBUTE_NAMES, *KEY_ATTRIBUTES)]
    schema = pl.Schema({"learner_id": pl.Int64(), **dict.fromkeys(names, pl.String())})
    people = read_frame(cursor, _PEOPLE.format(columns=columns), [*custom, organization_id], schema)
    return people.with_columns(is_active=pl.lit(value=True))


def _cell(name: str) -> str:
    # Only names of the catalogue become part of the statement.
    if name in DATE_ATTRIBUTES:
        return f"to_char(learner.{name}, 'YYYY-MM-DD')"
    return f"learner.{name}" if name in (*ATTRIBUTE_NAMES, *KEY_ATTRIBUTES) else "learner.custom ->> %s"


def _links(cursor: CursorWrapper, organization_id: int) -> pl.DataFrame:
    return read_plain(cursor, ("id", "manager_id"), _LINKS, {"organization": organization_id}, LINKS, part="id")


def _memberships(cursor: CursorWrapper, organization_id: int, groups: set[int]) -> pl.DataFrame:
    columns, values = ("learner_id", "group_id", "reasons"), {"organization": organization_id, "ids": sorted(groups)}
    return read_plain(cursor, columns, _MEMBERSHIPS, values, _REASONS, part="learner_id")


def _licenses(cursor: CursorWrapper, values: dict[str, object]) -> pl.DataFrame:
    return read_plain(cursor, ("learner_id", "pool_id"), _LICENSES, values, HELD, part="learner_id")


def _ids(refs: Iterable[Ref]) -> list[int]:
    return sorted(ref for ref in refs if isinstance(ref, int))


def _sample(organization_id: int, ids: pl.Series) -> tuple[Learner, ...]:
    return tuple(people_in_order(organization_id, ids.sort().head(SAMPLE).to_list()))
