"""Who joins and leaves rule groups, because of what the other stages change or because a rule itself changes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from orgsync.core.directory import ACTIVE, REASON_FILE, REASON_RULE, Directory
from orgsync.core.grouprules.book import AppliedRule, RuleEdit, stored_attributes
from orgsync.core.grouprules.conditions import Condition, managers_of
from orgsync.core.grouprules.judging import LINKS, World, reports_of, rule_members
from orgsync.core.issuerows import no_issues
from orgsync.core.plan import Policy, Writes
from orgsync.core.planning.later import left_for_later
from orgsync.core.planning.memberships import MEMBERSHIPS, NEW_GROUPS

_PAIR: Final = ["learner_id", "group_id"]


@dataclass(frozen=True, slots=True)
class RuleGroups:
    """`writes`: those given, with what rules add; `changes`: all their memberships as `MEMBERSHIPS`."""

    writes: Writes
    changes: pl.DataFrame
    issues: pl.DataFrame


@dataclass(frozen=True, slots=True)
class _Final:
    """The rules as they shall be, and everybody who is judged by them as they shall be."""

    rules: Mapping[int, Condition]
    applied: AppliedRule | None
    people: pl.DataFrame
    stands: pl.DataFrame
    """`learner_id`, `group_id` and masks of reasons, `before` the plan and `after` all stages but this one."""
    gone: tuple[int, ...] = ()
    """Groups that the plan removes."""


def plan_rule_groups(writes: Writes, named: pl.DataFrame, directory: Directory, policy: Policy) -> RuleGroups:
    """Return what the rules make of a plan that has everything else.

    `named` has `learner_id` and `row_number` of everybody whom a row names. Rules are judged for everybody named or
    changed, for those below somebody whose manager changes where a rule asks for that, and for the whole directory
    when a rule changes. There is one line for each person and group in the result, whatever the reasons.
    """
    rows = named.select("learner_id", "row_number").unique("learner_id", keep="first")
    if directory.rules.is_empty:
        return RuleGroups(writes, _numbered(writes.memberships, rows), no_issues())
    applied, writes = _apply_edit(directory, writes)
    final = _final(applied, writes, named, directory)
    members = rule_members(final.rules, _world(final, writes, directory))
    moved, issues = _numbered(_moved(final, members), rows), no_issues()
    if policy.takes_nothing:
        moved, issues = _without_losses(moved)
    others = writes.memberships.filter(~pl.col("group_id").is_in(_judged_groups(final)))
    changed = moved.filter(pl.col("before") != pl.col("after"))
    changes = pl.concat([_numbered(others, rows), changed]).sort(_PAIR)
    return RuleGroups(replace(writes, memberships=changes.drop("row_number")), changes, issues)


def _numbered(changes: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    return changes.join(rows, on="learner_id", how="left", maintain_order="left").select(list(MEMBERSHIPS))


def _apply_edit(directory: Directory, writes: Writes) -> tuple[AppliedRule | None, Writes]:
    """Find the group that the edit is about, or make it; end it where its rule was all that it had."""
    edit = directory.rules.edit
    if edit is None:
        return None, writes
    known = [frame.select(list(NEW_GROUPS)) for frame in (directory.groups, writes.new_groups, writes.restored_groups)]
    found = pl.concat(known).filter(group_key=edit.group_key)["group_id"].to_list()
    if not found and edit.condition is None:
        return None, writes
    if not found:
        made = pl.DataFrame([(_next_id(writes), edit.group_name, edit.group_key)], schema=NEW_GROUPS, orient="row")
        writes = replace(writes, new_groups=pl.concat([writes.new_groups, made]))
        found = made["group_id"].to_list()
    applied = AppliedRule(found[0], edit.group_name, directory.rules.rules.get(found[0]), edit.condition)
    return applied, replace(writes, rule=applied, removed_groups=_removed_groups(writes, applied, edit))


def _next_id(writes: Writes) -> int:
    taken: list[int] = writes.new_groups["group_id"].to_list()
    return min(taken, default=0) - 1


def _removed_groups(writes: Writes, applied: AppliedRule, edit: RuleEdit) -> tuple[int, ...]:
    goes = applied.after is None and not edit.keeps_group
    return tuple(dict.fromkeys([*writes.removed_groups, *([applied.group_id] if goes else [])]))


def _final(applied: AppliedRule | None, writes: Writes, named: pl.DataFrame, directory: Directory) -> _Final:
    rules = dict(directory.rules.rules)
    if applied is not None:
        rules.pop(applied.group_id, None)
        rules |= {} if applied.after is None else {applied.group_id: applied.after}
    columns = ("is_active", *sorted(stored_attributes(list(rules.values()))))
    is_whole = applied is not None or directory.rules.checks_everybody
    touched = None if is_whole else _touched(rules, writes, named, directory)
    people = people_after(directory, writes, columns, touched)
    return _Final(rules, applied, people, _stands(people, writes, directory), writes.removed_groups)


def _touched(rules: Mapping[int, Condition], writes: Writes, named: pl.DataFrame, directory: Directory) -> pl.Series:
    """Return everybody of whom a rule may say something else than before."""
    people = (named, writes.creates, writes.restored, writes.updates)
    frames = (*people, writes.memberships, writes.licenses, writes.overrides)
    touched = pl.concat([frame["learner_id"] for frame in frames])
    if any(managers_of(condition) for condition in rules.values()):
        moved = writes.changes.filter(pl.col("attribute") == "manager")["learner_id"].unique()
        touched = pl.concat([touched, reports_of(_links(directory, writes), moved)])
    return touched.unique()


def people_after(
    directory: Directory, writes: Writes, columns: tuple[str, ...], touched: pl.Series | None = None
) -> pl.DataFrame:
    """Return `learner_id` and the columns (attributes, keys, `is_active`, `manager_id`) as they are after the plan.

    `touched` limits that to some people; an attribute that nobody has is null.
    """
    frames = (directory.learners, writes.updates, writes.creates, writes.restored)
    stored, updates, creates, restored = (_limited(frame, touched) for frame in frames)
    stored = stored.join(writes.removed, on="learner_id", how="anti", maintain_order="left")
    unchanged = stored.join(updates, on="learner_id", how="anti", maintain_order="left")
    beside = updates.select("learner_id", *(name for name in columns if name in updates.columns)).join(
        stored.select("learner_id", *(n for n in columns if n in stored.columns and n not in updates.columns)),
        on="learner_id",
        how="left",
        maintain_order="left",
    )
    parts = [unchanged, beside, creates, *([restored] if restored.height else [])]
    return pl.concat([_with_all(part, columns).select("learner_id", *columns) for part in parts])


def _limited(people: pl.DataFrame, touched: pl.Series | None) -> pl.DataFrame:
    return people if touched is None else people.filter(pl.col("learner_id").is_in(touched.implode()))


def _with_all(people: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    missing = [name for name in columns if name not in people.columns]
    return people.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in missing)


def _links(directory: Directory, writes: Writes) -> pl.DataFrame:
    return people_after(directory, writes, ("manager_id",))


def _stands(people: pl.DataFrame, writes: Writes, directory: Directory) -> pl.DataFrame:
    """Put the memberships that stand and those that other stages change side by side."""
    changes = writes.memberships.select(*_PAIR, "before", "after")
    stored = directory.memberships.join(people, on="learner_id", how="semi").join(changes, on=_PAIR, how="anti")
    return pl.concat([stored.select(*_PAIR, before="reasons", after="reasons"), changes])


def _world(final: _Final, writes: Writes, directory: Directory) -> World:
    needs_links = any(managers_of(condition) for condition in final.rules.values())
    others = final.stands.filter(_other_reasons(final) > 0)
    return World(
        people=final.people,
        links=_links(directory, writes) if needs_links else pl.DataFrame(schema=LINKS),
        memberships=others.select(_PAIR),
        denied=_denied(directory, writes),
        licenses=_licenses(directory, writes),
    )


def _other_reasons(final: _Final) -> pl.Expr:
    """Return the mask of reasons beside the rule; where a rule takes over a group files have no say any more."""
    after = pl.col("after").cast(pl.Int64)
    others = after - (after & REASON_RULE)
    if final.applied is None or final.applied.after is None:
        return others
    is_edited = pl.col("group_id") == final.applied.group_id
    return pl.when(is_edited).then(others - (others & REASON_FILE)).otherwise(others)


def _denied(directory: Directory, writes: Writes) -> pl.DataFrame:
    """Return who was taken out of a group by hand, as the plan leaves it."""
    changed = writes.overrides.select("learner_id", "target", "is_kept")
    kept = directory.overrides.join(changed, on=["learner_id", "target"], how="anti")
    both = pl.concat([kept, changed.filter("is_kept").drop("is_kept")])
    of_groups = both.filter(pl.col("target").str.starts_with("group:"))
    return of_groups.select("learner_id", group_id=pl.col("target").str.strip_prefix("group:").cast(pl.Int64))


def _licenses(directory: Directory, writes: Writes) -> pl.DataFrame:
    moved = writes.licenses.select("learner_id", "pool_id", state="after")
    kept = directory.licenses.select("learner_id", "pool_id", "state").join(
        moved, on=["learner_id", "pool_id"], how="anti"
    )
    return pl.concat([kept, moved]).filter(pl.col("state") == ACTIVE).select("learner_id", "pool_id")


def _judged_groups(final: _Final) -> list[int]:
    return sorted({*final.rules, *([final.applied.group_id] if final.applied else [])})


def _moved(final: _Final, members: pl.DataFrame) -> pl.DataFrame:
    """Return `learner_id`, `group_id`, `before`, `after` of the judged groups, also where both are the same."""
    stands = final.stands.filter(pl.col("group_id").is_in(_judged_groups(final)))
    stands = stands.with_columns(others=_other_reasons(final))
    both = stands.join(members.with_columns(by_rule=pl.lit(REASON_RULE, pl.Int64)), on=_PAIR, how="full", coalesce=True)
    after = pl.col("others").fill_null(0) | pl.col("by_rule").fill_null(0)
    return both.select(*_PAIR, before=pl.col("before").fill_null(0), after=after.cast(pl.Int16)).with_columns(
        after=pl.when(pl.col("group_id").is_in(list(final.gone))).then(0).otherwise("after").cast(pl.Int16)
    )


def _without_losses(moved: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Where nothing may be taken, leave people in the groups that the rules would take them out of."""
    leaves = (pl.col("before") > 0) & (pl.col("after") == 0)
    kept = left_for_later(moved.filter(leaves), pl.lit("Leaving a rule group"), column="groups")
    return moved.filter(~leaves), kept
