"""The conditions of rule groups, as values. Groups, pools and managers are named by id, or not looked up yet."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from orgsync.core.columns import ATTRIBUTE_NAMES, BY_NAME, CUSTOM_NAME_LENGTH, CUSTOM_PREFIX, CellKind
from orgsync.core.errors import OrgSyncError

STATUS: Final = "status"
"""Not stored, but asked for like an attribute: `active` or `inactive`."""
KEY_ATTRIBUTES: Final = ("primary_email_address", "unique_user_id")
EXACT_ATTRIBUTES: Final = frozenset({"unique_user_id"})
"""Compared as they are, upper and lower case apart, as everywhere else."""

Ref = int | str
"""An id; or, before it has been looked up, a group's name, a pool's header, a manager's address or unique user id."""


class RuleError(OrgSyncError):
    """A rule that cannot be used; `where` is the place in it, in the form `all[1].one_of`."""

    def __init__(self, where: str, problem: str) -> None:
        self.where = where
        self.problem = problem
        super().__init__(f"{where}: {problem}" if where else problem)


class Operator(StrEnum):
    """What a condition on an attribute asks."""

    IS = "is"
    IS_NOT = "is_not"
    ONE_OF = "one_of"
    STARTS_WITH = "starts_with"
    CONTAINS = "contains"
    IS_EMPTY = "is_empty"
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Condition"


@dataclass(frozen=True, slots=True)
class Compare:
    """The attribute compares with the values as the operator asks; `IS_EMPTY` has none, `ONE_OF` any number."""

    attribute: str
    operator: Operator
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HasLicense:
    """The person holds an active license of one of the pools."""

    pools: tuple[Ref, ...]


@dataclass(frozen=True, slots=True)
class MemberOf:
    """The person is in one of the groups, for whatever reason."""

    groups: tuple[Ref, ...]


@dataclass(frozen=True, slots=True)
class UnderManager:
    """The person reports to the manager, directly or through others; at most `depth` steps below, if given."""

    manager: Ref
    depth: int | None = None


Leaf = Compare | HasLicense | MemberOf | UnderManager
Condition = All | AnyOf | Not | Leaf


def leaves(condition: Condition) -> Iterator[Leaf]:
    """Yield every condition that has no parts, in order."""
    if isinstance(condition, All | AnyOf):
        for part in condition.parts:
            yield from leaves(part)
    elif isinstance(condition, Not):
        yield from leaves(condition.part)
    else:
        yield condition


def attributes_of(condition: Condition) -> set[str]:
    """Return the names of the attributes that the condition asks about."""
    return {leaf.attribute for leaf in leaves(condition) if isinstance(leaf, Compare)}


def groups_of(condition: Condition) -> set[Ref]:
    """Return the groups that the condition asks about."""
    return {group for leaf in leaves(condition) if isinstance(leaf, MemberOf) for group in leaf.groups}


def pools_of(condition: Condition) -> set[Ref]:
    """Return the pools that the condition asks about."""
    return {pool for leaf in leaves(condition) if isinstance(leaf, HasLicense) for pool in leaf.pools}


def managers_of(condition: Condition) -> set[Ref]:
    """Return the managers that the condition asks about."""
    return {leaf.manager for leaf in leaves(condition) if isinstance(leaf, UnderManager)}


@dataclass(frozen=True, slots=True)
class Lookups:
    """Turn what people write into ids; each raises KeyError for what is not there."""

    group: Callable[[Ref], int]
    pool: Callable[[Ref], int]
    learner: Callable[[Ref], int]


def resolved(condition: Condition, lookups: Lookups) -> Condition:
    """Return the condition with ids only; raise RuleError for a name that is not known."""
    match condition:
        case All(parts) | AnyOf(parts):
            return type(condition)(tuple(resolved(part, lookups) for part in parts))
        case Not(part):
            return Not(resolved(part, lookups))
        case HasLicense(pools):
            return HasLicense(_found(pools, lookups.pool, "license", "license pool"))
        case MemberOf(groups):
            return MemberOf(_found(groups, lookups.group, "member_of", "group"))
        case UnderManager(manager, depth):
            return UnderManager(_found((manager,), lookups.learner, "under_manager", "person")[0], depth)
        case Compare():
            return condition


def _found(refs: tuple[Ref, ...], lookup: Callable[[Ref], int], where: str, what: str) -> tuple[int, ...]:
    ids = []
    for ref in refs:
        try:
            ids.append(lookup(ref))
        except KeyError as error:
            raise RuleError(where, f"There is no {what} {ref}.") from error
    return tuple(dict.fromkeys(ids))


def is_known_attribute(name: str) -> bool:
    """Say whether a condition may ask about an attribute of that name, custom ones included."""
    is_custom = name.startswith(CUSTOM_PREFIX) and 0 < len(name) - len(CUSTOM_PREFIX) <= CUSTOM_NAME_LENGTH
    return is_custom or name in (STATUS, *KEY_ATTRIBUTES, *ATTRIBUTE_NAMES)


def is_date_attribute(name: str) -> bool:
    """Say whether every value of the attribute is a date."""
    return name in ATTRIBUTE_NAMES and BY_NAME[name].kind is CellKind.DATE


def holds_dates(name: str) -> bool:
    """Say whether the attribute can be compared as a date: custom ones can, where they hold one."""
    return is_date_attribute(name) or name.startswith(CUSTOM_PREFIX)
