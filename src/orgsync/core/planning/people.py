"""What becomes of each person: keys, attributes, status. Also who leaves because a full file is silent on them."""

from dataclasses import dataclass

import polars as pl

from orgsync.core import issues as kinds
from orgsync.core.columns import CLEAR_TOKEN
from orgsync.core.directory import Directory
from orgsync.core.frames import beside, kept
from orgsync.core.issuerows import issue_rows, no_issues
from orgsync.core.model import Mode
from orgsync.core.plan import Policy
from orgsync.core.planning.kept import is_status_kept
from orgsync.core.planning.later import keep_people
from orgsync.core.planning.match import Matched
from orgsync.core.planning.missing import is_missing_long_enough
from orgsync.core.planning.returns import comes_back, has_ended

KEY_FIELDS = ("primary_email_address", "email_key", "unique_user_id")


@dataclass(frozen=True, slots=True)
class People:
    """Everybody whom a valid row names, as they are and as they shall be.

    `named` has `row_number`, `learner_id`, the row's cells for managers, groups, licenses and permissions, and for each
    key, status and attribute `x` both `x` (final) and `x_before` (null for a person to be created).
    """

    named: pl.DataFrame
    fields: tuple[str, ...]
    """Attribute fields of the file."""
    issues: pl.DataFrame


def plan_people(matched: Matched, directory: Directory, fields: tuple[str, ...], policy: Policy) -> People:
    """Work out the final values of everybody named by a valid row."""
    rows = kept(matched.rows, pl.col("is_valid") & ~pl.col("is_duplicate"))
    cells = {name: f"{name}_cell" for name in (*fields, "primary_email_address") if name in rows.columns}
    rows = rows.rename(cells)
    rows = rows.with_columns(
        pl.lit(None, dtype=pl.String).alias(f"{name}_cell")
        for name in ("primary_email_address", "worker_status")
        if f"{name}_cell" not in rows.columns
    )
    rows = beside(rows, _current(directory, fields), "learner_id")
    rows = _final_attributes(rows, fields, policy)
    rows = _final_keys(rows, policy)
    ends = pl.col("end_date") if "end_date" in fields else pl.col("stored_end_date")
    rows, issues = _final_status(rows, ends, policy)
    rows, later = keep_people(rows, fields, policy)
    issues = pl.concat([issues, later, _skipped_cells(rows, fields, policy)])
    # Of a million people each column more is sixteen megabytes that wait until the plan is written.
    return People(named=rows.drop(cells.values(), strict=False), fields=fields, issues=issues)


def _current(directory: Directory, fields: tuple[str, ...]) -> pl.DataFrame:
    """Return the learners with `_before` behind each name; attributes unknown so far are null."""
    people = directory.learners
    missing = [pl.lit(None, dtype=pl.String).alias(name) for name in fields if name not in people.columns]
    kept = ("is_active", "manager_id", "pending_manager_id", "pending_manager_email", *KEY_FIELDS, *fields)
    return people.with_columns(missing).select(
        "learner_id",
        "is_admin",
        "is_protected",
        "is_claimed_here",
        stored_status=pl.col("worker_status"),
        stored_end_date=pl.col("end_date"),
        **{f"{name}_before": pl.col(name) for name in kept},
    )


def _final_attributes(rows: pl.DataFrame, fields: tuple[str, ...], policy: Policy) -> pl.DataFrame:
    return rows.with_columns(_final_value(name, policy).alias(name) for name in fields)


def _final_value(name: str, policy: Policy) -> pl.Expr:
    """Absent and blank leave the value alone, the clear token empties it, anything else sets it."""
    cell, before = pl.col(f"{name}_cell"), pl.col(f"{name}_before")
    if policy.mode is Mode.ADDITIONS_ONLY:
        # Such a file moves nobody in or out; a status that says otherwise would contradict the person's own.
        fits = _fits_status() if name == "worker_status" else pl.lit(value=True)
        return pl.coalesce(before, pl.when((cell != CLEAR_TOKEN) & fits).then(cell))
    blank = pl.lit(None, dtype=pl.String) if name in policy.blank_clears else before
    return pl.when(cell.is_null()).then(blank).when(cell != CLEAR_TOKEN).then(cell)


def _fits_status() -> pl.Expr:
    was_active = pl.col("is_active_before")
    return was_active.is_null() | (was_active == (pl.col("worker_status_cell") == "active"))


