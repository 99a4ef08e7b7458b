"""Why somebody is in a group: the parts of its rule that hold, for one person."""

import polars as pl

from orgsync.core.grouprules.conditions import All, AnyOf, Condition
from orgsync.core.grouprules.judging import World, expression, facts_of


def matching_parts(condition: Condition, world: World) -> Condition | None:
    """Return the condition without the alternatives that do not hold; None when it does not hold at all.

    `world.people` is the one person; `world.memberships` all groups that they are in, for whatever reason.
    """
    facts = facts_of({0: condition}, world)
    return _matching(condition, facts)


def _matching(condition: Condition, facts: pl.DataFrame) -> Condition | None:
    if not facts.select(holds=expression(condition))["holds"].all():
        return None
    if not isinstance(condition, All | AnyOf):
        return condition
    parts = [part for part in (_matching(part, facts) for part in condition.parts) if part is not None]
    return parts[0] if len(parts) == 1 else type(condition)(tuple(parts))
