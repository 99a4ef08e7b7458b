"""What "additions now" leaves for later: everything of a file that takes something away from somebody.

The stages ask here (`Policy.takes_nothing`), so that seats, waiting lists and counts are those of a plan that takes
nothing, not those of a shortened one.
"""

from typing import Final

import polars as pl

from orgsync.core import issues as kinds
from orgsync.core.issuerows import issue_rows, no_issues, worded
from orgsync.core.plan import Policy

_SAYS_LEAVING: Final = frozenset({"worker_status", "end_date"})
_MANAGER: Final = ("manager_id", "pending_manager_id", "pending_manager_email")


def keep_people(rows: pl.DataFrame, fields: tuple[str, ...], policy: Policy) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Add `leaves_later`; where nothing may be taken, keep values that would be emptied and people who would leave.

    `rows` has for `is_active` and each field `x` both `x` (final) and `x_before`. The issues name what was kept.
    """
    if not policy.takes_nothing:
        return rows.with_columns(leaves_later=pl.lit(value=False)), no_issues()
    was_active = pl.col("is_active_before").fill_null(value=False)
    rows = rows.with_columns(leaves_later=was_active & ~pl.col("is_active"))
    found = [left_for_later(rows.filter("leaves_later"), pl.lit("Leaving"), column="worker_status")]
    kept = {}
    for name in fields:
        is_emptied = pl.col(f"{name}_before").is_not_null() & pl.col(name).is_null()
        # A status or last day that contradicts the person would make them leave without anybody's word.
        stays = pl.col("leaves_later") if name in _SAYS_LEAVING else pl.lit(value=False)
        found.append(left_for_later(rows.filter(is_emptied), pl.lit(f"Emptying {name}"), column=name))
        kept[name] = pl.when(is_emptied | stays).then(pl.col(f"{name}_before")).otherwise(pl.col(name))
    rows = rows.with_columns(**kept, is_active=pl.col("is_active") | pl.col("leaves_later"))
    return rows, pl.concat(found)


def keep_managers(rows: pl.DataFrame, policy: Policy) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Where nothing may be taken, keep the manager of whom a row would leave without any."""
    if not policy.takes_nothing:
        return rows, no_issues()
    had_one = pl.any_horizontal(pl.col(f"{name}_before").is_not_null() for name in _MANAGER)
    is_emptied = had_one & pl.all_horizontal(pl.col(name).is_null() for name in _MANAGER)
    rows = rows.with_columns(is_emptied=is_emptied)
    issues = left_for_later(rows.filter("is_emptied"), pl.lit("Losing the manager"), column="manager")
    kept = [
        pl.when("is_emptied").then(pl.col(f"{name}_before")).otherwise(pl.col(name)).alias(name) for name in _MANAGER
    ]
    return rows.with_columns(kept).drop("is_emptied"), issues


def keep_permissions(changes: pl.DataFrame, policy: Policy) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Where nothing may be taken, leave out changes after which a scope lacks something that it had."""
    if not policy.takes_nothing:
        return changes, no_issues()
    before, after = (pl.col(side).fill_null("").str.split(",") for side in ("before", "after"))
    lost = before.list.set_difference(after).list.eval(pl.element().filter(pl.element() != "")).list.len() > 0
    is_taken = lost & (pl.col("after").fill_null("") != "yes")
    return changes.filter(~is_taken), left_for_later(
        changes.filter(is_taken), pl.lit("Losing ") + pl.col("permission"), column=pl.col("permission")
    )


def left_for_later(rows: pl.DataFrame, what: pl.Expr, *, column: str | pl.Expr) -> pl.DataFrame:
    """Return the warning that something of a row waits for an approval of its own; rows without a number have none."""
    kind = kinds.REMOVAL_LATER
    return issue_rows(
        rows.filter(pl.col("row_number").is_not_null()), kind, column=column, message=worded(kind, what=what)
    )