def _final_keys(rows: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """An address that differs only in case is no change; keys that the row does not give stay."""
    adds_only = pl.lit(policy.mode is Mode.ADDITIONS_ONLY) & (pl.col("learner_id") > 0)
    key = pl.coalesce(pl.when(adds_only).then(pl.col("email_key_before")), "target_email_key", "email_key_before")
    moves = key.ne_missing(pl.col("email_key_before"))
    return rows.with_columns(
        email_key=key,
        primary_email_address=pl.when(moves)
        .then(pl.col("primary_email_address_cell"))
        .otherwise(pl.col("primary_email_address_before")),
        unique_user_id=pl.coalesce(
            pl.when(adds_only).then(pl.col("unique_user_id_before")), "target_id", "unique_user_id_before"
        ),
    )


def _final_status(rows: pl.DataFrame, ends: pl.Expr, policy: Policy) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Add `is_active`; nothing is inferred from a blank or absent `worker_status` but the presence in a full file.

    Whose last day, `ends`, is over leaves or stays away, whatever the status says.
    """
    says = pl.col("worker_status_cell")
    was_active = pl.col("is_active_before")
    is_over = has_ended(ends, policy)
    leaves = ((says == "inactive") & pl.lit(policy.leaves_by_status)) | is_over
    if policy.mode is Mode.ADDITIONS_ONLY:
        leaves = leaves & was_active.is_null()
    status, ended = pl.col("stored_status"), pl.col("stored_end_date")
    returns = comes_back(says=says, was_active=was_active, stored_status=status, ended=ended, ends=ends, policy=policy)
    keeps = (pl.col("is_protected") & leaves & pl.lit(not policy.by_hand)).fill_null(value=False)
    rows = rows.with_columns(
        is_active=pl.when(leaves & ~keeps)
        .then(pl.lit(value=False))
        .when(was_active.is_null() | returns)
        .then(pl.lit(value=True))
        .otherwise(was_active)
    )
    is_contradicted = is_over & (says == "active") & ~pl.col("is_active")
    return rows, pl.concat([_kept(rows.filter(keeps), is_over), _contradicted(rows.filter(is_contradicted))])


def _kept(rows: pl.DataFrame, is_over: pl.Expr) -> pl.DataFrame:
    column = pl.when(is_over).then(pl.lit("end_date")).otherwise(pl.lit("worker_status"))
    wording = kinds.KEPT_BY_HAND.wording.format(what="A protected person")
    return issue_rows(rows, kinds.KEPT_BY_HAND, column=column, message=wording)


def _contradicted(rows: pl.DataFrame) -> pl.DataFrame:
    return issue_rows(rows, kinds.END_DATE_PASSED, column="worker_status", message=kinds.END_DATE_PASSED.wording)


def _skipped_cells(rows: pl.DataFrame, fields: tuple[str, ...], policy: Policy) -> pl.DataFrame:
    """In a file that only adds, say which cells would have replaced, emptied or moved something."""
    if policy.mode is not Mode.ADDITIONS_ONLY:
        return no_issues()
    kind = kinds.SKIPPED_BY_MODE
    found = [
        issue_rows(
            rows.filter(pl.col(f"{name}_cell").is_not_null() & pl.col(f"{name}_cell").ne_missing(pl.col(name))),
            kind,
            column=name,
            message=kind.wording.format(what=f"A new value of {name}"),
        )
        for name in fields
    ]
    for target, final in (("target_email_key", "email_key"), ("target_id", "unique_user_id")):
        moved = rows.filter(pl.col(target).is_not_null() & pl.col(target).ne_missing(pl.col(final)))
        name = "primary_email_address" if final == "email_key" else final
        found.append(issue_rows(moved, kind, column=name, message=kind.wording.format(what=f"A new {name}")))
    return pl.concat(found)


def absent_people(matched: Matched, directory: Directory, policy: Policy) -> pl.DataFrame:
    """Return whom a full file of this feed is silent on: `learner_id`, `leaves` (else only the claim is lost).

    Where the feed waits for several silent files, only those for whom this is the last of them.
    People without a claim, admins, protected people and those whose status was set by hand never leave by a file; whom
    another feed claims stays.
    """
    people = directory.learners
    if policy.mode is not Mode.FULL:
        return pl.DataFrame(schema={"learner_id": pl.Int64, "leaves": pl.Boolean})
    may_leave = pl.col("is_claimed_here") & ~pl.col("is_admin") & ~pl.col("is_protected") & ~is_status_kept(directory)
    absent = people.filter(may_leave & is_missing_long_enough(policy)).join(
        matched.present.to_frame(), on="learner_id", how="anti", maintain_order="left"
    )
    return absent.select("learner_id", leaves=pl.col("is_active") & ~pl.col("is_claimed_elsewhere"))
