"""Filters of the standard: as a condition of the database, or judged on a value that is at hand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Q
from django.utils.dateparse import parse_datetime
from scim2_filter_parser import ast

from orgsync.core.normalize import fold_key
from orgsync.server.scim.errors import invalid_filter
from orgsync.server.scim.names import without_core

MOST_CHARACTERS: Final = 2_000
MOST_BRACKETS: Final = 30
"""Opening brackets in a filter: each is a step deeper for whoever walks through it."""
_NOBODY: Final = Q(id__in=[])
_TEXT_LOOKUPS: Final = {"eq": "exact", "co": "contains", "sw": "startswith", "ew": "endswith"}
_ORDER_LOOKUPS: Final = {"eq": "exact", "gt": "gt", "ge": "gte", "lt": "lt", "le": "lte"}
Make = Callable[[str, str | None], Q]
"""From an operator (lower case) and its value to a condition; raises ScimError for what makes no sense."""


@dataclass(frozen=True, slots=True)
class Condition:
    """`attribute` (`name.givenname`, `urn:…:enterprise:2.0:user:department`; all lower case), operator, value."""

    attribute: str
    operator: str
    value: str | None


def parse(text: str) -> ast.AST:
    """Return the filter as a tree; raise ScimError for a text that is none."""
    from scim2_filter_parser.lexer import SCIMLexer  # noqa: PLC0415  dear
    from scim2_filter_parser.parser import SCIMParser, SCIMParserError  # noqa: PLC0415

    if len(text) > MOST_CHARACTERS or text.count("(") + text.count("[") > MOST_BRACKETS:
        raise invalid_filter(f"A filter has at most {MOST_CHARACTERS:,} characters and {MOST_BRACKETS} brackets.")
    if "\0" in text:
        raise invalid_filter("A filter holds no NUL.")
    try:
        return SCIMParser().parse(SCIMLexer().tokenize(text))
    except (SCIMParserError, ValueError, RecursionError) as error:
        raise invalid_filter(f"This is no filter: {text}") from error


def to_query(tree: ast.AST, fields: Mapping[str, Make]) -> Q:
    """Return the filter as a condition; raise ScimError for an attribute by which nothing can be found."""

    def judge(condition: Condition) -> Q:
        make = fields.get(condition.attribute)
        if make is None:
            raise invalid_filter(f"There is no filter by {condition.attribute}.")
        if condition.operator == "ne":
            return ~make("eq", condition.value)
        return make(condition.operator, condition.value)

    judging = _Judging(judge, lambda one, other: one & other, lambda one, other: one | other, lambda one: ~one)
    found: Q = _walk(tree, "", judging)
    return found


def matches(tree: ast.AST, item: Mapping[str, Any]) -> bool:
    """Say whether the filter of a value path (`type eq "work"`) fits one value of an attribute with several."""
    known = {name.lower(): value for name, value in item.items()}
    judging = _Judging(
        lambda condition: _is_so(condition, known.get(condition.attribute)),
        lambda one, other: one and other,
        lambda one, other: one or other,
        lambda one: not one,
    )
    return bool(_walk(tree, "", judging))


def wanted_by(tree: ast.AST) -> dict[str, str]:
    """Return what a value must say to fit, where the filter is made of `eq` and `and` alone; else nothing."""
    found: dict[str, str] = {}

    def note(condition: Condition) -> bool:
        if condition.operator == "eq" and condition.value is not None:
            found[condition.attribute] = condition.value
            return True
        return False

    judging = _Judging(note, lambda one, other: one and other, lambda _one, _other: False, lambda _one: False)
    is_plain: bool = _walk(tree, "", judging)
    return found if is_plain else {}


def text(lookup: str, *, fold: bool) -> Make:
    """Compare a column of texts; `fold` where the column holds folded keys, else without regard to case."""

    def make(operator: str, value: str | None) -> Q:
        if operator == "pr":
            return Q(**{f"{lookup}__isnull": False}) & ~Q(**{lookup: ""})
        known = _TEXT_LOOKUPS.get(operator)
        if known is None or value is None:
            raise invalid_filter(f"{operator} does not fit a text.")
        if fold:
            return Q(**{f"{lookup}__{known}": fold_key(value)})
        return Q(**{f"{lookup}__i{known}": value})

    return make


def exact(lookup: str) -> Make:
    """Compare a column whose letters count as they are."""

    def make(operator: str, value: str | None) -> Q:
        if operator == "pr":
            return Q(**{f"{lookup}__isnull": False})
        known = _TEXT_LOOKUPS.get(operator)
        if known is None or value is None:
            raise invalid_filter(f"{operator} does not fit a text.")
        return Q(**{f"{lookup}__{known}": value})

    return make


def id_of(text: str, prefix: str = "") -> int:
    """Return the number of an id with the prefix; -1, which is nobody's, for any other text."""
    number = text.removeprefix(prefix)
    is_one = text.startswith(prefix) and number.isascii() and number.isdecimal() and len(number) <= 18
    return int(number) if is_one else -1


