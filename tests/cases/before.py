"""The story's `before` as the frames that the planner reads."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from orgsync.core.assigning import (
    STANDING,
    Assignment,
    AssignmentBook,
    Audience,
    AudienceKind,
    Due,
    DueKind,
)
from orgsync.core.directory import (
    CLAIM_SCHEMA,
    GROUP_SCHEMA,
    INVITED_SCHEMA,
    LEARNER_SCHEMA,
    LICENSE_SCHEMA,
    MEMBERSHIP_SCHEMA,
    OVERRIDE_SCHEMA,
    PERMISSION_SCHEMA,
    POOL_SCHEMA,
    Directory,
    FeedAbove,
)
from orgsync.core.grouprules.book import RuleBook
from orgsync.core.grouprules.conditions import Lookups, resolved
from orgsync.core.grouprules.where import parse_where
from orgsync.core.normalize import fold_key
from tests.cases.state import read_license, reason_mask
from tests.cases.story import Case, Json

Rows = list[tuple[Any, ...]]


def core_directory(case: Case) -> Directory:
    """Make the frames that the planner reads."""
    ids = ids_of(case)
    custom = custom_of(case)
    groups = {name: number for number, name in enumerate(case.section("groups"), 1)}
    pools = {key: number for number, key in enumerate(case.section("pools"), 1)}
    schema = pl.Schema({**LEARNER_SCHEMA, **dict.fromkeys(custom, pl.String())})
    return Directory(
        learners=pl.DataFrame([_core_person(case, person, ids, schema) for person in case.people], schema=schema),
        groups=_frame(_groups(case, groups), GROUP_SCHEMA),
        memberships=_frame(_memberships(case, groups, ids), MEMBERSHIP_SCHEMA),
        pools=_frame(_pools(case, pools), POOL_SCHEMA),
        licenses=_frame(_licenses(case, pools, ids), LICENSE_SCHEMA),
        permissions=_frame(_permissions(case, ids), PERMISSION_SCHEMA),
        invited=_frame([(ids[who],) for who in case.before.get("invited", [])], INVITED_SCHEMA),
        overrides=_frame(_overrides(case, ids, groups), OVERRIDE_SCHEMA),
        claims_above=_frame(_claims_above(case, ids), CLAIM_SCHEMA),
        feeds_above=_feeds_above(case),
        rules=_rules(case, Lookups(groups.__getitem__, pools.__getitem__, ids.__getitem__)),
        assignments=_book(case, groups, ids),
        custom_attributes=frozenset(custom),
    )


def _groups(case: Case, groups: Mapping[str, int]) -> Rows:
    with_rule = case.before.get("rule_groups", [])
    return [(number, name, fold_key(name), name in with_rule) for name, number in groups.items()]


def _memberships(case: Case, groups: Mapping[str, int], ids: Mapping[str, int]) -> Rows:
    return [
        (ids[who], groups[name], reason_mask(why))
        for name, members in case.section("groups").items()
        for who, why in members.items()
    ]


def _pools(case: Case, pools: Mapping[str, int]) -> Rows:
    return [(pools[key], key, pool.get("name", key), pool.get("seats")) for key, pool in case.section("pools").items()]


def _licenses(case: Case, pools: Mapping[str, int], ids: Mapping[str, int]) -> Rows:
    return [
        (ids[who], pools[key], *read_license(words))
        for key, pool in case.section("pools").items()
        for who, words in pool.get("holders", {}).items()
    ]


def _permissions(case: Case, ids: Mapping[str, int]) -> Rows:
    return [
        (ids[who], permission, scope)
        for who, given in case.section("permissions").items()
        for permission, scope in given.items()
    ]


def _book(case: Case, groups: Mapping[str, int], ids: Mapping[str, int]) -> AssignmentBook:
    section = case.section("assignments")
    named = list(enumerate(section.items(), 1))
    return AssignmentBook(
        tuple(
            Assignment(number, title, read_audience(one["to"], groups, ids), read_due(one.get("due", "")))
            for number, (title, one) in named
        ),
        _frame(
            (
                (ids[who], number, *read_standing(words))
                for number, (_, one) in named
                for who, words in one.get("people", {}).items()
            ),
            STANDING,
        ),
    )


def read_audience(text: str, groups: Mapping[str, int], ids: Mapping[str, int]) -> Audience:
    """Read `everybody`, `group:Sales`, `person:ana@example.com`, `department_name=Sales`."""
    kind, _, name = text.partition(":")
    if kind == "group":
        return Audience(AudienceKind.GROUP, group_id=groups[name])
    if kind == "person":
        return Audience(AudienceKind.PERSON, learner_id=ids[name])
    attribute, sign, value = text.partition("=")
    if sign:
        return Audience(AudienceKind.ATTRIBUTE, attribute=attribute, value=value)
    return Audience(AudienceKind(text))


def read_due(text: str) -> Due:
    """Read a date, `30 after_start`, `14 after_reaching`, or nothing."""
    days, _, kind = text.partition(" ")
    if kind:
        return Due(DueKind(kind), days=int(days))
    return Due(DueKind.ON_DATE, on=date.fromisoformat(text)) if text else Due()


def read_standing(words: str) -> tuple[str, str | None]:
    """Return state and due day of `open 2026-04-01`, `completed`."""
    state, _, due_on = words.partition(" ")
    return state, due_on or None


def override_target(text: str, groups: Mapping[str, int]) -> str:
    """Return an override as it is stored: groups by their id."""
    kind, _, name = text.partition(":")
    return f"group:{groups[name]}" if kind == "group" and name else text


def _overrides(case: Case, ids: Mapping[str, int], groups: Mapping[str, int]) -> list[tuple[int, str]]:
    people = [(ids[person["email"]], person.get("overrides", [])) for person in case.people]
    return [(who, override_target(text, groups)) for who, texts in people for text in texts]


def _feeds_above(case: Case) -> tuple[FeedAbove, ...]:
    if not case.section("feed").get("rank"):
        return ()
    return (FeedAbove(1, "Contractors", frozenset(case.section("other_feed").get("named_fields", ()))),)


def _claims_above(case: Case, ids: Mapping[str, int]) -> list[tuple[int, int]]:
    people = case.people if _feeds_above(case) else []
    return [(ids[person["email"]], 1) for person in people if "elsewhere" in person.get("claimed_by", ())]


def _rules(case: Case, lookups: Lookups) -> RuleBook:
    """Read the rules of `rule_groups`; people are named by their address."""
    groups = {name: lookups.group(name) for name in case.section("rules")}
    return RuleBook(
        {groups[name]: resolved(parse_where(text), lookups) for name, text in case.section("rules").items()}
    )


def custom_of(case: Case) -> list[str]:
    """Return the custom attributes that the organization has."""
    named = {name for person in case.people for name in person if name.startswith("attribute_")}
    return sorted(named | set(case.before.get("attributes", [])))


def ids_of(case: Case) -> dict[str, int]:
    return {person["email"]: number for number, person in enumerate(case.people, 1)}


def _core_person(case: Case, person: Json, ids: Mapping[str, int], schema: pl.Schema) -> Json:
    email, claims = person.pop("email"), person.pop("claimed_by", ["here"])
    manager = person.pop("manager", None)
    person.pop("overrides", None)
    row: Json = dict.fromkeys(schema)
    return (
        row
        | {
            "learner_id": ids[email],
            "is_active": True,
            "is_admin": person.pop("is_admin", False) or email in case.section("permissions"),
            "is_protected": False,
            "primary_email_address": email,
            "email_key": fold_key(email),
            "manager_id": ids[manager] if manager else None,
            "is_claimed_here": "here" in claims,
            "is_claimed_elsewhere": "elsewhere" in claims,
        }
        | person
    )


def _frame(rows: Any, schema: pl.Schema) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=schema, orient="row")
