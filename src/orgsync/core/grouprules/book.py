"""The rules that an organization has, in the order in which they can be judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from orgsync.core.grouprules.conditions import STATUS, Condition, RuleError, attributes_of, groups_of, managers_of


class RuleCircle(RuleError):
    """Rules that ask about each other; `groups` are those on the way, the first one again at its end."""

    def __init__(self, groups: Sequence[int], names: Mapping[int, str] | None = None) -> None:
        self.groups = tuple(groups)
        shown = " → ".join((names or {}).get(group, str(group)) for group in groups)
        super().__init__("member_of", f"Groups must not contain each other in a circle: {shown}.")


@dataclass(frozen=True, slots=True)
class RuleEdit:
    """What a job does to one rule group: gives it the condition, made anew where it is not there; None ends it.

    With `keeps_group` only the rule ends: the group is then one by file and by hand.
    """

    group_name: str
    group_key: str
    condition: Condition | None
    keeps_group: bool = False


@dataclass(frozen=True, slots=True)
class AppliedRule:
    """A planned edit with the group that it is about; its id is below zero where the plan makes the group."""

    group_id: int
    group_name: str
    before: Condition | None
    after: Condition | None


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Rules by group id, with ids only in them, and what the job that is planned does to one of them."""

    rules: Mapping[int, Condition] = field(default_factory=dict)
    edit: RuleEdit | None = None
    checks_everybody: bool = False
    """Whether the rules are judged for people too whom the plan does not touch."""

    @property
    def is_empty(self) -> bool:
        return not self.rules and self.edit is None

    @property
    def attributes(self) -> set[str]:
        """Names of all stored attributes that the rules ask about, those of the edit included."""
        return stored_attributes([*self.rules.values(), *([self.edit.condition] if self.edit else [])])


def rules_need_everybody(book: RuleBook) -> bool:
    """Say whether a plan needs the rows of people whom it does not touch, because of rules.

    It does when everybody is to be judged, and when a rule asks who reports to whom. In every other case it is enough
    that the directory has, of everybody whom the plan names or changes, the whole row, all memberships and all
    licenses.
    """
    if book.edit is not None or book.checks_everybody:
        return True
    return any(managers_of(condition) for condition in book.rules.values())


def stored_attributes(conditions: list[Condition | None]) -> set[str]:
    """Return the names of attributes that must be read to judge the conditions."""
    return set[str]().union(*(attributes_of(one) for one in conditions if one is not None)) - {STATUS}


def in_order(rules: Mapping[int, Condition]) -> list[int]:
    """Return the groups so that each comes after the groups that its rule asks about.

    Raises RuleCircle when rules ask about each other in a circle.
    """
    asked = {group: groups_of(condition) & rules.keys() for group, condition in rules.items()}
    try:
        return [group for group in TopologicalSorter(asked).static_order() if isinstance(group, int)]
    except CycleError as error:
        raise RuleCircle(error.args[1][::-1]) from error
