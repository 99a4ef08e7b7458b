"""What the editor of a rule takes in: rows in boxes, or the rule as text."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.http import QueryDict
from django.utils.translation import gettext as _

from orgsync.core.grouprules.conditions import STATUS, AnyOf, Condition, MemberOf, RuleError
from orgsync.core.grouprules.parsing import MOST_PARTS, STATUSES
from orgsync.core.grouprules.where import parse_where
from orgsync.core.grouprules.wording import Names, worded
from orgsync.server.web.rulerows import Row, boxes_of, condition_of_boxes, condition_of_row, operators_of

ROWS, TEXT = "rows", "text"
FIRST: Final = ((Row(),),)


@dataclass(frozen=True, slots=True)
class RuleForm:
    """The editor as it stands."""

    name: str = ""
    boxes: Sequence[Sequence[Row]] = FIRST
    text: str = ""
    mode: str = ROWS
    fault: str = ""
    condition: Condition | None = None
    """The rule, when nothing in it is at fault."""

    @property
    def numbered(self) -> list[list[tuple[int, Row]]]:
        """The rows with their numbers, which count through all boxes."""
        found, count = [], 0
        for box in self.boxes:
            found.append([(count + place, row) for place, row in enumerate(box)])
            count += len(box)
        return found

    @property
    def is_text(self) -> bool:
        return self.mode == TEXT

    @property
    def fits_rows(self) -> bool:
        """Whether what the text says can be said in rows."""
        return self.condition is not None and boxes_of(self.condition, Names()) is not None

    def checked(self) -> "RuleForm":
        """Return the form with its condition, or with what is wrong with it, row by row."""
        if self.is_text:
            try:
                return replace(self, condition=parse_where(self.text), fault="")
            except RuleError as error:
                return replace(self, condition=None, fault=str(error))
        boxes = [[_checked(row) for row in box] for box in self.boxes]
        if any(row.fault for box in boxes for row in box):
            return replace(self, boxes=boxes, condition=None)
        conditions = [[condition_of_row(row) for row in box] for box in boxes]
        return replace(self, boxes=boxes, condition=condition_of_boxes(conditions))

    def as_text(self) -> "RuleForm":
        """Return the editor with the rule as text; rows at fault are left out of it."""
        boxes = [[_checked(row) for row in box] for box in self.boxes]
        said = [[condition_of_row(row) for row in box if not row.fault] for box in boxes]
        said = [box for box in said if box]
        condition = condition_of_boxes(said) if said else None
        return replace(self, mode=TEXT, text=worded(condition) if condition else "", condition=condition)

    def as_rows(self) -> "RuleForm":
        """Return the editor with the rule as rows, where rows can say it."""
        found = self.checked()
        boxes = None if found.condition is None else boxes_of(found.condition, Names())
        if boxes is None:
            return replace(found, fault=found.fault or _("This rule is nested deeper than rows can say."))
        return replace(found, mode=ROWS, boxes=boxes)

    def changed(self, word: str) -> "RuleForm":
        """Return the editor after one of its buttons: `add:BOX`, `box`, `drop:ROW`, `text`, `rows`."""
        what, _colon, number = word.partition(":")
        at = int(number) if number.isdecimal() else -1
        if what == "text":
            return self.as_text()
        if what == "rows":
            return self.as_rows()
        boxes = [list(box) for box in self.boxes]
        if what == "box" and _has_room(boxes):
            boxes.append([Row()])
        elif what == "add" and 0 <= at < len(boxes) and _has_room(boxes):
            boxes[at].append(Row())
        elif what == "drop":
            boxes = [[row for number, row in box if number != at] for box in self.numbered]
        boxes = [box for box in boxes if box]
        return replace(self, boxes=boxes or FIRST).checked()


def _has_room(boxes: Sequence[Sequence[Row]]) -> bool:
    return sum(map(len, boxes)) < MOST_PARTS


def _checked(row: Row) -> Row:
    try:
        condition_of_row(row)
    except RuleError as error:
        return replace(row, fault=error.problem)
    return replace(row, fault="")


def posted_rule(data: QueryDict) -> RuleForm:
    """Return the editor as it was sent; an operator that does not go with its attribute becomes one that does."""
    parts = zip(*(data.getlist(name) for name in ("box", "what", "how", "value")), strict=False)
    boxes: dict[str, list[Row]] = {}
    for box, what, how, value in list(parts)[:MOST_PARTS]:
        known = operators_of(what)
        # What a list of statuses shows before anybody has chosen is its first.
        said = STATUSES[0] if what == STATUS and value not in STATUSES else value
        boxes.setdefault(box, []).append(Row(what, how if how in known else next(iter(known)), said))
    mode = TEXT if data.get("mode") == TEXT else ROWS
    return RuleForm(data.get("name", ""), list(boxes.values()) or FIRST, data.get("text", ""), mode)


def stored_rule(name: str, condition: Condition | None, names: Names, *, inside: str = "") -> RuleForm:
    """Return the editor of a group that has the rule, with another group put inside if one is named."""
    if inside:
        member = MemberOf((inside,))
        parts = condition.parts if isinstance(condition, AnyOf) else (condition,) if condition else ()
        condition = AnyOf((*parts, member)) if parts else member
    if condition is None:
        return RuleForm(name)
    boxes = boxes_of(condition, names)
    if boxes is None:
        return RuleForm(name, text=worded(condition, names), mode=TEXT)
    return RuleForm(name, boxes)
