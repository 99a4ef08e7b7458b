"""Rules and people for tests, and a model of judging in plain Python."""

from collections.abc import Mapping
from typing import Any

import polars as pl
from hypothesis import strategies as st

from orgsync.core.grouprules.conditions import (
    All,
    AnyOf,
    Compare,
    Condition,
    HasLicense,
    MemberOf,
    Not,
    Operator,
    UnderManager,
)
from orgsync.core.grouprules.judging import HELD, LINKS, MEMBERS, World

Person = Mapping[str, Any]
TEXTS = ("Sales", "SALES", "sales emea", "Straße", "STRASSE", "Ops")
DAYS = ("2024-01-01", "2024-06-30", "2025-01-01")
IDS = (1, 2, 3, 4, 5)
PLAIN_GROUPS = (1, 2)
POOLS = (1, 2)


def rules(groups: tuple[int, ...] = PLAIN_GROUPS) -> st.SearchStrategy[Condition]:
    """Return rules of every kind, which ask about these groups."""
    texts, days = st.sampled_from(TEXTS), st.sampled_from(DAYS)
    on_text = [Operator.IS, Operator.IS_NOT, Operator.STARTS_WITH, Operator.CONTAINS]
    names = st.sampled_from(["department_name", "attribute_office", "unique_user_id"])
    leaves = st.one_of(
        st.builds(Compare, names, st.sampled_from(on_text), st.tuples(texts)),
        st.builds(Compare, names, st.just(Operator.ONE_OF), st.lists(texts, min_size=1, max_size=3).map(tuple)),
        st.builds(Compare, names, st.just(Operator.IS_EMPTY)),
        st.builds(Compare, st.just("start_date"), st.sampled_from([Operator.BEFORE, Operator.AFTER]), st.tuples(days)),
        st.builds(Compare, st.just("status"), st.just(Operator.IS), st.sampled_from([("active",), ("inactive",)])),
        st.builds(HasLicense, _some(POOLS)),
        st.builds(MemberOf, _some(groups)),
        st.builds(UnderManager, st.sampled_from(IDS), st.none() | st.integers(1, 3)),
    )
    return st.recursive(
        leaves,
        lambda parts: st.one_of(
            st.builds(All, st.lists(parts, min_size=2, max_size=3).map(tuple)),
            st.builds(AnyOf, st.lists(parts, min_size=2, max_size=3).map(tuple)),
            st.builds(Not, parts),
        ),
        max_leaves=5,
    )


def people() -> st.SearchStrategy[list[Person]]:
    """Return the five people of `IDS`; managers may form loops."""
    value = st.none() | st.sampled_from(TEXTS)
    one = st.fixed_dictionaries(
        {
            "is_active": st.booleans(),
            "department_name": value,
            "attribute_office": value,
            "unique_user_id": value,
            "start_date": st.none() | st.sampled_from(DAYS),
            "manager_id": st.none() | st.sampled_from(IDS),
            "groups": st.sets(st.sampled_from(PLAIN_GROUPS)),
            "pools": st.sets(st.sampled_from(POOLS)),
        }
    )
    numbered = st.tuples(*(one for _ in IDS))
    return numbered.map(lambda some: [{"learner_id": n, **person} for n, person in zip(IDS, some, strict=True)])


def world_of(some: list[Person]) -> World:
    texts = dict.fromkeys(("department_name", "attribute_office", "unique_user_id", "start_date"), pl.String())
    schema = pl.Schema({"learner_id": pl.Int64(), "is_active": pl.Boolean(), **texts})
    rows = [{name: person.get(name) for name in schema} for person in some]
    return World(
        people=pl.DataFrame(rows, schema=schema),
        links=_frame([(one["learner_id"], one.get("manager_id")) for one in some], LINKS),
        memberships=_frame([(one["learner_id"], g) for one in some for g in one.get("groups", ())], MEMBERS),
        licenses=_frame([(one["learner_id"], p) for one in some for p in one.get("pools", ())], HELD),
    )


def holds(rule: Condition, one: Person, everybody: dict[int, Person], inside: set[tuple[int, int]]) -> bool:
    """Judge one person in plain Python; `inside` has (person, group) of all members."""
    match rule:
        case All(parts):
            return all(holds(part, one, everybody, inside) for part in parts)
        case AnyOf(parts):
            return any(holds(part, one, everybody, inside) for part in parts)
        case Not(part):
            return not holds(part, one, everybody, inside)
        case HasLicense(pools):
            return bool(set(pools) & one["pools"])
        case MemberOf(groups):
            return any((one["learner_id"], group) in inside for group in groups)
        case UnderManager(manager, depth):
            above, steps = _above(one, everybody), {}
            for step, boss in enumerate(above, 1):
                steps.setdefault(boss, step)
            return manager in steps and one["learner_id"] != manager and steps[manager] <= (depth or 99)
        case Compare(name, operator, values):
            status = "active" if one["is_active"] else "inactive"
            return _compares(name, operator, values, status if name == "status" else one[name])
    raise AssertionError(rule)


def _above(one: Person, everybody: dict[int, Person]) -> list[int]:
    chain: list[int] = []
    while (boss := (everybody[chain[-1]] if chain else one)["manager_id"]) is not None and boss not in chain:
        chain.append(boss)
    return chain


def _compares(name: str, operator: Operator, values: tuple[str, ...], value: str | None) -> bool:
    fold = str if name in ("unique_user_id", "start_date") else str.casefold
    cell, wanted = fold(value or ""), [fold(text) for text in values]
    answers = {
        Operator.IS: lambda: cell == wanted[0],
        Operator.IS_NOT: lambda: cell != wanted[0],
        Operator.ONE_OF: lambda: cell in wanted,
        Operator.STARTS_WITH: lambda: cell.startswith(wanted[0]),
        Operator.CONTAINS: lambda: wanted[0] in cell,
        Operator.IS_EMPTY: lambda: not cell,
        Operator.BEFORE: lambda: "" < cell < wanted[0],
        Operator.AFTER: lambda: cell > wanted[0],
    }
    return answers[operator]()


def _some(values: tuple[int, ...]) -> st.SearchStrategy[tuple[int, ...]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True).map(tuple)


def _frame(rows: list[tuple[Any, ...]], schema: pl.Schema) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=schema, orient="row")
