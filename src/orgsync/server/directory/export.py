"""People as a CSV file that may be sent back: what it says of a person is what the directory holds.

Sent back as a file of changes it changes nothing. The column that marks it (`orgsync_status`) tells the reader of
files to undo the formula defence.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl
from django.db import connection
from django.db.backends.utils import CursorWrapper

from orgsync.core.columns import ATTRIBUTE_NAMES, DOWNLOAD_MARKER
from orgsync.core.directory import ACTIVE, REASON_FILE, REASON_HAND, SCHEDULED, WAITING
from orgsync.core.formula import defused
from orgsync.core.results import BYTE_ORDER_MARK, LINE_END
from orgsync.server.directory.copying import read_frame
from orgsync.server.directory.criteria import Condition, Criteria, condition_of
from orgsync.server.directory.models import CustomAttribute, Pool
from orgsync.server.directory.scope import scope_condition
from orgsync.server.directory.snapshot import consistent_read
from orgsync.server.orgs.access import People
from orgsync.server.orgs.models import Organization

SLICE_PEOPLE: Final = 10_000

# Who may not see a manager is not told of one.
_SEEN_MANAGER: Final = {
    "manager_unique_user_id": "manager.unique_user_id",
    "manager_primary_email_address": "manager.primary_email_address",
}
_MANAGER: Final = {
    "manager_unique_user_id": "coalesce(manager.unique_user_id, learner.pending_manager_id)",
    "manager_primary_email_address": "coalesce(manager.primary_email_address, learner.pending_manager_email)",
}
# A status that contradicts the person's own (of a leaver whom a full file left out) would bring them back.
_STATUS: Final = """
    CASE WHEN learner.is_active = (learner.worker_status = 'active') THEN learner.worker_status END
"""
_PEOPLE: Final = """
    SELECT learner.id, {cells}
      FROM directory_learner AS learner
      LEFT JOIN directory_learner AS manager
             ON manager.organization_id = learner.organization_id AND manager.id = learner.manager_id
                AND {manager}
     WHERE learner.id > %s AND {condition}
     ORDER BY learner.id
     LIMIT %s
"""
_GROUPS: Final = """
    SELECT membership.learner_id, grouped.name
      FROM directory_membership AS membership
      JOIN directory_group AS grouped
        ON grouped.organization_id = membership.organization_id AND grouped.id = membership.group_id
     WHERE membership.organization_id = %s AND membership.learner_id = ANY (%s) AND membership.reasons & %s <> 0
       AND NOT grouped.is_rule
     ORDER BY membership.learner_id, grouped.name_key
"""
_LICENSES: Final = """
    SELECT learner_id, pool_id, state
      FROM directory_licenseassignment
     WHERE organization_id = %s AND learner_id = ANY (%s) AND state = ANY (%s)
