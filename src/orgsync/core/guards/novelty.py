"""Too much that was never seen before: groups, custom attributes, values of an attribute."""

from collections.abc import Iterator
from typing import Final

import polars as pl

from orgsync.core.guards.case import Case, HoldReason
from orgsync.core.guards.limits import Limit
from orgsync.core.plan import ChangeKind

_PERSONAL: Final = frozenset(
    {
        *("preferred_first_name", "preferred_last_name", "profile_description"),
        *("work_phone_number", "mobile_phone_number", "start_date", "end_date"),
    }
)
"""Attributes whose values nobody expects to have been there."""


def new_groups(case: Case, limit: Limit) -> HoldReason | None:
    """Say that the plan makes too many groups."""
    count, base = case.lines(ChangeKind.GROUP_CREATED).height, case.directory.groups.height
    text = f"{count:,} groups would be new; there are {base:,}."
    return None if case.is_first_file or not limit.is_over(count, base) else HoldReason("new_groups", text, count, base)


def new_attributes(case: Case, limit: Limit) -> HoldReason | None:
    """Say that the plan makes too many custom attributes."""
    count, base = case.lines(ChangeKind.ATTRIBUTE_CREATED).height, len(case.directory.custom_attributes)
    if case.is_first_file or not limit.is_over(count, base):
        return None
    return HoldReason("new_attributes", f"{count:,} attributes would be new; there are {base:,}.", count, base)


def new_values(case: Case, limit: Limit) -> HoldReason | None:
    """Say that attributes get too many values that nobody has yet, where people share values as a rule."""
    if case.is_first_file:
        return None
    found = [(name, count, base) for name, count, base in _new_values(case, limit) if limit.is_over(count, base)]
    if not found:
        return None
    named = ", ".join(f"{name} ({count:,}; there are {base:,})" for name, count, base in found)
    counts, bases = [count for _, count, _ in found], [base for _, _, base in found]
    text = f"Attributes would get values that nobody has: {named}."
    return HoldReason("new_values", text, sum(counts), sum(bases), tuple(name for name, _, _ in found))


def _new_values(case: Case, limit: Limit) -> Iterator[tuple[str, int, int]]:
    """Yield attribute, values that nobody has, values that there are, for shared attributes with many of them."""
    enough = min(limit.number, limit.cap or limit.number)
    kinds = [ChangeKind.VALUE_SET.value, ChangeKind.VALUE_CHANGED.value]
    changed = case.plan.changes.filter(pl.col("kind").is_in(kinds)).select("target", value="after")
    creates = case.plan.writes.creates
    names = set(changed["target"].unique()) | {name for name in case.layout.attribute_fields if name in creates.columns}
    for name in sorted(names - _PERSONAL):
        given = changed.filter(pl.col("target") == name)["value"]
        if name in creates.columns:
            given = pl.concat([given, creates[name].drop_nulls()])
        if given.n_unique() <= enough:
            continue
        values, count = _known_values(case, name)
        if values.len() * 2 <= count if count else _is_shared(given):
            yield name, _unknown(given, values), values.len()


def _known_values(case: Case, name: str) -> tuple[pl.Series, int]:
    """Return the values of an attribute in the whole directory, each once, and how many people have one."""
    directory = case.directory
    if name not in directory.learners.columns:
        return pl.Series(dtype=pl.String), 0
    if directory.everybody is None:
        known = directory.learners[name].drop_nulls()
        return known.unique(), known.len()
    counted = directory.everybody.values(name)
    return counted["value"], int(counted["count"].sum())


def _unknown(given: pl.Series, known: pl.Series) -> int:
    return given.unique().to_frame("value").join(known.to_frame("value"), on="value", how="anti").height


def _is_shared(values: pl.Series) -> bool:
    """Say whether at least two people have each value, on average: numbers and names of one's own are always new."""
    return values.n_unique() * 2 <= values.len()
