"""The plan as people read it: one line for each change and each consequence, sorted by kind and person."""

from typing import Final

import polars as pl

from orgsync.core.directory import ACTIVE, SCHEDULED, WAITING, Directory
from orgsync.core.plan import PLAN_SCHEMA, ChangeKind, Writes

_KIND_ORDER: Final = {kind.value: place for place, kind in enumerate(ChangeKind)}
_SPECIAL: Final = {
    "primary_email_address": ChangeKind.EMAIL_CHANGED,
    "unique_user_id": ChangeKind.ID_CHANGED,
    "manager": ChangeKind.MANAGER_CHANGED,
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


def describe(writes: Writes, rows: dict[str, pl.DataFrame], people: pl.DataFrame, directory: Directory) -> pl.DataFrame:
    """Return `PLAN_SCHEMA`.

    `rows` gives memberships, licenses and permissions with their `row_number`; `people` has `learner_id`, `email`
    and `name` of everybody whom the plan touches.
    """
    lines = pl.concat(
        [
            _creations(writes.creates),
            _values(_with_manager_names(writes.changes, people)),
            _memberships(rows["memberships"], writes.new_groups, directory),
            _licenses(rows["licenses"], directory),
            _permissions(rows["permissions"]),
            _new_things(writes),
            _lost_claims(writes.claims),
        ]
    )
    named = lines.join(people, on="learner_id", how="left", maintain_order="left")
    order = pl.col("kind").replace_strict(_KIND_ORDER, return_dtype=pl.Int8)
    return named.sort(order, pl.col("learner_id").abs(), "target", maintain_order=True).select(list(PLAN_SCHEMA))


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


_NONE: Final = pl.lit(None, dtype=pl.String)


def _creations(creates: pl.DataFrame) -> pl.DataFrame:
    """Show a creation as one line with its values as JSON, those that are missing left out by the reader."""
    hidden = {"learner_id", "row_number", "email_key", "manager_id", "pending_manager_id", "pending_manager_email"}
    values = [name for name in creates.columns if name not in hidden]
    return creates.select(_line(ChangeKind.CREATED.value, _NONE, _NONE, pl.struct(values).struct.json_encode()))


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
    names = people.select(person=pl.col("learner_id").cast(pl.String), address="email")
    for side in ("before", "after"):
        key = pl.when(is_manager).then(pl.col(side)).alias("person")
        named = changes.with_columns(key).join(names, on="person", how="left", maintain_order="left")
        changes = named.with_columns(pl.coalesce("address", side).alias(side)).drop("person", "address")
    return changes


def _memberships(rows: pl.DataFrame, new_groups: pl.DataFrame, directory: Directory) -> pl.DataFrame:
    """Show joining and leaving; a membership that only gains or loses one of several reasons is no event."""
    names = pl.concat([directory.groups.select("group_id", "group_name"), new_groups.select("group_id", "group_name")])
    moved = rows.filter((pl.col("before") == 0) != (pl.col("after") == 0)).join(
        names, on="group_id", how="left", maintain_order="left"
    )
    kind = (
        pl.when(pl.col("after") > 0)
        .then(pl.lit(ChangeKind.GROUP_JOINED.value))
        .otherwise(pl.lit(ChangeKind.GROUP_LEFT.value))
    )
    shown = pl.col("group_name")
    return moved.select(
        _line(kind, shown, pl.when(pl.col("before") > 0).then(shown), pl.when(pl.col("after") > 0).then(shown))
    )


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


def _permissions(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        _line(ChangeKind.PERMISSION_CHANGED.value, pl.col("permission"), pl.col("before"), pl.col("after"))
    )


def _new_things(writes: Writes) -> pl.DataFrame:
    groups = [
        (ChangeKind.GROUP_CREATED.value, None, None, name, None, name) for name in writes.new_groups["group_name"]
    ]
    attributes = [(ChangeKind.ATTRIBUTE_CREATED.value, None, None, name, None, name) for name in writes.new_attributes]
    return pl.DataFrame([*groups, *attributes], schema=_LINES, orient="row")


def _lost_claims(claims: pl.DataFrame) -> pl.DataFrame:
    lost = claims.filter(~pl.col("is_claimed")).with_columns(row_number=pl.lit(None, dtype=pl.Int64))
    return lost.select(_line(ChangeKind.CLAIM_LOST.value, _NONE, _NONE, _NONE))
