"""The directory as of a past moment as CSV, to be read by people and spreadsheets."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import polars as pl

from orgsync.core.assigning import CLOSED, OPEN
from orgsync.core.columns import ATTRIBUTE_NAMES
from orgsync.core.formula import defused
from orgsync.core.results import BYTE_ORDER_MARK, LINE_END
from orgsync.server.directory.asof import PastDirectory, read_as_of

SLICE_ROWS: Final = 50_000


def people_as_of(organization_id: int, moment: datetime) -> Iterator[bytes]:
    """Yield a CSV file (UTF-8 with mark, CRLF) of everybody who was in the directory at `moment`, by id, in parts.

    Columns: identity, `status`, attributes, `manager` (address, or what was waited for), custom attributes, `groups`,
    a column for each license pool with the state, `assignments` that were open (with the due day) or completed, and
    `feeds` that claimed the person. Opens a transaction.
    """
    lines = _lines(read_as_of(organization_id, moment))
    yield BYTE_ORDER_MARK + lines.head(0).write_csv(line_terminator=LINE_END).encode()
    for part in lines.iter_slices(SLICE_ROWS):
        safe = part.select(defused(pl.col(name)) for name in part.columns)
        yield safe.write_csv(include_header=False, line_terminator=LINE_END).encode()


def _lines(past: PastDirectory) -> pl.DataFrame:
    people = past.learners
    addresses = people.select(manager=pl.col("learner_id").cast(pl.String), address="primary_email_address")
    lines = people.join(addresses, on="manager", how="left", maintain_order="left")
    status = pl.when("is_active").then(pl.lit("active")).otherwise(pl.lit("inactive"))
    waited_for = pl.col("manager").str.strip_prefix("?")
    lines = lines.with_columns(status=status, manager=pl.coalesce("address", waited_for))
    lines = _beside(lines, past.memberships, "group_name", "groups")
    pools = past.licenses["pool_key"].unique().drop_nulls().sort().to_list()
    for pool in pools:
        states = past.licenses.filter(pl.col("pool_key") == pool).select("learner_id", pl.col("state").alias(pool))
        lines = lines.join(states, on="learner_id", how="left", maintain_order="left")
    lines = _beside(lines, _worded(past.assignments), "words", "assignments")
    lines = _beside(lines, past.claims, "feed_name", "feeds")
    shown = ("primary_email_address", "unique_user_id", "status", *ATTRIBUTE_NAMES, "manager")
    return lines.select(*shown, *past.custom_attributes, "groups", *pools, "assignments", "feeds")


def _beside(lines: pl.DataFrame, links: pl.DataFrame, name: str, column: str) -> pl.DataFrame:
    """Add the names of what belongs to each person, in one cell."""
    names = links.sort("learner_id", name).group_by("learner_id").agg(pl.col(name).str.join("; ").alias(column))
    return lines.join(names, on="learner_id", how="left", maintain_order="left")


def _worded(assignments: pl.DataFrame) -> pl.DataFrame:
    """Say what was assigned and how the person stood; what was closed was nothing to them any more."""
    is_due = (pl.col("state") == OPEN) & pl.col("due_on").is_not_null()
    due = pl.when(is_due).then(pl.format(", due {}", pl.col("due_on").fill_null(""))).otherwise(pl.lit(""))
    words = pl.format("{} ({}{})", "title", "state", due)
    return assignments.filter(pl.col("state") != CLOSED).with_columns(words=words)
