"""Who gets an assignment, and for whom one is closed: because of what the plan changes, or because of its own edits.

Where a person stands follows from the person: whoever is in the audience, active, and has started has the assignment
open, until they complete it. So an undo needs no trace of its own: it puts people back, and this stage looks at them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from orgsync.core.assigning import CLOSED, OPEN, Assignment, Audience, AudienceKind
from orgsync.core.directory import Directory
from orgsync.core.issuerows import no_issues
from orgsync.core.normalize import fold_key, fold_keys
from orgsync.core.plan import LEARNER_ASSIGNMENTS, Policy, Writes
from orgsync.core.planning.later import left_for_later
from orgsync.core.planning.rulegroups import people_after

NUMBERED: Final = pl.Schema([*LEARNER_ASSIGNMENTS.items(), ("row_number", pl.Int64())])
_PAIR: Final = ["learner_id", "assignment_id"]
_REACHED: Final = pl.Schema({"learner_id": pl.Int64, "assignment_id": pl.Int64, "due": pl.String, "waits": pl.Boolean})


@dataclass(frozen=True, slots=True)
class Assignments:
    """`writes`: those given, with what is opened and closed; `changes`: the same with `row_number`."""

    writes: Writes
    changes: pl.DataFrame
    issues: pl.DataFrame


def plan_assignments(
    writes: Writes,
    named: pl.DataFrame,
    directory: Directory,
    policy: Policy,
    *,
    kept: Mapping[int, int] | None = None,
    is_undo: bool = False,
) -> Assignments:
    """Return what assignments make of a plan that has everything else, rule groups included.

    `named` has `learner_id` and `row_number` of everybody whom a row names. People are looked at who are named or
    changed; for an assignment that is edited, everybody in the directory. What an undo opens again is due when it was,
    and so is what goes with a merge (`kept`: who goes → who stays).
    """
    book = directory.assignments
    if book.is_empty:
        return Assignments(writes, pl.DataFrame(schema=NUMBERED), no_issues())
    # Where nothing may be taken, what an end would close stays for later, and so does the end.
    edits = tuple(edit for edit in book.edits if edit.begins or not policy.takes_nothing)
    edited = {edit.assignment.assignment_id for edit in edits}
    merges, back = kept or {}, set(writes.restored["learner_id"].to_list())
    rest = [one.after(merges, back) for one in book.assignments if one.assignment_id not in edited]
    begun = [edit.assignment.after(merges, back) for edit in edits if edit.begins]
    holders = [one.audience.learner_id for one in book.assignments if one.former_learner_id in back]
    touched = _touched(writes, named, holders)
    moves = [_Look(writes, directory, policy, touched).moves(rest, {one.assignment_id for one in rest})]
    if edits:
        moves.append(_Look(writes, directory, policy, None).moves(begun, edited))
    moved = _with_due(_taken_over(pl.concat(moves), book.standing, merges), is_undo=is_undo).sort(_PAIR)
    changes, issues = _numbered(moved, named), no_issues()
    if policy.takes_nothing:
        is_taken = pl.col("after") == CLOSED
        issues = left_for_later(changes.filter(is_taken), pl.lit("Closing an assignment"), column="groups")
        changes = changes.filter(~is_taken)
    return Assignments(replace(writes, assignments=changes.drop("row_number"), assignment_edits=edits), changes, issues)


def _numbered(changes: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
    rows = named.select("learner_id", "row_number").unique("learner_id", keep="first")
    return changes.join(rows, on="learner_id", how="left", maintain_order="left")


def _touched(writes: Writes, named: pl.DataFrame, holders: Sequence[int | None]) -> pl.Series:
    """Return everybody whom an assignment may reach, or reach no more, since before the plan.

    `holders` have what a merge gave them, and those who it was for are back.
    """
    frames = (named, writes.creates, writes.restored, writes.removed, writes.updates, writes.memberships)
    found = [frame["learner_id"] for frame in frames]
    return pl.concat([*found, pl.Series("learner_id", holders, pl.Int64)]).unique()


def _taken_over(moves: pl.DataFrame, standing: pl.DataFrame, kept: Mapping[int, int]) -> pl.DataFrame:
    """Let what is open for those who go be due on the same day for those who stay."""
    if not kept:
        return moves
    others = pl.DataFrame({"other_id": list(kept), "learner_id": list(kept.values())})
    open_ones = standing.filter(pl.col("state") == OPEN).rename({"learner_id": "other_id", "due_on": "taken"})
    taken = open_ones.join(others, on="other_id", how="inner").select(*_PAIR, "taken", is_taken=pl.lit(value=True))
    beside = moves.join(taken.unique(_PAIR, keep="first"), on=_PAIR, how="left", maintain_order="left")
    due = pl.when("is_taken").then("taken").otherwise("due")
    return beside.with_columns(due=due).select(moves.columns)


def _with_due(moves: pl.DataFrame, *, is_undo: bool) -> pl.DataFrame:
    comes_back = (pl.col("before") == CLOSED).fill_null(value=False) & pl.lit(is_undo)
    due = pl.when(comes_back | (pl.col("after") == CLOSED)).then("due_on").otherwise("due")
    return moves.with_columns(due_on=due).select(list(LEARNER_ASSIGNMENTS))


@dataclass(frozen=True, slots=True)
class _Look:
    """A plan, and the people who are looked at; None: everybody."""

    writes: Writes
    directory: Directory
    policy: Policy
    touched: pl.Series | None

    def moves(self, in_force: Sequence[Assignment], judged: Iterable[int]) -> pl.DataFrame:
        """Return what is opened and closed of the assignments `judged`, of which those `in_force` reach people."""
        wanted = self._wanted(in_force)
        standing = self.directory.assignments.standing.filter(pl.col("assignment_id").is_in(list(judged)))
        if self.touched is not None:
            standing = standing.filter(pl.col("learner_id").is_in(self.touched.implode()))
        both = wanted.with_columns(is_wanted=pl.lit(value=True)).join(standing, on=_PAIR, how="full", coalesce=True)
        is_wanted = pl.col("is_wanted").fill_null(value=False)
        opens = is_wanted & ~pl.col("waits").fill_null(value=False) & (pl.col("state").fill_null(CLOSED) == CLOSED)
        closes = ~is_wanted & (pl.col("state") == OPEN)
        after = pl.when(opens).then(pl.lit(OPEN)).when(closes).then(pl.lit(CLOSED))
        return both.with_columns(after=after).filter(pl.col("after").is_not_null()).rename({"state": "before"})

    def _wanted(self, in_force: Sequence[Assignment]) -> pl.DataFrame:
        if not in_force:
            return pl.DataFrame(schema=_REACHED)
        attributes = sorted({one.audience.attribute for one in in_force if one.audience.attribute})
        columns = ("is_active", *dict.fromkeys(("start_date", *attributes)))
        people = people_after(self.directory, self.writes, columns, self.touched).filter("is_active")
        people = people.with_columns(
            *(fold_keys(people[name]).alias(f"value:{name}") for name in attributes), waits=self._waits
        )
        members = self._members([one.audience.group_id for one in in_force if one.audience.group_id is not None])
        parts = [self._reached_by(one, people, members) for one in in_force]
        return pl.concat([pl.DataFrame(schema=_REACHED), *parts])

    @property
    def _waits(self) -> pl.Expr:
        starts_later = pl.col("start_date") > pl.lit(self.policy.today.isoformat())
        return (pl.lit(self.policy.waits_for_start_date) & starts_later).fill_null(value=False)

    def _reached_by(self, one: Assignment, people: pl.DataFrame, members: dict[int, pl.Series]) -> pl.DataFrame:
        due = one.due.day_for(pl.col("start_date"), self.policy.today)
        reached = people.filter(_is_reached(one.audience, members))
        number = pl.lit(one.assignment_id, pl.Int64)
        return reached.select("learner_id", assignment_id=number, due=due, waits="waits")

    def _members(self, group_ids: list[int]) -> dict[int, pl.Series]:
        """Return who is in each group after the plan, whatever the reason: nested groups are reasons too."""
        is_one = pl.col("group_id").is_in(sorted(set(group_ids)))
        if self.touched is not None:
            is_one &= pl.col("learner_id").is_in(self.touched.implode())
        pair = ["learner_id", "group_id"]
        moved = self.writes.memberships.filter(is_one)
        stays = self.directory.memberships.filter(is_one).join(moved, on=pair, how="anti").select(pair)
        after = pl.concat([stays, moved.filter(pl.col("after") > 0).select(pair)])
        return {int(group): part["learner_id"] for (group,), part in after.group_by("group_id")}


def _is_reached(audience: Audience, members: dict[int, pl.Series]) -> pl.Expr:
    match audience.kind:
        case AudienceKind.EVERYBODY:
            return pl.lit(value=True)
        case AudienceKind.PERSON:
            return pl.col("learner_id") == audience.learner_id
        case AudienceKind.ATTRIBUTE:
            return pl.col(f"value:{audience.attribute}") == fold_key(audience.value)
        case AudienceKind.GROUP:
            group = members.get(audience.group_id or 0)
            return pl.lit(value=False) if group is None else pl.col("learner_id").is_in(group.implode())
