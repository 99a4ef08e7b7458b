"""Read what one job did to the directory, and what of it has been written since, as `core.undoing.trace.Trace`."""

from typing import Any, Final

import polars as pl
from django.db import connection
from django.db.backends.utils import CursorWrapper

from orgsync.core.columns import ATTRIBUTE_NAMES, CUSTOM_PREFIX
from orgsync.core.undoing.trace import (
    CLAIM_STEPS,
    CREATED,
    GROUPS,
    LICENSE_STEPS,
    MEMBERSHIP_STEPS,
    PERSON,
    VALUES,
    Trace,
)
from orgsync.server.directory.copying import read_frame

_VALUES: Final = """
    WITH written AS (
        SELECT learner_id, attribute, max(id) AS last_id,
               (array_agg(before ORDER BY id))[1] AS before, (array_agg(after ORDER BY id DESC))[1] AS after
          FROM directory_learnerchange
         WHERE organization_id = %(organization)s AND job_id = %(job)s
         GROUP BY learner_id, attribute)
    SELECT learner_id, attribute, before, after,
           (NOT EXISTS (SELECT FROM directory_learnerchange AS later
                         WHERE later.organization_id = %(organization)s AND later.learner_id = written.learner_id
                           AND later.id > written.last_id AND later.attribute = written.attribute))::text
      FROM written
"""
# Whether anything at all has happened to a person since the job that created them.
_CREATED: Final = """
    SELECT learner.id,
           (learner.is_protected OR learner.anonymized_at IS NOT NULL
            OR EXISTS (SELECT FROM directory_learnerchange AS log
                        WHERE log.organization_id = %(organization)s AND log.learner_id = learner.id
                          AND log.at >= learner.created_at AND log.job_id IS DISTINCT FROM %(job)s)
            OR EXISTS (SELECT FROM directory_override AS kept
                        WHERE kept.organization_id = %(organization)s AND kept.learner_id = learner.id)
            OR EXISTS (SELECT FROM orgs_admin AS admin
                        WHERE admin.organization_id = %(organization)s AND admin.learner_id = learner.id)
            OR {links})::text
      FROM directory_learner AS learner
     WHERE learner.organization_id = %(organization)s AND learner.created_job_id = %(job)s
"""
_BEGUN_SINCE: Final = """
    EXISTS (SELECT FROM directory_{table} AS link
             WHERE link.organization_id = %(organization)s AND link.learner_id = learner.id
               AND link.since_job_id IS DISTINCT FROM %(job)s)
"""
_ENDED_SINCE: Final = """
    EXISTS (SELECT FROM directory_{table} AS link
             WHERE link.organization_id = %(organization)s AND link.learner_id = learner.id
               AND link.until > learner.created_at)
"""
_TOUCHED: Final = " OR ".join(
    [_BEGUN_SINCE.format(table=table) for table in ("membership", "licenseassignment", "claim")]
    + [_ENDED_SINCE.format(table=table) for table in ("pastmembership", "pastlicense", "pastclaim")]
)
# A step has two sides: the span that the job ended and the one that it began. It is the latest one while the span
# that it began still stands, or, where it only ended one, while none has begun since.
_STEPS: Final = """
    WITH ended AS (
        SELECT link.* FROM directory_{past} AS link
         WHERE organization_id = %(organization)s AND until_job_id = %(job)s {of_feed}),
    begun AS (
        SELECT learner_id, {other}, {value} AS after, true AS stands FROM directory_{table}
         WHERE organization_id = %(organization)s AND since_job_id = %(job)s {of_feed}
         UNION ALL
        SELECT learner_id, {other}, {value}, false FROM directory_{past}
         WHERE organization_id = %(organization)s AND since_job_id = %(job)s
           AND until_job_id IS DISTINCT FROM %(job)s {of_feed})
    SELECT learner_id, {key} {columns},
           (CASE WHEN begun.stands IS NOT NULL THEN begun.stands
                 ELSE NOT EXISTS (SELECT FROM directory_{table} AS now
                                   WHERE now.organization_id = %(organization)s AND now.learner_id = ended.learner_id
                                     AND now.{other} = ended.{other})
                  AND NOT EXISTS (SELECT FROM directory_{past} AS later
                                   WHERE later.organization_id = %(organization)s
                                     AND later.learner_id = ended.learner_id AND later.{other} = ended.{other}
                                     AND later.since >= ended.until) END)::text
      FROM ended FULL JOIN begun USING (learner_id, {other})
"""
_MEMBERSHIPS: Final = _STEPS.format(
    table="membership",
    past="pastmembership",
    other="group_id",
    key="group_id,",
    value="reasons",
    columns="coalesce(ended.reasons, 0), coalesce(begun.after, 0)",
    of_feed="",
)
_LICENSES: Final = _STEPS.format(
    table="licenseassignment",
    past="pastlicense",
    other="pool_id",
    key="pool_id,",
    value="state",
    columns="ended.state, begun.after, ended.is_by_hand::text, ended.position",
    of_feed="",
)
_CLAIMS: Final = _STEPS.format(
    table="claim",
    past="pastclaim",
    other="feed_id",
    key="",
    value="true",
    columns="(ended.until IS NOT NULL)::text, (begun.after IS NOT NULL)::text",
    of_feed="AND feed_id = %(feed)s",
)
_OTHER_CLAIMS: Final = """
    SELECT (SELECT count(*) FROM directory_claim
             WHERE organization_id = %(organization)s AND since_job_id = %(job)s AND feed_id <> %(feed)s)
         + (SELECT count(*) FROM directory_pastclaim
             WHERE organization_id = %(organization)s AND until_job_id = %(job)s AND feed_id <> %(feed)s)
"""
_NEW_GROUPS: Final = """
    SELECT id FROM directory_group WHERE organization_id = %(organization)s AND created_job_id = %(job)s
"""
_NEW_ATTRIBUTES: Final = """
    SELECT name FROM directory_customattribute WHERE organization_id = %(organization)s AND created_job_id = %(job)s
"""
_REMOVED: Final = """
    SELECT {columns} FROM directory_removal AS removal
     WHERE organization_id = %(organization)s AND job_id = %(job)s AND kind = %(kind)s
"""
_REMOVED_CUSTOM: Final = """
    SELECT DISTINCT jsonb_object_keys(values -> 'custom') FROM directory_removal
     WHERE organization_id = %(organization)s AND job_id = %(job)s AND kind = 'learner'
"""
_OUT_OF_REACH: Final = """
    SELECT id FROM directory_learner WHERE organization_id = %(organization)s AND anonymized_at IS NOT NULL
     UNION SELECT learner_id FROM directory_erasure WHERE organization_id = %(organization)s
"""


