"""The directory as of a past moment, read from the change log and from the spans of memberships, licenses and claims.

A value at a moment is what the first later change found there, or what stands when nothing has changed it since.
Permissions, protection and local overrides are not part of it, nor is anybody who was erased or purged since.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl
from django.db import connection
from django.db.backends.utils import CursorWrapper

from orgsync.core.assigning import STANDING
from orgsync.core.columns import ATTRIBUTE_NAMES
from orgsync.server.directory.copying import read_frame
from orgsync.server.directory.snapshot import consistent_read

_STATE: Final = ("is_active", "primary_email_address", "unique_user_id", "manager")
_MANAGER: Final = "coalesce(manager_id::text, '?' || coalesce(pending_manager_id, pending_manager_email))"
_COLUMNS: Final = f"""
    id, is_active::text, primary_email_address, unique_user_id, {_MANAGER},
    {", ".join(f"{name}::text" for name in ATTRIBUTE_NAMES)} {{custom}}
"""
# People who are there, and people whom an undo has removed since. Nobody is both at one moment.
_LEARNERS: Final = f"""
    SELECT {_COLUMNS} FROM directory_learner
     WHERE organization_id = %(organization)s AND created_at <= %(moment)s
     UNION ALL
    SELECT {_COLUMNS}
      FROM directory_removal AS removal,
           jsonb_populate_record(NULL::directory_learner, removal.values) AS learner
     WHERE removal.organization_id = %(organization)s AND removal.kind = 'learner'
       AND removal.at > %(moment)s AND learner.created_at <= %(moment)s
"""  # noqa: S608  names of the catalogue
_LATER: Final = """
    SELECT DISTINCT ON (log.learner_id, log.attribute) log.learner_id, log.attribute, log.before
      FROM directory_learnerchange AS log
      LEFT JOIN directory_removal AS removal
             ON removal.organization_id = log.organization_id AND removal.kind = 'learner'
            AND removal.removed_id = log.learner_id AND removal.at > %(moment)s
            AND (removal.values ->> 'created_at')::timestamptz <= %(moment)s
     WHERE log.organization_id = %(organization)s AND log.at > %(moment)s
       AND (removal.at IS NULL OR log.at <= removal.at)
     ORDER BY log.learner_id, log.attribute, log.id
"""
_SPANS: Final = """
    SELECT learner_id, {columns} FROM directory_{present}
     WHERE organization_id = %(organization)s AND coalesce(since <= %(moment)s, true)
     UNION ALL
    SELECT learner_id, {columns} FROM directory_{past}
     WHERE organization_id = %(organization)s AND coalesce(since <= %(moment)s, true) AND until > %(moment)s
"""
_ASSIGNMENTS: Final = """
    SELECT learner_id, assignment_id,
           CASE WHEN until IS NULL OR until > %(moment)s THEN 'open' ELSE state END, due_on
      FROM learning_learnerassignment
     WHERE organization_id = %(organization)s AND since <= %(moment)s
     UNION ALL
    (SELECT DISTINCT ON (past.learner_id, past.assignment_id) past.learner_id, past.assignment_id,
           CASE WHEN past.until > %(moment)s THEN 'open' ELSE 'closed' END, past.due_on
      FROM learning_pastlearnerassignment AS past
      JOIN learning_learnerassignment AS later
        ON later.organization_id = past.organization_id AND later.learner_id = past.learner_id
       AND later.assignment_id = past.assignment_id AND later.since > %(moment)s
     WHERE past.organization_id = %(organization)s AND past.since <= %(moment)s
     ORDER BY past.learner_id, past.assignment_id, past.until DESC)
"""
_TITLES: Final = """
    SELECT assignment.id, content.title
      FROM learning_assignment AS assignment JOIN learning_content AS content
        ON content.organization_id = assignment.organization_id AND content.id = assignment.content_id
     WHERE assignment.organization_id = %(organization)s
"""
_NAMES: Final = """
    SELECT id, {name} FROM directory_{table} WHERE organization_id = %(organization)s
"""
_GROUP_NAMES: Final = """
    SELECT id, name FROM directory_group WHERE organization_id = %(organization)s
     UNION
    SELECT removed_id, values ->> 'name' FROM directory_removal
     WHERE organization_id = %(organization)s AND kind = 'group'
       AND removed_id NOT IN (SELECT id FROM directory_group WHERE organization_id = %(organization)s)
