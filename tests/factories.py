"""Small worlds for tests: a directory from a few dictionaries, a plan from a few lines of CSV."""

from collections.abc import Iterable, Mapping
from datetime import date
from textwrap import dedent

import polars as pl

from orgsync.core.csvfile import read_csv
from orgsync.core.directory import (
    GROUP_SCHEMA,
    LEARNER_SCHEMA,
    LICENSE_SCHEMA,
    MEMBERSHIP_SCHEMA,
    PERMISSION_SCHEMA,
    POOL_SCHEMA,
    Directory,
)
from orgsync.core.headers import read_layout
from orgsync.core.model import Mode
from orgsync.core.normalize import fold_key
from orgsync.core.plan import Plan, Policy
from orgsync.core.planning.build import build_plan
from orgsync.core.validate import check_rows

TODAY = date(2026, 3, 2)


def make_directory(
    *learners: Mapping[str, object],
    groups: Iterable[Mapping[str, object]] = (),
    memberships: Iterable[tuple[int, int, int]] = (),
    pools: Iterable[Mapping[str, object]] = (),
    licenses: Iterable[Mapping[str, object]] = (),
    permissions: Iterable[tuple[int, str, str]] = (),
) -> Directory:
    """Make a directory; a learner needs `id` and `email`, everything else has a default."""
    custom = sorted({name for person in learners for name in person if str(name).startswith("attribute_")})
    schema = pl.Schema({**LEARNER_SCHEMA, **dict.fromkeys(custom, pl.String())})
    people = [_learner(dict(person), schema) for person in learners]
    return Directory(
        learners=pl.DataFrame(people, schema=schema, orient="row"),
        groups=pl.DataFrame(
            [
                {
                    "group_id": g["id"],
                    "group_name": g["name"],
                    "group_key": fold_key(str(g["name"])),
                    "is_rule": g.get("is_rule", False),
                }
                for g in groups
            ],
            schema=GROUP_SCHEMA,
        ),
        memberships=pl.DataFrame(list(memberships), schema=MEMBERSHIP_SCHEMA, orient="row"),
        pools=pl.DataFrame(
            [{"pool_id": p["id"], "pool_key": p["key"], "pool_name": p["key"], "seats": p.get("seats")} for p in pools],
            schema=POOL_SCHEMA,
        ),
        licenses=pl.DataFrame(
            [
                {
                    "learner_id": line["learner"],
                    "pool_id": line.get("pool", 1),
                    "state": line["state"],
                    "is_by_hand": line.get("by_hand", False),
                    "position": line.get("position"),
                }
                for line in licenses
            ],
            schema=LICENSE_SCHEMA,
        ),
        permissions=pl.DataFrame(list(permissions), schema=PERMISSION_SCHEMA, orient="row"),
        custom_attributes=frozenset(custom),
    )


def _learner(person: dict[str, object], schema: pl.Schema) -> dict[str, object]:
    email = str(person.pop("email"))
    row: dict[str, object] = dict.fromkeys(schema)
    return (
        row
        | {
            "learner_id": person.pop("id"),
            "is_active": True,
            "is_admin": False,
            "is_protected": False,
            "primary_email_address": email,
            "email_key": fold_key(email),
            "is_claimed_here": True,
            "is_claimed_elsewhere": False,
        }
        | person
    )


def plan_of(text: str, directory: Directory | None = None, **policy: object) -> Plan:
    """Plan a file given as text, through the real reader, checks and planner."""
    raw = read_csv(dedent(text).lstrip().encode())
    layout = read_layout(raw.headers)
    checked = check_rows(raw, layout)
    options = {"today": TODAY} | policy | {"mode": Mode(str(policy.get("mode", "changes")))}
    plan = build_plan(checked, layout, directory or make_directory(), Policy(**options))  # type: ignore[arg-type]
    return Plan(
        **{name: getattr(plan, name) for name in ("changes", "outcome", "leavers", "writes")},
        issues=pl.concat([checked.issues, plan.issues]),
        unidentified_rows=plan.unidentified_rows,
        revision=plan.revision,
    )


def statuses(plan: Plan) -> list[str]:
    return plan.outcome.sort("row_number")["status"].to_list()


def codes(plan: Plan) -> list[str]:
    return sorted(plan.issues["code"].to_list())


def kinds_of(plan: Plan) -> list[str]:
    return plan.changes["kind"].to_list()


def change_lines(plan: Plan) -> list[tuple[object, ...]]:
    """Kind, learner, target, before, after of every plan line, but for the values of creations."""
    lines = plan.changes.with_columns(after=pl.when(pl.col("kind") != "created").then(pl.col("after")))
    return lines.select("kind", "learner_id", "target", "before", "after").rows()
