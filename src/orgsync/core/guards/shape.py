"""A full file that is not like the last one: columns, rows, how far columns are filled; rows in error."""

from collections.abc import Mapping
from typing import Final

from orgsync.core.guards.case import Case, HoldReason
from orgsync.core.guards.limits import MANY, Limit
from orgsync.core.issuerows import rows_with
from orgsync.core.model import Severity
from orgsync.core.rows import CheckedRows, FileLayout

_SHOWN: Final = 20
_OCCASIONAL: Final = frozenset(
    {
        *("existing_email_address", "new_unique_user_id", "domain_name_change"),
        *("add_to_groups", "remove_from_groups", "end_date"),
    }
)
"""Fields that say what happens and not what is: they are empty on most nights."""


def fill_of(checked: CheckedRows, layout: FileLayout) -> dict[str, float]:
    """Return the share of rows, 0 to 1, in which each field holds something that can be used."""
    rows = checked.rows
    height, settled = rows.height + checked.settled.height, checked.settled_filled
    if not height:
        return {}
    names = [name for name in layout.fields if name in rows.columns and name not in _OCCASIONAL]
    return {name: round((rows[name].count() + settled.get(name, 0)) / height, 6) for name in names}


def rows_in_error(case: Case, limit: Limit) -> HoldReason | None:
    """Say that too many rows cannot be used."""
    count = rows_with(case.issues, Severity.ERROR).len()
    text = f"{count:,} of {case.rows:,} rows are in error."
    return HoldReason("rows_in_error", text, count, case.rows) if limit.is_tripped(count, case.rows) else None


def missing_column(case: Case, limit: Limit) -> HoldReason | None:  # noqa: ARG001  a column is there or not
    """Say that a full file lacks a column that the last applied one had."""
    gone = tuple(name for name in case.history.fields if name not in case.layout.fields)
    if not case.is_full_file or not gone:
        return None
    return HoldReason(
        "missing_column",
        f"The last file of this feed had {len(gone)} columns that this one lacks: {', '.join(gone)}.",
        len(gone),
        len(case.history.fields),
        gone,
    )


def row_count_drop(case: Case, limit: Limit) -> HoldReason | None:
    """Say that a full file has many fewer rows than the last applied one."""
    if not case.is_full_file or not case.history.rows:
        return None
    count, base = case.history.rows - case.rows, case.history.rows
    text = f"The file has {case.rows:,} rows, the last one had {base:,}: {count:,} fewer."
    return HoldReason("row_count_drop", text, count, base) if limit.is_tripped(count, base) else None


def fill_rate_drop(case: Case, limit: Limit) -> HoldReason | None:  # noqa: ARG001  half is half
    """Say that columns of a full file are not half as filled as in the last applied one.

    A column counts when at least `MANY` cells are empty by that.
    """
    if not case.is_full_file:
        return None
    fallen = tuple(_fallen(case.history.fill, case.fill, case.rows))
    if not fallen:
        return None
    shares = [f"{name} (from {case.history.fill[name]:.1%} to {case.fill[name]:.1%})" for name in fallen[:_SHOWN]]
    more = ", …" if len(fallen) > _SHOWN else ""
    text = f"{len(fallen)} columns are filled less than half as often as in the last file: {', '.join(shares)}{more}."
    return HoldReason("fill_rate_drop", text, len(fallen), len(case.history.fill), fallen[:_SHOWN])


def _fallen(before: Mapping[str, float], after: Mapping[str, float], rows: int) -> list[str]:
    both = [(name, share, after[name]) for name, share in before.items() if name in after]
    return [name for name, was, is_now in both if is_now * 2 < was and (was - is_now) * rows >= MANY]


def unidentified_rows(case: Case, limit: Limit) -> HoldReason | None:  # noqa: ARG001  one such row is too many
    """Say that a full file that makes leavers has rows that name nobody."""
    rows = case.plan.unidentified_rows
    if not case.is_full_file or case.plan.leavers.is_empty() or not rows:
        return None
    shown = tuple(str(row) for row in rows[:_SHOWN])
    more = ", …" if len(rows) > len(shown) else ""
    return HoldReason(
        "unidentified_rows",
        f"{len(rows):,} rows in error name nobody (rows {', '.join(shown)}{more}), and people would leave by absence.",
        len(rows),
        case.rows,
        shown,
    )
