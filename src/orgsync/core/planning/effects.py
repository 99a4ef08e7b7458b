"""The plan as people read it: one line for each change and each consequence, sorted by kind and person."""

from collections.abc import Iterator
from typing import Final

import polars as pl

from orgsync.core.assigning import CLOSED
from orgsync.core.directory import ACTIVE, SCHEDULED, WAITING, Directory
from orgsync.core.frames import beside, kept
from orgsync.core.grouprules.book import AppliedRule
from orgsync.core.grouprules.conditions import Ref, managers_of
from orgsync.core.grouprules.wording import Names, worded
from orgsync.core.plan import PLAN_SCHEMA, ChangeKind, Writes

_SPECIAL: Final = {
    "primary_email_address": ChangeKind.EMAIL_CHANGED,
    "unique_user_id": ChangeKind.ID_CHANGED,
    "manager": ChangeKind.MANAGER_CHANGED,
    "is_protected": ChangeKind.PROTECTION_CHANGED,
}
_LINES: Final = pl.Schema(
    {
        "kind": pl.String,
        "learner_id": pl.Int64,
        "row_number": pl.Int64,
        "target": pl.String,
        "before": pl.String,
        "after": pl.String,
    }
)
_TITLES: Final = pl.Schema({"assignment_id": pl.Int64, "title": pl.String})
_NONE: Final = pl.lit(None, dtype=pl.String)


def describe(writes: Writes, rows: dict[str, pl.DataFrame], people: pl.DataFrame, directory: Directory) -> pl.DataFrame:
    """Return `PLAN_SCHEMA`, with the values of creations left out (`planfile` writes them).

    `rows` gives memberships, licenses, permissions and assignments with their `row_number`; `people` has `learner_id`,
    `email` and `name` of everybody whom the plan touches.
    """
    # Each part is split by kind and sorted for itself: sorting millions of finished lines by text is far dearer.
    parts = [
        *_by_kind(_creations(writes.creates)),
        *_by_kind(_values(_with_manager_names(writes.changes, people))),
        *_by_kind(_memberships(rows["memberships"], pl.concat([writes.new_groups, writes.restored_groups]), directory)),
        *_by_kind(_licenses(rows["licenses"], directory)),
        *_by_kind(_assigned(rows["assignments"], directory)),
        *_by_kind(_invited(writes.invited)),
        *_by_kind(_permissions(rows["permissions"])),
        *_by_kind(_overrides(writes.overrides, directory)),
        *_by_kind(_new_things(writes)),
        *_by_kind(_rule(writes.rule, directory)),
        *_by_kind(_edited_assignments(writes, directory)),
        *_by_kind(_gone_and_back(writes, directory)),
        *_by_kind(_lost_claims(writes.claims)),
        *_by_kind(_missed(writes.missed)),
    ]
    found = dict(parts)
    # One after the other, so that no two copies of all of them are there at once.
    named = [beside(found.pop(kind), people, "learner_id") for kind in ChangeKind if kind in found]
    return pl.concat([pl.DataFrame(schema=PLAN_SCHEMA), *(lines.select(list(PLAN_SCHEMA)) for lines in named)])


def _by_kind(lines: pl.DataFrame) -> Iterator[tuple[ChangeKind, pl.DataFrame]]:
    """Split lines by kind, each part sorted by person and target."""
    for kind in lines["kind"].unique(maintain_order=True):
        part = kept(lines, pl.col("kind") == kind)
        order = [pl.col("learner_id").abs()]
        if part["target"].n_unique() > 1:
            ranks = part.select("target").unique().sort("target").with_row_index("rank")
            part = part.join(ranks, on="target", how="left", maintain_order="left", nulls_equal=True)
            order.append(pl.col("rank"))
        yield ChangeKind(kind), part.sort(order, maintain_order=True).select(list(_LINES))


def _line(kind: str | pl.Expr, target: pl.Expr, before: pl.Expr, after: pl.Expr) -> list[pl.Expr]:
    shown = pl.lit(kind) if isinstance(kind, str) else kind
    return [
        shown.cast(pl.String).alias("kind"),
        pl.col("learner_id"),
        pl.col("row_number"),
        target.cast(pl.String).alias("target"),
        before.cast(pl.String).alias("before"),
        after.cast(pl.String).alias("after"),
    ]


def _creations(creates: pl.DataFrame) -> pl.DataFrame:
    return creates.select(_line(ChangeKind.CREATED.value, _NONE, _NONE, _NONE))