"""
_GROUP_SCHEMA: Final = pl.Schema({"learner_id": pl.Int64, "group_name": pl.String})
_LICENSE_SCHEMA: Final = pl.Schema({"learner_id": pl.Int64, "pool_id": pl.Int64, "state": pl.String})


@dataclass(frozen=True, slots=True)
class _Layout:
    """The columns of one download: header → SQL of the cell, and what is put beside them."""

    organization_id: int
    cells: dict[str, str]
    custom: Sequence[str]
    pools: Sequence[tuple[int, str]]
    manager: Condition
    """What a manager must fulfil to be named."""
    reasons: int
    """Memberships that the list of groups names: those that a file may set."""

    @property
    def headers(self) -> list[str]:
        return [*self.cells, *self.custom, "groups", *(key for _, key in self.pools), DOWNLOAD_MARKER]


def export_people(organization: Organization, criteria: Criteria) -> Iterator[bytes]:
    """Yield a CSV file (UTF-8 with mark, CRLF) of everybody who is meant, by id, in parts.

    It has identity, attributes, manager, custom attributes, groups that a file may set, and a column for each license
    pool. Each person is as of one moment; people who are read later may be of a later one, so that a slow reader
    keeps nobody waiting.
    """
    layout = _layout_of(organization, criteria.within)
    condition = condition_of(organization.pk, criteria)
    header = io.StringIO()
    csv.writer(header, lineterminator=LINE_END).writerow(layout.headers)
    yield BYTE_ORDER_MARK + header.getvalue().encode()
    last_id = 0
    while True:
        with consistent_read(), connection.cursor() as cursor:
            people = _people(cursor, layout, condition, last_id)
            lines = _lines(cursor, layout, people)
        if people.is_empty():
            return
        yield _csv(lines.select(layout.headers))
        last_id = people["learner_id"][-1]


def _layout_of(organization: Organization, within: People) -> _Layout:
    custom = CustomAttribute.objects.filter(organization=organization).order_by("name")
    pools = Pool.objects.filter(organization=organization).order_by("key")
    attributes = {name: f"learner.{name}" for name in ATTRIBUTE_NAMES} | {"worker_status": _STATUS}
    keys = {name: f"learner.{name}" for name in ("primary_email_address", "unique_user_id")}
    return _Layout(
        organization.pk,
        keys | attributes | (_MANAGER if within.is_everybody else _SEEN_MANAGER),
        list(custom.values_list("name", flat=True)),
        list(pools.values_list("id", "key")),
        scope_condition(organization.pk, within, "manager") or ("true", []),
        REASON_FILE | (REASON_HAND if organization.reads_groups_literally else 0),
    )


def _people(cursor: CursorWrapper, layout: _Layout, condition: Condition, last_id: int) -> pl.DataFrame:
    where, values = condition
    is_seen, seen = layout.manager
    cells = [f"({cell})::text" for cell in layout.cells.values()] + ["learner.custom ->> %s"] * len(layout.custom)
    cells.append("CASE WHEN learner.is_active THEN 'active' ELSE 'inactive' END")
    names = ("learner_id", *layout.cells, *layout.custom, DOWNLOAD_MARKER)
    schema = pl.Schema({name: pl.Int64 if name == "learner_id" else pl.String for name in names})
    query = _PEOPLE.format(cells=", ".join(cells), manager=is_seen, condition=where)
    parameters: list[Any] = [*layout.custom, *seen, last_id, *values, SLICE_PEOPLE]
    return read_frame(cursor, query, parameters, schema)


def _lines(cursor: CursorWrapper, layout: _Layout, people: pl.DataFrame) -> pl.DataFrame:
    """Put groups and licenses beside the people."""
    ids = people["learner_id"].to_list()
    groups = read_frame(cursor, _GROUPS, [layout.organization_id, ids, layout.reasons], _GROUP_SCHEMA)
    open_states = [ACTIVE, WAITING, SCHEDULED]
    licenses = read_frame(cursor, _LICENSES, [layout.organization_id, ids, open_states], _LICENSE_SCHEMA)
    lists = groups.group_by("learner_id").agg(groups=_list_item("group_name").str.join(", "))
    lines = people.join(lists, on="learner_id", how="left", maintain_order="left")
    return lines.with_columns(
        pl.when(pl.col("learner_id").is_in(licenses.filter(pl.col("pool_id") == pool)["learner_id"].implode()))
        .then(pl.lit("active"))
        .otherwise(pl.lit("inactive"))
        .alias(key)
        for pool, key in layout.pools
    )


def _list_item(name: str) -> pl.Expr:
    """Write a group's name as a list of names has it: quoted where a comma or a quote would be misread."""
    quoted = pl.lit('"') + pl.col(name).str.replace_all('"', '""', literal=True) + pl.lit('"')
    return pl.when(pl.col(name).str.contains(r'^"|,')).then(quoted).otherwise(pl.col(name))


def _csv(lines: pl.DataFrame) -> bytes:
    safe = lines.select(defused(pl.col(name)) for name in lines.columns)
    return safe.write_csv(include_header=False, line_terminator=LINE_END).encode()
