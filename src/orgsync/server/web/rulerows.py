"""A rule as rows of an editor: boxes of which one must be fulfilled, and in each box conditions that all must hold."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orgsync.core.columns import ATTRIBUTE_NAMES, label_of
from orgsync.core.groupnames import parse_group_list
from orgsync.core.grouprules.conditions import (
    STATUS,
    All,
    AnyOf,
    Compare,
    Condition,
    HasLicense,
    Leaf,
    MemberOf,
    Not,
    Operator,
    Ref,
    RuleError,
    UnderManager,
    holds_dates,
)
from orgsync.core.grouprules.parsing import parse_rule
from orgsync.core.grouprules.wording import Names

LICENSE, GROUP, MANAGER = "license", "member_of", "under_manager"
LINKS: Final = {
    GROUP: gettext_lazy("Group"),
    MANAGER: gettext_lazy("Manager"),
    LICENSE: gettext_lazy("License"),
    STATUS: gettext_lazy("Status"),
    "primary_email_address": gettext_lazy("E-mail address"),
    "unique_user_id": gettext_lazy("Unique user ID"),
}
_DATES: Final = ("before", "after")
_TEXTS: Final = {
    "is": gettext_lazy("is"),
    "is_not": gettext_lazy("is not"),
    "one_of": gettext_lazy("is one of"),
    "none_of": gettext_lazy("is none of"),
    "starts_with": gettext_lazy("begins with"),
    "not_starts_with": gettext_lazy("does not begin with"),
    "contains": gettext_lazy("contains"),
    "not_contains": gettext_lazy("does not contain"),
    "is_empty": gettext_lazy("is empty"),
    "not_is_empty": gettext_lazy("is not empty"),
    "before": gettext_lazy("is before"),
    "after": gettext_lazy("is after"),
}
_OPERATORS: Final[Mapping[str, Mapping[str, Any]]] = {
    GROUP: {"any": gettext_lazy("is in one of"), "none": gettext_lazy("is in none of")},
    LICENSE: {"any": gettext_lazy("holds one of"), "none": gettext_lazy("holds none of")},
    MANAGER: {
        "below": gettext_lazy("reports, directly or not, to"),
        "directly": gettext_lazy("reports directly to"),
        "not_below": gettext_lazy("does not report to"),
    },
    STATUS: {"is": gettext_lazy("is")},
}
_LISTS: Final = frozenset({"one_of", "none_of", "any", "none"})
_NO_VALUE: Final = frozenset({"is_empty", "not_is_empty"})


@dataclass(frozen=True, slots=True)
class Row:
    """One condition as it is written; `fault` says what is wrong with it."""

    what: str = "department_name"
    how: str = "is"
    value: str = ""
    fault: str = ""

    @property
    def operators(self) -> Sequence[tuple[str, Any]]:
        """What may be asked of it."""
        return list(operators_of(self.what).items())

    @property
    def has_value(self) -> bool:
        return self.how not in _NO_VALUE

    @property
    def is_date(self) -> bool:
        return self.how in _DATES

    @property
    def is_status(self) -> bool:
        return self.what == STATUS

    @property
    def takes_several(self) -> bool:
        return self.how in _LISTS

    @property
    def suggestions(self) -> str:
        """The id of the list of names that are offered, if there is one."""
        return {"department_name": "departments", GROUP: "groups", LICENSE: "pools"}.get(self.what, "")


def operators_of(what: str) -> Mapping[str, Any]:
    """Return what can be asked of an attribute, or of a group, license or manager."""
    if what in _OPERATORS:
        return _OPERATORS[what]
    return {how: text for how, text in _TEXTS.items() if how not in _DATES or holds_dates(what)}


def subjects(custom: Iterable[str]) -> list[tuple[str, Any]]:
    """Return everything that a row may ask about."""
    return [*LINKS.items(), *((name, label_of(name)) for name in (*ATTRIBUTE_NAMES, *custom))]


def condition_of_row(row: Row) -> Condition:
    """Return the condition that a row says; raise RuleError."""
    value: Any = row.value.strip()
    if row.takes_several:
        value = parse_group_list(row.value)
        if value is None:
            raise RuleError("", _("Separate several with commas, and put one that holds a comma in double quotes."))
    if row.has_value and not value:
        raise RuleError("", _("Say what to compare with."))
    if row.what in (GROUP, LICENSE):
        return _negated(parse_rule({row.what: value}), is_not=row.how == "none")
    if row.what == MANAGER:
        depth = {"depth": 1} if row.how == "directly" else {}
        return _negated(parse_rule({MANAGER: value, **depth}), is_not=row.how == "not_below")
    is_not = row.how.startswith("not_") or row.how == "none_of"
    operator = "one_of" if row.how == "none_of" else row.how.removeprefix("not_")
    asked = {"attribute": row.what, operator: True if operator == "is_empty" else value}
    return _negated(parse_rule(asked), is_not=is_not)


def _negated(condition: Condition, *, is_not: bool) -> Condition:
    return Not(condition) if is_not else condition


def condition_of_boxes(boxes: Sequence[Sequence[Condition]]) -> Condition:
    """Join conditions: all of a box, any of the boxes."""
    parts = [box[0] if len(box) == 1 else All(tuple(box)) for box in boxes]
    return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))


def boxes_of(condition: Condition, names: Names) -> list[list[Row]] | None:
    """Return the rows that say the condition; None for one that is nested deeper than boxes can say."""
    boxes = condition.parts if isinstance(condition, AnyOf) else (condition,)
    found = [[_row(part, names) for part in (box.parts if isinstance(box, All) else (box,))] for box in boxes]
    rows = [[row for row in box if row is not None and row.how in operators_of(row.what)] for box in found]
    return rows if list(map(len, rows)) == list(map(len, found)) else None


def _row(condition: Condition, names: Names) -> Row | None:
    is_not = isinstance(condition, Not)
    inner = condition.part if isinstance(condition, Not) else condition
    if not isinstance(inner, Compare | HasLicense | MemberOf | UnderManager):
        return None
    row = _leaf(inner, names)
    if not is_not:
        return row
    how = {"one_of": "none_of", "any": "none", "below": "not_below"}.get(row.how, f"not_{row.how}")
    return Row(row.what, how, row.value) if how in operators_of(row.what) else None


def _leaf(leaf: Leaf, names: Names) -> Row:
    match leaf:
        case HasLicense(pools):
            return Row(LICENSE, "any", _listed(pools, names.pools))
        case MemberOf(groups):
            return Row(GROUP, "any", _listed(groups, names.groups))
        case UnderManager(manager, depth):
            # Another depth than one has no word in the editor; its text form keeps it.
            how = "below" if depth is None else "directly" if depth == 1 else "deeper"
            return Row(MANAGER, how, _name(manager, names.learners))
        case Compare(attribute, operator, values):
            text = values[0] if values and operator is not Operator.ONE_OF else _joined(values)
            return Row(attribute, operator.value, text)


def _listed(refs: Iterable[Ref], names: Mapping[int, str]) -> str:
    return _joined(_name(ref, names) for ref in refs)


def _name(ref: Ref, names: Mapping[int, str]) -> str:
    return names.get(ref, str(ref)) if isinstance(ref, int) else ref


def _joined(texts: Iterable[str]) -> str:
    return ", ".join(map(_quoted, texts))


def _quoted(text: str) -> str:
    return '"{}"'.format(text.replace('"', '""')) if set(text) & {",", '"'} else text