def _values(changes: pl.DataFrame) -> pl.DataFrame:
    kind = (
        pl.when((pl.col("attribute") == "status") & (pl.col("after") == "active"))
        .then(pl.lit(ChangeKind.REACTIVATED.value))
        .when(pl.col("attribute") == "status")
        .then(pl.lit(ChangeKind.DEACTIVATED.value))
        .when(pl.col("attribute").is_in(list(_SPECIAL)))
        .then(pl.col("attribute").replace_strict(_SPECIAL, default=None, return_dtype=pl.String))
        .when(pl.col("before").is_null())
        .then(pl.lit(ChangeKind.VALUE_SET.value))
        .when(pl.col("after").is_null())
        .then(pl.lit(ChangeKind.VALUE_CLEARED.value))
        .otherwise(pl.lit(ChangeKind.VALUE_CHANGED.value))
    )
    return changes.select(_line(kind, pl.col("attribute"), pl.col("before"), pl.col("after")))


def _with_manager_names(changes: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Show managers by their address; a reference that waits for one stays as it is."""
    is_manager = pl.col("attribute") == "manager"
    if changes.filter(is_manager).is_empty():
        return changes
    names = people.select(person=pl.col("learner_id").cast(pl.String), address="email")
    for side in ("before", "after"):
        key = pl.when(is_manager).then(pl.col(side)).alias("person")
        named = changes.with_columns(key).join(names, on="person", how="left", maintain_order="left")
        changes = named.with_columns(pl.coalesce("address", side).alias(side)).drop("person", "address")
    return changes


def _memberships(rows: pl.DataFrame, new_groups: pl.DataFrame, directory: Directory) -> pl.DataFrame:
    """Show joining and leaving (`Memberships.moves`)."""
    names = pl.concat([groups.select("group_id", "group_name") for groups in (directory.groups, new_groups)])
    moved = rows.join(names, on="group_id", how="left", maintain_order="left")
    joined, left = pl.lit(ChangeKind.GROUP_JOINED.value), pl.lit(ChangeKind.GROUP_LEFT.value)
    shown = pl.col("group_name")
    was_in, is_in = pl.col("before") > 0, pl.col("after") > 0
    kind = pl.when(is_in).then(joined).otherwise(left)
    return moved.select(_line(kind, shown, pl.when(was_in).then(shown), pl.when(is_in).then(shown)))


def _licenses(rows: pl.DataFrame, directory: Directory) -> pl.DataFrame:
    named = rows.join(directory.pools.select("pool_id", "pool_name"), on="pool_id", how="left", maintain_order="left")
    before, after = pl.col("before"), pl.col("after")
    kind = (
        pl.when(after == ACTIVE)
        .then(pl.lit(ChangeKind.LICENSE_GRANTED.value))
        .when(after == WAITING)
        .then(pl.lit(ChangeKind.LICENSE_WAITING.value))
        .when(after == SCHEDULED)
        .then(pl.lit(ChangeKind.LICENSE_SCHEDULED.value))
        .when(before == ACTIVE)
        .then(pl.lit(ChangeKind.LICENSE_REVOKED.value))
        .otherwise(pl.lit(ChangeKind.WAITING_LEFT.value))
    )
    return named.select(_line(kind, pl.col("pool_name"), before, after))


def _assigned(rows: pl.DataFrame, directory: Directory) -> pl.DataFrame:
    """Show assignments by what is assigned; one that is opened with the day when it is due."""
    if rows.is_empty():
        return pl.DataFrame(schema=_LINES)
    titles = [(one.assignment_id, one.title) for one in directory.assignments.every]
    names = pl.DataFrame(titles, _TITLES, orient="row")
    named = rows.join(names, on="assignment_id", how="left", maintain_order="left")
    closed, opened = pl.lit(ChangeKind.ASSIGNMENT_CLOSED.value), pl.lit(ChangeKind.ASSIGNMENT_OPENED.value)
    is_closed, is_due = pl.col("after") == CLOSED, pl.col("due_on").is_not_null()
    shown = pl.when(~is_closed & is_due).then(pl.format("open, due {}", "due_on")).otherwise("after")
    return named.select(
        _line(pl.when(is_closed).then(closed).otherwise(opened), pl.col("title"), pl.col("before"), shown)
    )


def _invited(people: pl.DataFrame) -> pl.DataFrame:
    return people.select(_line(ChangeKind.INVITED.value, _NONE, _NONE, _NONE))


def _permissions(rows: pl.DataFrame) -> pl.DataFrame:
    kind = ChangeKind.PERMISSION_CHANGED.value
    return rows.select(_line(kind, pl.col("permission"), pl.col("before"), pl.col("after")))


def _overrides(overrides: pl.DataFrame, directory: Directory) -> pl.DataFrame:
    """Show local overrides by what they stand on; groups and pools by name."""
    names = pl.concat(
        [
            things.select(target=pl.format(f"{kind}:{{}}", number), shown=pl.format(f"{kind}:{{}}", name))
            for things, kind, number, name in (
                (directory.groups, "group", "group_id", "group_name"),
                (directory.pools, "license", "pool_id", "pool_name"),
            )
        ]
    )
    named = overrides.join(names, on="target", how="left", maintain_order="left")
    is_kept = pl.col("is_kept")
    is_set, is_lifted = pl.lit(ChangeKind.OVERRIDE_SET.value), pl.lit(ChangeKind.OVERRIDE_LIFTED.value)
    kind = pl.when(is_kept).then(is_set).otherwise(is_lifted)
    return named.select(_line(kind, pl.coalesce("shown", "target"), _NONE, _NONE))


def _new_things(writes: Writes) -> pl.DataFrame:
    groups = [(ChangeKind.GROUP_CREATED.value, name) for name in writes.new_groups["group_name"]]
    attributes = [(ChangeKind.ATTRIBUTE_CREATED.value, name) for name in writes.new_attributes]
    lines = [(kind, None, None, name, None, name) for kind, name in (*groups, *attributes)]
    return pl.DataFrame(lines, schema=_LINES, orient="row")


def _rule(rule: AppliedRule | None, directory: Directory) -> pl.DataFrame:
    """Show the rule that a group gets instead of its own; one that had and gets none is shown elsewhere."""
    if rule is None or rule.before is rule.after is None:
        return pl.DataFrame(schema=_LINES)
    groups, pools = directory.groups.select("group_id", "group_name"), directory.pools.select("pool_id", "pool_name")
    managers = set[Ref]().union(*(managers_of(one) for one in (rule.before, rule.after) if one is not None))
    people = directory.learners.filter(pl.col("learner_id").is_in(list(managers)))
    people = people.select("learner_id", "primary_email_address")
    names = Names(*(dict(frame.iter_rows()) for frame in (groups, pools, people)))
    before, after = (None if one is None else worded(one, names) for one in (rule.before, rule.after))
    line = (ChangeKind.RULE_CHANGED.value, None, None, rule.group_name, before, after)
    return pl.DataFrame([line], schema=_LINES, orient="row")


def _edited_assignments(writes: Writes, directory: Directory) -> pl.DataFrame:
    """Show assignments that begin or end, by what is assigned and to whom."""
    groups = dict(directory.groups.select("group_id", "group_name").iter_rows())
    kind = ChangeKind.ASSIGNMENT_CHANGED.value
    lines = []
    for edit in writes.assignment_edits:
        whom = edit.assignment.audience.worded(groups)
        before, after = (None, whom) if edit.begins else (whom, None)
        lines.append((kind, None, None, edit.assignment.title, before, after))
    return pl.DataFrame(lines, schema=_LINES, orient="row")


def _gone_and_back(writes: Writes, directory: Directory) -> pl.DataFrame:
    """Show people, groups and attributes that an undo removes or brings back."""
    people = [
        frame.select(_line(kind.value, _NONE, _NONE, _NONE))
        for frame, kind in ((writes.removed, ChangeKind.REMOVED), (writes.restored, ChangeKind.RESTORED))
    ]
    gone = directory.groups.filter(pl.col("group_id").is_in(list(writes.removed_groups)))["group_name"]
    things = [
        *((ChangeKind.GROUP_CREATED, None, name) for name in writes.restored_groups["group_name"]),
        *((ChangeKind.GROUP_REMOVED, name, None) for name in gone),
        *((ChangeKind.ATTRIBUTE_REMOVED, name, None) for name in writes.removed_attributes),
    ]
    lines = [(kind.value, None, None, before or after, before, after) for kind, before, after in things]
    return pl.concat([*people, pl.DataFrame(lines, schema=_LINES, orient="row")])


def _lost_claims(claims: pl.DataFrame) -> pl.DataFrame:
    lost = claims.filter(~pl.col("is_claimed")).with_columns(row_number=pl.lit(None, dtype=pl.Int64))
    return lost.select(_line(ChangeKind.CLAIM_LOST.value, _NONE, _NONE, _NONE))


def _missed(missed: pl.DataFrame) -> pl.DataFrame:
    """Show in how many files of those that the feed waits for a person has been missing."""
    told = missed.filter(pl.col("after") > 0).with_columns(row_number=pl.lit(None, dtype=pl.Int64))
    before, after = (pl.format("{} of {}", side, "limit") for side in ("before", "after"))
    return told.select(_line(ChangeKind.MISSED.value, _NONE, before, after))