def number(lookup: str, prefix: str = "") -> Make:
    """Compare an id; what is none is nobody's."""

    def make(operator: str, value: str | None) -> Q:
        if operator == "pr":
            return Q(**{f"{lookup}__isnull": False})
        if operator != "eq":
            raise invalid_filter(f"{operator} does not fit an id.")
        return Q(**{lookup: id_of(value or "", prefix)})

    return make


def flag(lookup: str) -> Make:
    def make(operator: str, value: str | None) -> Q:
        if operator == "pr":
            return ~_NOBODY
        if operator != "eq" or (value or "").lower() not in {"true", "false"}:
            raise invalid_filter("Compare with eq true or eq false.")
        return Q(**{lookup: (value or "").lower() == "true"})

    return make


def moment(lookup: str) -> Make:
    def make(operator: str, value: str | None) -> Q:
        if operator == "pr":
            return ~_NOBODY
        known, at = _ORDER_LOOKUPS.get(operator), _moment(value or "")
        if known is None or at is None:
            raise invalid_filter("Compare with a date and time such as 2026-03-02T10:30:00Z.")
        return Q(**{f"{lookup}__{known}": at})

    return make


def always(fixed: str) -> Make:
    """Compare a value that everybody has."""

    def make(operator: str, value: str | None) -> Q:
        is_so = _is_so(Condition("", operator, value), fixed)
        return ~_NOBODY if is_so else _NOBODY

    return make


def _moment(value: str) -> datetime | None:
    try:
        found = parse_datetime(value)
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


@dataclass(frozen=True, slots=True)
class _Judging:
    """What becomes of a condition, and of what is found of several."""

    judge: Callable[[Condition], Any]
    both: Callable[[Any, Any], Any]
    either: Callable[[Any, Any], Any]
    turned: Callable[[Any], Any]


def _walk(node: ast.AST, prefix: str, judging: _Judging) -> Any:
    """Judge each condition of the tree, and put together what was found."""
    if isinstance(node, ast.Filter):
        inside = f"{prefix}{_name(node.namespace)}." if node.namespace else prefix
        found = _walk(node.expr, inside, judging)
        return judging.turned(found) if node.negated else found
    if isinstance(node, ast.LogExpr):
        parts = [_walk(part, prefix, judging) for part in (node.expr1, node.expr2)]
        return judging.both(*parts) if node.op.lower() == "and" else judging.either(*parts)
    value = None if node.comp_value is None else str(node.comp_value.value)
    named = node.attr_path.attr_name
    if isinstance(named, ast.Filter):
        # emails[type eq "work"].value eq "ana@example.com"
        outer = named.namespace.attr_name.lower()
        which = _walk(named.expr, f"{prefix}{outer}.", judging)
        return judging.both(which, judging.judge(Condition(_name(named.namespace), node.value.lower(), value)))
    return judging.judge(Condition(f"{prefix}{_name(node.attr_path)}", node.value.lower(), value))


def _name(path: ast.AST) -> str:
    parts = [f"{path.uri}:{path.attr_name}" if path.uri else path.attr_name]
    if path.sub_attr:
        parts.append(path.sub_attr.value)
    return without_core(".".join(parts).lower())


def _is_so(condition: Condition, found: Any) -> bool:
    if condition.operator == "pr":
        return found not in (None, "")
    here, there = str(found if found is not None else "").lower(), (condition.value or "").lower()
    tests: dict[str, Callable[[], bool]] = {
        "eq": lambda: here == there,
        "ne": lambda: here != there,
        "co": lambda: there in here,
        "sw": lambda: here.startswith(there),
        "ew": lambda: here.endswith(there),
    }
    test = tests.get(condition.operator)
    if test is None:
        raise invalid_filter(f"{condition.operator} does not fit here.")
    return test()
