"""Rules as JSON: what is stored, and what pages and programs send.

A condition is an object: {"all": […]}, {"any": […]}, {"not": {…}}, {"attribute": NAME, OPERATOR: VALUE},
{"license": [POOL, …]}, {"member_of": [GROUP, …]}, {"under_manager": PERSON, "depth": NUMBER}.
"""

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from orgsync.core.dates import iso_dates
from orgsync.core.grouprules.conditions import (
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
    RuleError,
    UnderManager,
    holds_dates,
    is_date_attribute,
    is_known_attribute,
)

DEEPEST: Final = 10
"""How far conditions may be nested."""
MOST_PARTS: Final = 100
MOST_VALUES: Final = 1_000
LONGEST_VALUE: Final = 2_000
STATUSES: Final = ("active", "inactive")
_ON_STATUS: Final = (Operator.IS, Operator.IS_NOT, Operator.ONE_OF)
_ON_DATES: Final = (Operator.BEFORE, Operator.AFTER)
_ON_PARTS: Final = (Operator.STARTS_WITH, Operator.CONTAINS)


def parse_rule(value: object) -> Condition:
    """Return the condition that JSON describes; raise RuleError, which says where in it the first fault is."""
    return _condition(value, "", 1)


def to_json(condition: Condition) -> dict[str, Any]:
    """Return the JSON that `parse_rule` reads as this condition."""
    match condition:
        case All(parts) | AnyOf(parts):
            return {"all" if isinstance(condition, All) else "any": [to_json(part) for part in parts]}
        case Not(part):
            return {"not": to_json(part)}
        case HasLicense(pools):
            return {"license": list(pools)}
        case MemberOf(groups):
            return {"member_of": list(groups)}
        case UnderManager(manager, depth):
            return {"under_manager": manager} | ({} if depth is None else {"depth": depth})
        case Compare(attribute, operator, values):
            return {"attribute": attribute, operator.value: _json_values(operator, values)}


def _json_values(operator: Operator, values: tuple[str, ...]) -> object:
    if operator is Operator.IS_EMPTY:
        return True
    return list(values) if operator is Operator.ONE_OF else values[0]


def _condition(value: object, where: str, depth: int) -> Condition:
    if depth > DEEPEST:
        raise RuleError(where, f"Conditions may be nested {DEEPEST} deep.")
    if not isinstance(value, Mapping) or not value:
        raise RuleError(where, "A condition is an object, such as {“attribute”: “country_code”, “is”: “PT”}.")
    keys = set(value)
    if "attribute" in keys:
        return _compare(value, where)
    kind = next(iter(keys - {"depth"}), "depth")
    inside = f"{where}.{kind}" if where else str(kind)
    if len(keys) > 1 and keys != {"under_manager", "depth"}:
        raise RuleError(where, f"A condition asks one thing; this one has {', '.join(sorted(map(str, keys)))}.")
    if kind == "under_manager":
        return UnderManager(_ref(value[kind], inside), _depth(value, where))
    return _asked(kind, value[kind], inside, depth)


def _asked(kind: object, content: object, inside: str, depth: int) -> Condition:
    match kind:
        case "all" | "any":
            return (All if kind == "all" else AnyOf)(_parts(content, inside, depth))
        case "not":
            return Not(_condition(content, inside, depth + 1))
        case "license":
            return HasLicense(_refs(content, inside))
        case "member_of":
            return MemberOf(_refs(content, inside))
    raise RuleError(inside, f"{kind} is no condition; use all, any, not, attribute, license, member_of, under_manager.")


def _parts(content: object, where: str, depth: int) -> tuple[Condition, ...]:
    values = _list(content, where, MOST_PARTS)
    return tuple(_condition(value, f"{where}[{place}]", depth + 1) for place, value in enumerate(values))


def _list(content: object, where: str, most: int) -> list[object]:
    if not isinstance(content, list | tuple) or not content:
        raise RuleError(where, "This is a list with something in it.")
    if len(content) > most:
        raise RuleError(where, f"This list has {len(content):,} entries; at most {most:,} are allowed.")
    return list(content)


def _refs(content: object, where: str) -> tuple[Ref, ...]:
    values = _list(content, where, MOST_VALUES)
    return tuple(_ref(value, f"{where}[{place}]") for place, value in enumerate(values))


def _ref(value: object, where: str) -> Ref:
    is_id = isinstance(value, int) and not isinstance(value, bool) and value > 0
    is_name = isinstance(value, str) and 0 < len(value.strip()) <= LONGEST_VALUE
    if not is_id and not is_name:
        raise RuleError(where, "This is a name or an id.")
    return value  # type: ignore[return-value]


def _depth(value: Mapping[Any, object], where: str) -> int | None:
    depth = value.get("depth")
    if depth is None:
        return None
    if not isinstance(depth, int) or isinstance(depth, bool) or depth < 1:
        raise RuleError(f"{where}.depth" if where else "depth", "This is a number from 1.")
    return depth


def _compare(value: Mapping[Any, object], where: str) -> Compare:
    name = value["attribute"]
    if not isinstance(name, str) or not is_known_attribute(name):
        raise RuleError(_at(where, "attribute"), f"There is no attribute {name}.")
    words = [word for word in value if word != "attribute"]
    if len(words) != 1 or words[0] not in list(Operator):
        raise RuleError(where, f"Say one thing of {name}: {', '.join(Operator)}.")
    operator = Operator(words[0])
    return Compare(name, operator, _values(name, operator, value[operator.value], _at(where, operator.value)))


def _values(name: str, operator: Operator, content: object, where: str) -> tuple[str, ...]:
    if operator is Operator.IS_EMPTY:
        if content is not True:
            raise RuleError(where, "Write true here, and put the condition under “not” for the contrary.")
        return ()
    if name == STATUS and operator not in _ON_STATUS:
        raise RuleError(where, "A status is compared by is, is_not or one_of.")
    if operator in _ON_DATES and not holds_dates(name):
        raise RuleError(where, f"{name} holds no dates.")
    if operator is Operator.ONE_OF:
        listed = _list(content, where, MOST_VALUES)
        return tuple(_text(name, operator, one, f"{where}[{place}]") for place, one in enumerate(listed))
    return (_text(name, operator, content, where),)


def _text(name: str, operator: Operator, value: object, where: str) -> str:
    if not isinstance(value, str) or not 0 < len(value.strip()) <= LONGEST_VALUE:
        raise RuleError(where, f"This is a text of 1 to {LONGEST_VALUE:,} characters.")
    if name == STATUS and value not in STATUSES:
        raise RuleError(where, "A status is active or inactive.")
    is_date = operator in _ON_DATES or (is_date_attribute(name) and operator not in _ON_PARTS)
    if is_date and not _is_date(value):
        raise RuleError(where, f"{value} is no date; write it as 2026-03-31.")
    return value.strip()


def _is_date(value: str) -> bool:
    return iso_dates(pl.Series([value.strip()])).to_list() == [value.strip()]


def _at(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key
