"""A plan as a file: Parquet, in the plan's own order, in row groups that a page can read one at a time."""

import io
from typing import BinaryIO, Final

import polars as pl

from orgsync.core.plan import CREATE_COLUMNS, PLAN_SCHEMA, ChangeKind, Plan

ROW_GROUP: Final = 50_000
"""Lines of a row group."""
_HIDDEN: Final = frozenset(CREATE_COLUMNS) - {"is_active", "primary_email_address", "unique_user_id"}


def write_plan(plan: Plan, target: BinaryIO) -> None:
    """Write `PLAN_SCHEMA`; a creation's `after` holds its values as JSON.

    The JSON is made while writing, part by part: of a million people at once it would take half a gigabyte.
    """
    # Lines are sorted by kind, so that none has to be copied to be told from the others.
    before, creations, after = _split(plan.changes, ChangeKind.CREATED)
    created = plan.writes.creates.lazy()
    values = pl.struct(name for name in plan.writes.creates.columns if name not in _HIDDEN)
    # Both are in row order, so that they can be laid side by side without a join. Each part is a source of its own:
    # of one that holds everybody the engine makes more at a time than it writes.
    told = [
        pl.concat([part.lazy(), _values_of(created, values, number)], how="horizontal").select(list(PLAN_SCHEMA))
        for number, part in enumerate(creations.drop("after").iter_slices(ROW_GROUP))
    ]
    lines = pl.concat([*told, before.lazy(), after.lazy()])
    lines.sink_parquet(target, row_group_size=ROW_GROUP, maintain_order=True)


def _split(lines: pl.DataFrame, kind: ChangeKind) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return the lines before those of a kind, those, and the lines after them."""
    is_meant = lines["kind"] == kind.value
    start, count = is_meant.arg_max() or 0, int(is_meant.sum())
    assert is_meant[start : start + count].all(), "the lines of one kind stand together"
    return lines[:start], lines[start : start + count], lines[start + count :]


def _values_of(created: pl.LazyFrame, values: pl.Expr, number: int) -> pl.LazyFrame:
    """Return the values of one part of the people to be created, as JSON."""
    return created.slice(number * ROW_GROUP, ROW_GROUP).select(after=values.struct.json_encode())


def plan_bytes(lines: pl.DataFrame) -> bytes:
    """Return plain lines (`PLAN_SCHEMA`), few of them, as the file that `write_plan` makes."""
    text = io.BytesIO()
    lines.write_parquet(text, row_group_size=ROW_GROUP)
    return text.getvalue()


def read_plan(source: bytes) -> pl.DataFrame:
    """Return a stored plan (`PLAN_SCHEMA`)."""
    return pl.read_parquet(source)
