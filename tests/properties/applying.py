"""Apply a plan's writes to a directory in memory, in plain Python: what the database must do too."""

from dataclasses import replace
from typing import Any

import polars as pl

from orgsync.core.directory import (
    GROUP_SCHEMA,
    LEARNER_SCHEMA,
    LICENSE_SCHEMA,
    MEMBERSHIP_SCHEMA,
    PERMISSION_SCHEMA,
    Directory,
)
from orgsync.core.plan import Writes

Line = dict[str, Any]


def apply_to(directory: Directory, writes: Writes) -> Directory:
    """Return the directory after the writes; new people get ids in the order of their rows."""
    custom = directory.custom_attributes | set(writes.new_attributes)
    learner_ids = _new_ids(directory.learners["learner_id"], writes.creates["learner_id"])
    group_ids = _new_ids(directory.groups["group_id"], writes.new_groups["group_id"])
    learners = pl.Schema({**LEARNER_SCHEMA, **dict.fromkeys(sorted(custom), pl.String())})
    links = [(directory.memberships, writes.memberships, "group_id"), (directory.licenses, writes.licenses, "pool_id")]
    members, licenses = (_links(*link, learner_ids, group_ids) for link in links)
    permissions = _links(directory.permissions, writes.permissions, "permission", learner_ids, group_ids)
    return replace(
        directory,
        learners=pl.DataFrame(list(_people(directory, writes, learner_ids, learners).values()), schema=learners),
        groups=pl.DataFrame(_groups(directory, writes, group_ids), schema=GROUP_SCHEMA),
        memberships=pl.DataFrame([_link(line, "reasons") for line in members], schema=MEMBERSHIP_SCHEMA),
        licenses=pl.DataFrame(
            [{"is_by_hand": False, **_link(line, "state")} for line in licenses], schema=LICENSE_SCHEMA
        ),
        permissions=pl.DataFrame([_link(line, "scope") for line in permissions], schema=PERMISSION_SCHEMA),
        custom_attributes=frozenset(custom),
        revision=directory.revision + (not writes.is_empty),
    )


def _new_ids(known: pl.Series, provisional: pl.Series) -> dict[int, int]:
    """Give every provisional id a lasting one: the highest provisional one first, as rows come."""
    last = int(known.max() or 0)
    return {number: last + place for place, number in enumerate(sorted(provisional, reverse=True), 1)}


def _people(directory: Directory, writes: Writes, ids: dict[int, int], schema: pl.Schema) -> dict[int, Line]:
    people = {line["learner_id"]: line for line in directory.learners.iter_rows(named=True)}
    unclaimed = {name: False for name in schema if name.startswith("is_")}
    for line in writes.creates.iter_rows(named=True):
        people[ids[line["learner_id"]]] = dict.fromkeys(schema) | unclaimed | line
    for line in writes.updates.iter_rows(named=True):
        people[line["learner_id"]] |= line
    for learner_id, is_claimed in writes.claims.iter_rows():
        people[ids.get(learner_id, learner_id)]["is_claimed_here"] = is_claimed
    for learner_id, line in people.items():
        line |= {"learner_id": learner_id, "manager_id": ids.get(line["manager_id"], line["manager_id"])}
        line.pop("row_number", None)
    return people


def _groups(directory: Directory, writes: Writes, ids: dict[int, int]) -> list[Line]:
    new = [
        line | {"group_id": ids[line["group_id"]], "is_rule": False} for line in writes.new_groups.iter_rows(named=True)
    ]
    return [*directory.groups.iter_rows(named=True), *new]


def _links(
    stored: pl.DataFrame, moves: pl.DataFrame, other: str, learner_ids: dict[int, int], group_ids: dict[int, int]
) -> list[Line]:
    """Return what stands after the moves; each must start from what stands."""
    value = {"group_id": "reasons", "pool_id": "state", "permission": "scope"}[other]
    links = {(line["learner_id"], line[other]): line for line in stored.iter_rows(named=True)}
    for move in moves.iter_rows(named=True):
        target = group_ids.get(move[other], move[other]) if other == "group_id" else move[other]
        key = (learner_ids.get(move["learner_id"], move["learner_id"]), target)
        stands = links.pop(key, {value: move["before"] if not move["before"] else "nothing"})
        assert (stands[value] or None) == (move["before"] or None), (key, stands, move)
        if move["after"]:
            links[key] = stands | move | {"learner_id": key[0], other: key[1], value: move["after"]}
    return list(links.values())


def _link(line: Line, value: str) -> Line:
    names = ("learner_id", "group_id", "pool_id", "permission", value, "is_by_hand", "position")
    return {name: line[name] for name in names if name in line}