def read_trace(organization_id: int, *, job_id: int, feed_id: int) -> Trace:
    """Return what the job did; `feed_id` is the feed whose claims it made and lost.

    Call it where `snapshot.read_directory` is called, so that both see the same moment. The number of statements does
    not grow with what the job did.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("read_trace() needs the transaction in which the directory is read.")
    which = {"organization": organization_id, "job": job_id, "feed": feed_id}
    with connection.cursor() as cursor:
        return Trace(
            values=_frame(cursor, _VALUES, which, VALUES),
            created=_frame(cursor, _CREATED.format(links=_TOUCHED), which, CREATED),
            memberships=_frame(cursor, _MEMBERSHIPS, which, MEMBERSHIP_STEPS),
            licenses=_frame(cursor, _LICENSES, which, LICENSE_STEPS),
            claims=_frame(cursor, _CLAIMS, which, CLAIM_STEPS),
            new_groups=_column(cursor, _NEW_GROUPS, which),
            new_attributes=_column(cursor, _NEW_ATTRIBUTES, which),
            removed=_removed_people(cursor, which),
            removed_groups=_frame(cursor, _removed("removed_id", "name", "name_key"), which | _GROUP, GROUPS),
            removed_attributes=_column(cursor, _removed("name"), which | _ATTRIBUTE),
            not_undoable=_not_undoable(cursor, which),
            out_of_reach=frozenset(_column(cursor, _OUT_OF_REACH, which)),
        )


def custom_attributes_of(trace: Trace) -> list[str]:
    """Return the custom attributes of which an undo must see the values."""
    named = {name for name in trace.values["attribute"].unique() if name.startswith(CUSTOM_PREFIX)}
    return sorted(named | set(trace.new_attributes))


def _not_undoable(cursor: CursorWrapper, which: dict[str, Any]) -> tuple[str, ...]:
    (moved,) = _column(cursor, _OTHER_CLAIMS, which)
    return (f"What it did to {moved:,} claims of other feeds",) if moved else ()


_GROUP: Final = {"kind": "group"}
_ATTRIBUTE: Final = {"kind": "attribute"}


def _removed(*columns: str) -> str:
    selected = [column if column == "removed_id" else f"values ->> '{column}'" for column in columns]
    return _REMOVED.format(columns=", ".join(selected))


def _removed_people(cursor: CursorWrapper, which: dict[str, Any]) -> pl.DataFrame:
    custom = _column(cursor, _REMOVED_CUSTOM, which)
    names = {"learner_id": "removed_id", "row_number": "created_row"}
    built_in = _removed(*(names.get(name, name) for name in (*PERSON, *ATTRIBUTE_NAMES)))
    asked = {f"custom_{number}": name for number, name in enumerate(custom)}
    columns = "".join(f", values -> 'custom' ->> %({parameter})s" for parameter in asked)
    schema = pl.Schema({**PERSON, **dict.fromkeys((*ATTRIBUTE_NAMES, *custom), pl.String())})
    query = built_in.replace(" FROM directory_removal", f"{columns} FROM directory_removal", 1)
    return _frame(cursor, query, {**which, **asked, "kind": "learner"}, schema)


def _frame(cursor: CursorWrapper, query: str, which: dict[str, Any], schema: pl.Schema) -> pl.DataFrame:
    return read_frame(cursor, query, which, schema)


def _column(cursor: CursorWrapper, query: str, which: dict[str, Any]) -> tuple[Any, ...]:
    cursor.execute(query, which)
    return tuple(value for (value,) in cursor.fetchall())
