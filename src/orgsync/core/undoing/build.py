"""Plan the undo of a job: the inverse of what it did, made for the directory as it is now."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import polars as pl

from orgsync.core import issues as kinds
from orgsync.core.columns import CUSTOM_PREFIX
from orgsync.core.directory import Directory
from orgsync.core.issuerows import file_issues, issue_rows, worded
from orgsync.core.issues import FileIssue
from orgsync.core.model import RowStatus
from orgsync.core.plan import OVERRIDES, Plan, Policy, Writes
from orgsync.core.planning.assignments import plan_assignments
from orgsync.core.planning.effects import describe
from orgsync.core.planning.memberships import NEW_GROUPS
from orgsync.core.planning.rulegroups import plan_rule_groups
from orgsync.core.planning.writes import STATE_COLUMNS, updates, value_changes
from orgsync.core.undoing.conflicts import conflicts_in
from orgsync.core.undoing.creations import Creations, plan_creations
from orgsync.core.undoing.keys import settle_keys
from orgsync.core.undoing.licenses import Licenses, plan_licenses
from orgsync.core.undoing.links import Links, plan_links
from orgsync.core.undoing.overrides import plan_overrides, without_overrides
from orgsync.core.undoing.people import attribute_fields, revised_people
from orgsync.core.undoing.trace import PERSON, Trace
from orgsync.core.undoing.values import Reverts, find_reverts

FIRST_ROW: Final = 2
"""Row number of the first person, as if the undo were a file with a header."""


@dataclass(frozen=True, slots=True)
class Undo:
    """The inverse plan and the people it names."""

    plan: Plan
    people: pl.DataFrame
    """Everybody who is touched or has a conflict, by id: `row_number` (Int64), `learner_id`,
    `primary_email_address`, `unique_user_id`; as they are, or as they come back."""


@dataclass(frozen=True, slots=True)
class _Stages:
    reverts: Reverts
    creations: Creations
    returning: pl.DataFrame
    barred: pl.DataFrame
    revised: pl.DataFrame
    links: Links
    licenses: Licenses
    overrides: pl.DataFrame
    barred_overrides: pl.DataFrame

    @property
    def conflicts(self) -> pl.DataFrame:
        barred = conflicts_in(self.barred, pl.lit(None, dtype=pl.String), pl.lit("The person's address or id"))
        return pl.concat(
            [self.reverts.conflicts, self.links.conflicts, self.licenses.conflicts, barred, self.barred_overrides]
        )


def plan_undo(
    trace: Trace, directory: Directory, *, chosen: Collection[int] = (), policy: Policy | None = None
) -> Undo:
    """Plan the inverse of what `trace` tells, for everybody or for the people in `chosen` (learner ids).

    What was written since by anybody else is left alone and listed (`undo_conflict`). The same trace and the same
    directory give the same plan. Of `policy` counts what assignments wait for.
    """
    trace = trace.of(chosen)
    stages = _run_stages(trace, directory)
    people = _people(stages, directory)
    writes = _writes(stages, trace, directory, people)
    writes = plan_rule_groups(writes, people, directory, Policy()).writes
    writes = plan_assignments(writes, people, directory, policy or Policy(), is_undo=True).writes
    people = _with_others(people, writes, directory)
    changes = _changes(stages, writes, directory, people)
    issues = _issues(stages, trace, directory, people)
    outcome = _outcome(writes, people)
    plan = Plan(
        changes=changes,
        outcome=outcome,
        leavers=people.clear().select("learner_id", "primary_email_address", "unique_user_id"),
        writes=writes,
        issues=issues,
        revision=directory.revision,
    )
    return Undo(plan, people)


def _run_stages(trace: Trace, directory: Directory) -> _Stages:
    overrides, barred_overrides = plan_overrides(trace, directory)
    reverts = find_reverts(without_overrides(trace), directory)
    absent = trace.removed.join(directory.learners, on="learner_id", how="anti")
    absent = absent.filter(~pl.col("learner_id").is_in(list(trace.out_of_reach)))
    creations = plan_creations(trace, reverts, directory)
    reverts, returning = settle_keys(reverts, absent, creations.removed, directory)
    known = pl.concat([frame.select("learner_id") for frame in (directory.learners, returning)])
    known = known.join(creations.removed, on="learner_id", how="anti")
    reverts = _with_known_managers(reverts, known)
    returning = _with_known_manager(returning, known)
    revised = revised_people(reverts, creations.kept, directory)
    standing = _standing(directory, revised, returning, creations.removed)
    return _Stages(
        reverts=reverts,
        creations=creations,
        returning=returning,
        barred=absent.join(returning, on="learner_id", how="anti"),
        revised=revised,
        links=plan_links(trace, directory, standing, creations.removed),
        licenses=plan_licenses(trace, directory, standing, creations.removed),
        overrides=overrides.join(creations.removed, on="learner_id", how="anti"),
        barred_overrides=barred_overrides,
    )


def _with_known_managers(reverts: Reverts, known: pl.DataFrame) -> Reverts:
    """Leave out managers who are gone: nobody can report to them again."""
    managers = reverts.of("manager").with_columns(manager=pl.col("target").cast(pl.Int64, strict=False))
    gone = managers.drop_nulls("manager").join(known, left_on="manager", right_on="learner_id", how="anti")
    return reverts.without(gone.select("learner_id", "attribute"), pl.lit("The former manager is gone; the manager"))


def _with_known_manager(returning: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    is_known = pl.col("manager_id").is_in(known["learner_id"].implode())
    return returning.with_columns(manager_id=pl.when(is_known).then("manager_id"))


def _standing(
    directory: Directory, revised: pl.DataFrame, returning: pl.DataFrame, removed: pl.DataFrame
) -> pl.DataFrame:
    """Return everybody who is in the directory afterwards: `learner_id`, `is_active`."""
    columns = ("learner_id", "is_active")
    rest = directory.learners.select(columns).join(
        pl.concat([removed, revised.select("learner_id")]), on="learner_id", how="anti"
    )
    return pl.concat([rest, revised.select(columns), returning.select(columns)])


def _people(stages: _Stages, directory: Directory) -> pl.DataFrame:
    frames = (
        *(stages.revised, stages.reverts.permissions, stages.creations.removed, stages.creations.kept),
        *(stages.returning, stages.links.memberships, stages.links.claims, stages.licenses.changes),
        *(stages.licenses.without_seat, stages.conflicts, stages.overrides),
    )
    ids = pl.concat([frame.select("learner_id") for frame in frames]).unique()
    shown = ("learner_id", "primary_email_address", "unique_user_id")
    known = pl.concat([directory.learners.select(shown), stages.returning.select(shown), stages.barred.select(shown)])
    people = known.join(ids, on="learner_id", how="semi").sort("learner_id")
    numbers = pl.int_range(FIRST_ROW, pl.len() + FIRST_ROW, dtype=pl.Int64)
    return people.select(numbers.alias("row_number"), *shown)


def _with_others(people: pl.DataFrame, writes: Writes, directory: Directory) -> pl.DataFrame:
    """Add people whom only a rule or an assignment moves, behind the others."""
    ids = pl.concat([writes.memberships["learner_id"], writes.assignments["learner_id"]])
    moved = directory.learners.filter(pl.col("learner_id").is_in(ids.implode()))
    moved = moved.join(people, on="learner_id", how="anti").sort("learner_id")
    first = FIRST_ROW + people.height
    numbers = pl.int_range(first, pl.len() + first, dtype=pl.Int64).alias("row_number")
    return pl.concat([people, moved.select(numbers, *people.columns[1:])])


def _numbered(frame: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    numbers = people.select("learner_id", "row_number")
    return frame.join(numbers, on="learner_id", how="left", maintain_order="left")


def _writes(stages: _Stages, trace: Trace, directory: Directory, people: pl.DataFrame) -> Writes:
    fields = attribute_fields(stages.reverts)
    revised = _numbered(stages.revised, people)
    changed = updates(revised, revised.clear(), fields)
    permissions = stages.reverts.permissions.select(
        "learner_id", permission="attribute", before="current", after="target"
    )
    lost = directory.permissions.join(stages.creations.removed, on="learner_id", how="semi")
    ended = lost.select("learner_id", "permission", before="scope", after=pl.lit(None, dtype=pl.String))
    missing = {name for name in fields if name.startswith(CUSTOM_PREFIX)} | set(trace.removed_attributes)
    return Writes(
        creates=pl.DataFrame(schema=PERSON),
        updates=changed.select("learner_id", "row_number", *STATE_COLUMNS, *fields).sort("learner_id"),
        changes=value_changes(changed, fields),
        memberships=stages.links.memberships,
        licenses=stages.licenses.changes,
        permissions=pl.concat([permissions, ended]).sort("learner_id", "permission"),
        claims=stages.links.claims,
        overrides=_numbered(stages.overrides.drop("row_number"), people).select(list(OVERRIDES)),
        new_groups=pl.DataFrame(schema=NEW_GROUPS),
        new_attributes=tuple(sorted(missing - directory.custom_attributes)),
        removed=_numbered(stages.creations.removed.sort("learner_id"), people),
        restored=_numbered(stages.returning.drop("row_number").sort("learner_id"), people),
        restored_groups=stages.links.returning_groups,
        removed_groups=_empty_groups(trace, directory, stages.links.memberships),
        removed_attributes=_empty_attributes(trace, directory, stages),
    )


def _empty_groups(trace: Trace, directory: Directory, moves: pl.DataFrame) -> tuple[int, ...]:
    """Return the groups that the job made and in which nobody is any more."""
    after = moves.select("learner_id", "group_id", "after")
    left = directory.memberships.join(after, on=["learner_id", "group_id"], how="anti").select("group_id")
    filled = set(pl.concat([left, after.filter(pl.col("after") > 0).select("group_id")])["group_id"].unique())
    by_rule = set(directory.groups.filter("is_rule")["group_id"])
    return tuple(sorted(set(trace.new_groups) - filled - by_rule))


def _empty_attributes(trace: Trace, directory: Directory, stages: _Stages) -> tuple[str, ...]:
    """Return the custom attributes that the job made and of which nobody has a value any more."""
    gone = pl.concat([stages.creations.removed, stages.revised.select("learner_id")])
    rest = directory.learners.join(gone, on="learner_id", how="anti")
    frames = (rest, stages.revised, stages.returning)

    def is_empty(name: str) -> bool:
        return all(frame[name].null_count() == frame.height for frame in frames if name in frame.columns)

    return tuple(name for name in sorted(trace.new_attributes) if is_empty(name))


def _changes(stages: _Stages, writes: Writes, directory: Directory, people: pl.DataFrame) -> pl.DataFrame:
    is_move = (pl.col("before") == 0) != (pl.col("after") == 0)
    is_new_state = pl.col("before").ne_missing(pl.col("after"))
    rows = {
        "memberships": _numbered(writes.memberships.filter(is_move), people),
        "licenses": _numbered(writes.licenses.filter(is_new_state), people),
        "permissions": _numbered(writes.permissions, people),
        "assignments": _numbered(writes.assignments, people),
    }
    columns = ("preferred_first_name", "preferred_last_name")
    full = pl.concat_str(*columns, separator=" ", ignore_nulls=True)
    missing = [pl.lit(None, dtype=pl.String).alias(name) for name in columns if name not in stages.returning.columns]
    named = [directory.learners, stages.returning.with_columns(missing)]
    labels = [frame.select("learner_id", email="primary_email_address", name=full) for frame in named]
    return describe(writes, rows, pl.concat(labels), directory)


def _issues(stages: _Stages, trace: Trace, directory: Directory, people: pl.DataFrame) -> pl.DataFrame:
    conflict, kept, no_seat, cannot = (
        kinds.UNDO_CONFLICT,
        kinds.UNDO_KEEPS_PERSON,
        kinds.NO_SEAT,
        kinds.NOT_UNDOABLE,
    )
    late = stages.licenses.without_seat.join(directory.pools, on="pool_id", how="left")
    rows = [
        issue_rows(
            _numbered(stages.conflicts, people),
            conflict,
            column=pl.col("column"),
            message=worded(conflict, what=pl.col("what")),
        ),
        issue_rows(_numbered(stages.creations.kept, people), kept, message=kept.wording),
        issue_rows(
            _numbered(late, people),
            no_seat,
            column=pl.col("pool_key"),
            message=worded(no_seat, pool=pl.col("pool_name")),
        ),
    ]
    told = [*trace.not_undoable, *_gone(trace, directory, pl.concat([stages.returning, stages.barred]))]
    of_file = file_issues([FileIssue(cannot, cannot.wording.format(what=what)) for what in told])
    return pl.concat([of_file, *rows])


def _gone(trace: Trace, directory: Directory, removed: pl.DataFrame) -> list[str]:
    """Say how many people of the job are no longer there: erased, purged or removed."""
    frames = (trace.values, trace.memberships, trace.licenses, trace.claims, trace.removed)
    named = pl.concat([frame.select("learner_id") for frame in frames]).unique()
    known = pl.concat([directory.learners.select("learner_id"), removed.select("learner_id")])
    count = named.join(known, on="learner_id", how="anti").height
    return [f"What it did to {count:,} people who are gone"] if count else []


def _outcome(writes: Writes, people: pl.DataFrame) -> pl.DataFrame:
    """Say what becomes of each person."""
    is_leaver = (pl.col("attribute") == "status") & (pl.col("after") == "inactive")
    sets = {
        RowStatus.REMOVED: writes.removed,
        RowStatus.CREATED: writes.restored,
        RowStatus.DEACTIVATED: writes.changes.filter(is_leaver),
        RowStatus.UPDATED: pl.concat(
            [
                frame.select("learner_id")
                for frame in (
                    *(writes.updates, writes.memberships, writes.licenses, writes.permissions, writes.claims),
                    *(writes.overrides, writes.assignments),
                )
            ]
        ),
    }
    status: pl.Expr = pl.lit(RowStatus.UNCHANGED.value)
    for name, frame in reversed(sets.items()):
        is_one = pl.col("learner_id").is_in(frame["learner_id"].implode())
        status = pl.when(is_one).then(pl.lit(name.value)).otherwise(status)
    return people.select("row_number", status=status, learner_id="learner_id")
