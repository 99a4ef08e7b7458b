"""A directory in the form of `directory.json`, and a model of what a plan does to it, in plain Python.

State: `learners` (a list; `email`, `manager` by address, values that are there; `is_active` only when false,
`claimed_by` only when it is not the feed alone), `groups` (name → address → reasons), `rule_groups`, `pools`
(key → `name`, `seats`, `holders`: address → state), `permissions` (address → permission → scope),
`assignments` (title → address → state and due day).
"""

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from orgsync.core.columns import ATTRIBUTE_NAMES
from orgsync.core.directory import Directory
from orgsync.core.normalize import fold_key
from orgsync.core.plan import Writes
from tests.cases.story import REASONS, Json

PERSON_VALUES: Final = ("unique_user_id", "pending_manager_id", "pending_manager_email", *ATTRIBUTE_NAMES)


def reason_mask(text: str) -> int:
    return sum(REASONS[reason] for reason in text.split(","))


def reason_text(mask: int) -> str:
    return ",".join(name for name, bit in REASONS.items() if mask & bit)


def license_words(state: str, *, is_by_hand: bool, position: int | None) -> str:
    return " ".join([state, *([str(position)] if position is not None else []), *(["by hand"] if is_by_hand else [])])


def read_license(words: str) -> tuple[str, bool, int | None]:
    """Return state, whether by hand, and place of `active`, `waiting 2`, `denied by hand`."""
    state, *rest = words.removesuffix(" by hand").split()
    return state, words.endswith(" by hand"), int(rest[0]) if rest else None


def state_of(directory: Directory, rule_groups: list[str]) -> Json:
    """Return the state that a directory holds."""
    people = {person["learner_id"]: person for person in directory.learners.iter_rows(named=True)}
    return _state(people, _links(directory), directory, rule_groups)


def applied(directory: Directory, writes: Writes, rule_groups: list[str]) -> Json:
    """Return the state after the writes: the engine's promise, without any database."""
    people = {person["learner_id"]: person for person in directory.learners.iter_rows(named=True)}
    blank: Json = dict.fromkeys(directory.learners.columns)
    for person in writes.creates.iter_rows(named=True):
        people[person["learner_id"]] = blank | {"is_claimed_here": False, "is_claimed_elsewhere": False} | person
    for person in writes.updates.iter_rows(named=True):
        people[person["learner_id"]] |= {name: value for name, value in person.items() if name != "row_number"}
    for learner_id, is_claimed in writes.claims.iter_rows():
        people[learner_id]["is_claimed_here"] = is_claimed
    links = _links(directory)
    for frame, table in (("memberships", "group_id"), ("licenses", "pool_id"), ("permissions", "permission")):
        for line in getattr(writes, frame).iter_rows(named=True):
            _move(links[frame], (line["learner_id"], line[table]), line)
    for line in writes.assignments.iter_rows(named=True):
        key = (line["learner_id"], line["assignment_id"])
        stands = links["assignments"].get(key)
        assert (stands and stands[0]) == line["before"]
        links["assignments"][key] = (line["after"], line["due_on"])
    groups = pl.concat([directory.groups, writes.new_groups.with_columns(is_rule=pl.lit(value=False))])
    kept = Directory(groups=groups, pools=directory.pools, assignments=directory.assignments)
    return _state(people, links, kept, rule_groups)


def _links(directory: Directory) -> dict[str, dict[tuple[int, Any], Any]]:
    licenses = directory.licenses.iter_rows(named=True)
    return {
        "memberships": {(who, group): mask for who, group, mask in directory.memberships.iter_rows()},
        "licenses": {(line["learner_id"], line["pool_id"]): line for line in licenses},
        "permissions": {(who, name): scope for who, name, scope in directory.permissions.iter_rows()},
        "assignments": {tuple(line[:2]): line[2:] for line in directory.assignments.standing.iter_rows()},
    }


def _move(links: dict[tuple[int, Any], Any], key: tuple[int, Any], line: Json) -> None:
    """Move one link from `before` to `after`; what stands must be as the plan saw it."""
    stands = links.get(key)
    is_license = "position" in line
    assert (stands["state"] if is_license and stands else stands) == (line["before"] or None)
    if not line["after"]:
        del links[key]
    elif is_license:
        is_by_hand = stands["is_by_hand"] if stands else False
        links[key] = {"state": line["after"], "is_by_hand": is_by_hand, "position": line["position"]}
    else:
        links[key] = line["after"]


def _state(people: dict[int, Json], links: Any, directory: Directory, rule_groups: list[str]) -> Json:
    emails = {number: person["primary_email_address"] for number, person in people.items()}
    # People whom a file creates get their ids in the order of its rows.
    order = [number for number in people if number > 0] + sorted((n for n in people if n < 0), reverse=True)
    groups = {name: {} for name in sorted(directory.groups["group_name"])}
    names = dict(directory.groups.select("group_id", "group_name").iter_rows())
    for (who, group), mask in links["memberships"].items():
        groups[names[group]][emails[who]] = reason_text(mask)
    pools = {}
    for pool in directory.pools.sort("pool_key").iter_rows(named=True):
        holders = {
            emails[who]: license_words(line["state"], is_by_hand=line["is_by_hand"], position=line["position"])
            for (who, pool_id), line in links["licenses"].items()
            if pool_id == pool["pool_id"]
        }
        pools[pool["pool_key"]] = {"seats": pool["seats"], "holders": by_name(holders)}
    permissions: Json = {}
    for (who, permission), scope in links["permissions"].items():
        permissions.setdefault(emails[who], {})[permission] = scope
    titles = {one.assignment_id: one.title for one in directory.assignments.assignments}
    assigned: Json = {}
    for (who, number), standing in links["assignments"].items():
        assigned.setdefault(titles[number], {})[emails[who]] = standing_words(*standing)
    return tidy(
        [_shown(people[number], emails) for number in order],
        {name: by_name(members) for name, members in groups.items()},
        rule_groups,
        pools,
        {who: by_name(given) for who, given in by_name(permissions).items()},
        assigned,
    )


def standing_words(state: str, due_on: str | None) -> str:
    return f"{state} {due_on}" if due_on else state


def by_name(values: Json) -> Json:
    return dict(sorted(values.items()))


def tidy(
    learners: list[Json], groups: Json, rule_groups: list[str], pools: Json, permissions: Json, assigned: Json
) -> Json:
    """Put a state together, without what is empty."""
    state = {
        "learners": learners,
        "groups": groups,
        "rule_groups": rule_groups,
        "pools": pools,
        "permissions": permissions,
        "assignments": {title: by_name(people) for title, people in by_name(assigned).items()},
    }
    return {name: value for name, value in state.items() if value}


def _shown(person: Json, emails: Mapping[int, str]) -> Json:
    assert person["email_key"] == fold_key(person["primary_email_address"])
    claims = [name for name in ("here", "elsewhere") if person[f"is_claimed_{name}"]]
    return shown_person(person, manager=emails.get(person["manager_id"]), claims=claims)


def shown_person(values: Mapping[str, Any], *, manager: str | None, claims: list[str]) -> Json:
    """Show one person: what is as usual is left out."""
    custom = sorted(name for name in values if name.startswith("attribute_"))
    shown: Json = {"email": values["primary_email_address"]}
    shown |= {name: values[name] for name in (*PERSON_VALUES, *custom) if values.get(name) is not None}
    shown |= {"manager": manager} if manager else {}
    shown |= {} if values["is_active"] else {"is_active": False}
    return shown | ({} if claims == ["here"] else {"claimed_by": claims})
