"""Who is in which rule group: conditions as Polars expressions over frames of people. No loop over people."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from orgsync.core.dates import iso_dates
from orgsync.core.grouprules.book import in_order
from orgsync.core.grouprules.conditions import (
    EXACT_ATTRIBUTES,
    STATUS,
    All,
    AnyOf,
    Compare,
    Condition,
    HasLicense,
    MemberOf,
    Not,
    Operator,
    Ref,
    UnderManager,
    attributes_of,
    groups_of,
    is_date_attribute,
    leaves,
    pools_of,
)
from orgsync.core.normalize import fold_key, fold_keys

MEMBERS: Final = pl.Schema({"learner_id": pl.Int64, "group_id": pl.Int64})
LINKS: Final = pl.Schema({"learner_id": pl.Int64, "manager_id": pl.Int64})
HELD: Final = pl.Schema({"learner_id": pl.Int64, "pool_id": pl.Int64})


@dataclass(frozen=True, slots=True)
class World:
    """What conditions are judged by."""

    people: pl.DataFrame
    """Those to be judged, each once: `learner_id`, `is_active`, and the attributes asked for (String, dates as ISO
    text); an attribute that is no column is empty for everybody."""
    links: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=LINKS))
    """`LINKS` of everybody; needed only where a rule asks who reports to whom."""
    memberships: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=MEMBERS))
    """`MEMBERS`: who is in a group for another reason than its rule."""
    denied: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=MEMBERS))
    """`MEMBERS`: who was taken out of a group by hand, so that its rule does not count for them."""
    licenses: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=HELD))
    """`HELD`: active licenses."""


def rule_members(rules: Mapping[int, Condition], world: World) -> pl.DataFrame:
    """Return `MEMBERS`: for each rule group the active people who fulfil its condition.

    A group in a condition stands for all of its members, by rule or for another reason. Raises RuleError for rules
    that ask about each other in a circle.
    """
    facts = facts_of(rules, world)
    found = [pl.DataFrame(schema=MEMBERS)]
    for group in in_order(rules):
        may_be_in = pl.col("is_active") & ~pl.col("learner_id").is_in(_who(world.denied, "group_id", group))
        by_rule = facts.select("learner_id", holds=may_be_in & expression(rules[group]))
        facts = facts.with_columns((by_rule["holds"] | pl.col(f"group:{group}")).alias(f"group:{group}"))
        found.append(by_rule.filter("holds").select("learner_id", group_id=pl.lit(group, pl.Int64)))
    return pl.concat(found)


def facts_of(rules: Mapping[int, Condition], world: World) -> pl.DataFrame:
    """Return `learner_id`, `is_active` and one column for each thing that `expression` looks at; nothing is null."""
    conditions = list(rules.values())
    ids = pl.col("learner_id")
    columns = {**_texts(conditions, world.people), **_dates(conditions, world.people)}
    for pool in _sorted(map(pools_of, conditions)):
        columns[f"pool:{pool}"] = ids.is_in(_who(world.licenses, "pool_id", pool))
    for group in _sorted([*map(groups_of, conditions), set(rules)]):
        columns[f"group:{group}"] = ids.is_in(_who(world.memberships, "group_id", group))
    for leaf in (leaf for condition in conditions for leaf in leaves(condition)):
        if isinstance(leaf, UnderManager):
            columns[_under(leaf)] = ids.is_in(reports_of(world.links, _starts(leaf.manager), leaf.depth).implode())
    return world.people.select("learner_id", "is_active", **columns)


def expression(condition: Condition) -> pl.Expr:
    """Return the condition as an expression over the columns of `facts_of`; it is never null."""
    match condition:
        case All(parts) | AnyOf(parts):
            together = pl.all_horizontal if isinstance(condition, All) else pl.any_horizontal
            return together(expression(part) for part in parts)
        case Not(part):
            return ~expression(part)
        case HasLicense(pools):
            return pl.any_horizontal(pl.col(f"pool:{pool}") for pool in pools)
        case MemberOf(groups):
            return pl.any_horizontal(pl.col(f"group:{group}") for group in groups)
        case UnderManager():
            return pl.col(_under(condition))
        case Compare():
            return _compared(condition)


def reports_of(links: pl.DataFrame, managers: pl.Series, depth: int | None = None) -> pl.Series:
    """Return everybody who reports to one of the managers, at most `depth` steps below; a loop is walked once.

    `links` is `LINKS`. The managers themselves are not returned, even where they report to each other.
    """
    found, level = managers, managers
    steps = 0
    while not level.is_empty() and steps != depth:
        below = links.filter(pl.col("manager_id").is_in(level.implode()))["learner_id"]
        level = below.filter(~below.is_in(found.implode()))
        found = pl.concat([found, level])
        steps += 1
    return found.slice(managers.len())


def _compared(compare: Compare) -> pl.Expr:
    if compare.operator in (Operator.BEFORE, Operator.AFTER):
        day, limit = pl.col(f"date:{compare.attribute}"), compare.values[0]
        is_on_side = day < limit if compare.operator is Operator.BEFORE else day > limit
        return (day != "") & is_on_side
    cell, values = pl.col(f"value:{compare.attribute}"), [_folded(compare.attribute, one) for one in compare.values]
    match compare.operator:
        case Operator.IS_EMPTY:
            return cell == ""
        case Operator.IS_NOT:
            return cell != values[0]
        case Operator.STARTS_WITH:
            return cell.str.starts_with(values[0])
        case Operator.CONTAINS:
            return cell.str.contains(values[0], literal=True)
        case _:
            return cell.is_in(values)


def _texts(conditions: Iterable[Condition], people: pl.DataFrame) -> dict[str, pl.Expr | pl.Series]:
    """Return the folded text of each attribute; empty where there is none."""
    names = sorted(set[str]().union(*map(attributes_of, conditions)))
    return {f"value:{name}": _text(name, people) for name in names}


def _text(name: str, people: pl.DataFrame) -> pl.Series:
    if name == STATUS:
        status = pl.when("is_active").then(pl.lit("active")).otherwise(pl.lit("inactive"))
        return people.select(status=status)["status"]
    if name not in people.columns:
        return _blank(people)
    return (people[name] if _is_exact(name) else fold_keys(people[name])).fill_null("")


def _dates(conditions: Iterable[Condition], people: pl.DataFrame) -> dict[str, pl.Expr | pl.Series]:
    """Return ISO text of each attribute that is compared as a date; empty where it holds none."""
    compared = [leaf for condition in conditions for leaf in leaves(condition) if isinstance(leaf, Compare)]
    names = {leaf.attribute for leaf in compared if leaf.operator in (Operator.BEFORE, Operator.AFTER)}
    return {f"date:{name}": _date(name, people) for name in sorted(names)}


def _date(name: str, people: pl.DataFrame) -> pl.Series:
    if name not in people.columns:
        return _blank(people)
    return (people[name] if is_date_attribute(name) else iso_dates(people[name])).fill_null("")


def _blank(people: pl.DataFrame) -> pl.Series:
    return pl.Series([""], dtype=pl.String).new_from_index(0, people.height)


def _folded(name: str, value: str) -> str:
    return value if _is_exact(name) else fold_key(value)


def _is_exact(name: str) -> bool:
    return name in EXACT_ATTRIBUTES or is_date_attribute(name)


def _who(links: pl.DataFrame, column: str, ref: Ref) -> pl.Series:
    return links.filter(pl.col(column) == ref)["learner_id"].implode()


def _under(leaf: UnderManager) -> str:
    return f"under:{leaf.manager}:{leaf.depth}"


def _starts(manager: Ref) -> pl.Series:
    return pl.Series([manager], dtype=pl.Int64)


def _sorted(refs: Iterable[Iterable[Ref]]) -> list[Ref]:
    return sorted({ref for some in refs for ref in some}, key=str)