"""
_CUSTOM: Final = """
    SELECT name FROM directory_customattribute WHERE organization_id = %(organization)s
     UNION
    SELECT DISTINCT attribute FROM directory_learnerchange
     WHERE organization_id = %(organization)s AND at > %(moment)s AND attribute LIKE 'attribute\\_%%'
     ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class PastDirectory:
    """The directory at one moment, each frame sorted by `learner_id`."""

    learners: pl.DataFrame
    """`learner_id`, `is_active` (Boolean), `primary_email_address`, `unique_user_id`, `manager` (learner id as text, or
    `?` and what was waited for), and each attribute, custom ones behind (String; dates as ISO text)."""
    memberships: pl.DataFrame
    """`learner_id`, `group_id`, `reasons` (mask), `group_name`."""
    licenses: pl.DataFrame
    """`learner_id`, `pool_id`, `state`, `pool_key`."""
    assignments: pl.DataFrame
    """`learner_id`, `assignment_id`, `state` (open, completed or closed), `due_on` (ISO text), `title`."""
    claims: pl.DataFrame
    """`learner_id`, `feed_id`, `feed_name`. A claim whose beginning is not known counts from the first day."""
    custom_attributes: tuple[str, ...]
    """Of which somebody had a value."""


def read_as_of(organization_id: int, moment: datetime) -> PastDirectory:
    """Return the organization's directory as it was at `moment`, its changes of that very moment included.

    Opens a transaction of its own, which must be the outermost. The number of statements does not grow with the
    directory.
    """
    which: dict[str, Any] = {"organization": organization_id, "moment": moment}
    with consistent_read(), connection.cursor() as cursor:
        cursor.execute(_CUSTOM, which)
        custom = tuple(name for (name,) in cursor.fetchall())
        learners = _learners(cursor, which, custom)
        unused = [name for name in custom if learners[name].null_count() == learners.height]
        return PastDirectory(
            learners=learners.drop(unused),
            memberships=_spans(cursor, which, "membership", ("group_id", "reasons"), ("group_name", _GROUP_NAMES)),
            licenses=_spans(cursor, which, "license", ("pool_id", "state"), ("pool_key", _POOL_KEYS)),
            assignments=_assigned(cursor, which),
            claims=_spans(cursor, which, "claim", ("feed_id",), ("feed_name", _FEED_NAMES)),
            custom_attributes=tuple(name for name in custom if name not in unused),
        )


def _assigned(cursor: CursorWrapper, which: dict[str, Any]) -> pl.DataFrame:
    stands = read_frame(cursor, _ASSIGNMENTS, which, STANDING)
    titles = read_frame(cursor, _TITLES, which, pl.Schema({"assignment_id": pl.Int64, "title": pl.String}))
    return stands.join(titles, on="assignment_id", how="left").sort("learner_id", "assignment_id")


_POOL_KEYS: Final = _NAMES.format(name="key", table="pool")
_FEED_NAMES: Final = _NAMES.format(name="name", table="feed")
_PRESENT: Final = {"membership": "membership", "license": "licenseassignment", "claim": "claim"}
_TYPES: Final = {"reasons": pl.Int16, "state": pl.String}


def _learners(cursor: CursorWrapper, which: dict[str, Any], custom: tuple[str, ...]) -> pl.DataFrame:
    names = {f"custom_{number}": name for number, name in enumerate(custom)}
    cells = "".join(f", custom ->> %({parameter})s" for parameter in names)
    columns = ("learner_id", *_STATE, *ATTRIBUTE_NAMES, *custom)
    schema = pl.Schema({name: pl.Int64 if name == "learner_id" else pl.String for name in columns})
    people = read_frame(cursor, _LEARNERS.format(custom=cells), which | names, schema).sort("learner_id")
    later = read_frame(
        cursor, _LATER, which, pl.Schema({"learner_id": pl.Int64, "attribute": pl.String, "found": pl.String})
    )
    for (attribute,), part in later.group_by("attribute"):
        people = _overlaid(people, str(attribute), part.select("learner_id", "found"))
    return people.with_columns(is_active=pl.col("is_active") == "true")


def _overlaid(people: pl.DataFrame, attribute: str, found: pl.DataFrame) -> pl.DataFrame:
    """Put what later changes found in place of what stands."""
    column = "is_active" if attribute == "status" else attribute
    if column not in people.columns:
        return people
    if attribute == "status":
        found = found.with_columns(
            found=pl.when(pl.col("found") == "active").then(pl.lit("true")).otherwise(pl.lit("false"))
        )
    marked = found.with_columns(is_older=pl.lit(value=True))
    joined = people.join(marked, on="learner_id", how="left", maintain_order="left")
    value = pl.when("is_older").then("found").otherwise(column)
    return joined.with_columns(value.alias(column)).select(people.columns)


def _spans(
    cursor: CursorWrapper, which: dict[str, Any], link: str, columns: tuple[str, ...], named: tuple[str, str]
) -> pl.DataFrame:
    query = _SPANS.format(columns=", ".join(columns), present=_PRESENT[link], past=f"past{link}")
    schema = pl.Schema({"learner_id": pl.Int64, **{name: _TYPES.get(name, pl.Int64()) for name in columns}})
    spans = read_frame(cursor, query, which, schema)
    name, names = named
    known = read_frame(cursor, names, which, pl.Schema({columns[0]: pl.Int64, name: pl.String}))
    return spans.join(known, on=columns[0], how="left").sort("learner_id", columns[0])
