"""Conditions as text, in the form that `where` reads."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from orgsync.core.grouprules.conditions import (
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
)

PLAIN_NAME: Final = re.compile(r"[^\W\d][\w.\-]*")
"""Names of attributes that need no quotes."""
SIGNS: Final[Mapping[Operator, str]] = {
    Operator.IS: "=",
    Operator.IS_NOT: "!=",
    Operator.ONE_OF: "in",
    Operator.STARTS_WITH: "starts_with",
    Operator.CONTAINS: "contains",
    Operator.IS_EMPTY: "is empty",
    Operator.BEFORE: "before",
    Operator.AFTER: "after",
}


@dataclass(frozen=True, slots=True)
class Names:
    """What ids are shown as; an id without a name is shown as the number that it is."""

    groups: Mapping[int, str] = field(default_factory=dict)
    pools: Mapping[int, str] = field(default_factory=dict)
    learners: Mapping[int, str] = field(default_factory=dict)


def worded(condition: Condition, names: Names | None = None) -> str:
    """Return the condition as text; with no names it reads back as the same condition."""
    return _worded(condition, names or Names(), is_inside=False)


def _worded(condition: Condition, names: Names, *, is_inside: bool) -> str:
    match condition:
        case All(parts) | AnyOf(parts):
            word = " and " if isinstance(condition, All) else " or "
            text = word.join(_worded(part, names, is_inside=True) for part in parts)
            # One part alone has no word that says which it was; parentheses do no harm.
            return f"({text})" if is_inside and len(parts) > 1 else text
        case Not(part):
            return f"not ({_worded(part, names, is_inside=False)})"
        case HasLicense(pools):
            return f"license in ({_refs(pools, names.pools)})"
        case MemberOf(groups):
            return f"member_of ({_refs(groups, names.groups)})"
        case UnderManager(manager, depth):
            steps = "" if depth is None else f" depth {depth}"
            return f"under_manager {_refs((manager,), names.learners)}{steps}"
        case Compare():
            return _compared(condition)


def _compared(compare: Compare) -> str:
    is_plain = PLAIN_NAME.fullmatch(compare.attribute)
    name = compare.attribute if is_plain else _quoted(compare.attribute)
    begun = f"{name} {SIGNS[compare.operator]}"
    if compare.operator is Operator.IS_EMPTY:
        return begun
    values = ", ".join(map(_quoted, compare.values))
    return f"{begun} ({values})" if compare.operator is Operator.ONE_OF else f"{begun} {values}"


def _refs(refs: tuple[Ref, ...], names: Mapping[int, str]) -> str:
    return ", ".join(_ref(ref, names) for ref in refs)


def _ref(ref: Ref, names: Mapping[int, str]) -> str:
    name = names.get(ref) if isinstance(ref, int) else ref
    return str(ref) if name is None else _quoted(name)


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
