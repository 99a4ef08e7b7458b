"""Remove what an undone job had made, and bring it back when the undo is undone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import polars as pl
from django.db import connection
from django.db.backends.utils import CursorWrapper

from orgsync.server.directory.copying import staged
from orgsync.server.directory.misfit import check_count

_LEARNERS: Final = "directory_learner"
_KEEP_LEARNERS: Final = """
    INSERT INTO directory_removal (organization_id, kind, removed_id, at, job_id, values)
    SELECT learner.organization_id, 'learner', learner.id, %s, %s, to_jsonb(learner)
      FROM directory_learner AS learner, removed_learner AS removed
     WHERE learner.organization_id = %s AND learner.id = removed.id
"""
_DELETE_LEARNERS: Final = """
    DELETE FROM directory_learner AS learner USING removed_learner AS removed
     WHERE learner.organization_id = %s AND learner.id = removed.id
"""
_REMOVE_GROUPS: Final = """
    WITH gone AS (DELETE FROM directory_group AS named WHERE organization_id = %s AND id = ANY (%s) RETURNING named.*)
    INSERT INTO directory_removal (organization_id, kind, removed_id, at, job_id, values)
    SELECT organization_id, 'group', id, %s, %s, to_jsonb(gone) FROM gone
"""
_REMOVE_ATTRIBUTES: Final = """
    WITH gone AS (
        DELETE FROM directory_customattribute AS named WHERE organization_id = %s AND name = ANY (%s) RETURNING named.*
    )
    INSERT INTO directory_removal (organization_id, kind, removed_id, at, job_id, values)
    SELECT organization_id, 'attribute', id, %s, %s, to_jsonb(gone) FROM gone
"""
_RESTORE_GROUPS: Final = """
    INSERT INTO directory_group (id, organization_id, name, name_key, is_rule, created_at, created_job_id)
    SELECT wanted.id, %s, wanted.name, wanted.key, false, %s, %s
      FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS wanted (id, name, key)
"""

_FORGET: Final = """
    WITH removed AS MATERIALIZED (
            DELETE FROM directory_removal AS removal USING orgs_organization AS organization
             WHERE organization.id = removal.organization_id
               AND removal.at < %(now)s - organization.undo_days * interval '1 day'
         RETURNING removal.*),
         people AS (
            SELECT DISTINCT organization_id, removed_id FROM removed
             WHERE kind = 'learner'
               AND NOT EXISTS (SELECT FROM directory_learner AS learner
                                WHERE learner.organization_id = removed.organization_id
                                  AND learner.id = removed.removed_id)
               AND NOT EXISTS (SELECT FROM directory_removal AS later
                                WHERE later.organization_id = removed.organization_id AND later.kind = removed.kind
                                  AND later.removed_id = removed.removed_id AND later.at > removed.at)),
         {logs}
    SELECT count(*) FROM removed
"""
_FORGET_LOG: Final = """
    gone_{table} AS (DELETE FROM {table} AS past USING people
                      WHERE past.organization_id = people.organization_id AND past.learner_id = people.removed_id)
"""
_LOGS: Final = (
    *("directory_learnerchange", "directory_learnerinvitation"),
    *("directory_pastclaim", "directory_pastlicense", "directory_pastmembership"),
    *("learning_activity", "learning_daysum", "learning_monthsum", "learning_progress"),
    *("learning_document", "learning_statement"),
    *("learning_follow", "learning_learnerchoices", "learning_share", "learning_sharedwith"),
    *("learning_learnerassignment", "learning_pastlearnerassignment"),
)


def remove_learners(
    cursor: CursorWrapper, organization_id: int, removed: pl.DataFrame, *, job_id: int | None, at: datetime
) -> None:
    """Take the people of `removed` (`learner_id`) out of the directory and keep each as it was.

    What hangs on them (memberships and so on) is for the other frames of the plan to end. Raises WritesMisfit when
    somebody is not there.
    """
    if removed.is_empty():
        return
    ids = removed.select(id="learner_id").sort("id")
    with staged(cursor, "removed_learner", ids, like=_LEARNERS):
        cursor.execute(_KEEP_LEARNERS, [at, job_id, organization_id])
        cursor.execute(_DELETE_LEARNERS, [organization_id])
        check_count(_LEARNERS, expected=ids.height, found=cursor.rowcount)


def remove_groups(
    cursor: CursorWrapper, organization_id: int, groups: Sequence[int], *, job_id: int | None, at: datetime
) -> None:
    """Take groups out of the directory and keep each as it was; raise WritesMisfit when one is not there."""
    if groups:
        cursor.execute(_REMOVE_GROUPS, [organization_id, list(groups), at, job_id])
        check_count("directory_group", expected=len(groups), found=cursor.rowcount)


def remove_attributes(
    cursor: CursorWrapper, organization_id: int, names: Sequence[str], *, job_id: int | None, at: datetime
) -> None:
    """Take custom attributes out of the directory and keep each as it was; raise WritesMisfit when one is not there."""
    if names:
        cursor.execute(_REMOVE_ATTRIBUTES, [organization_id, list(names), at, job_id])
        check_count("directory_customattribute", expected=len(names), found=cursor.rowcount)


def restore_groups(
    cursor: CursorWrapper, organization_id: int, groups: pl.DataFrame, *, job_id: int | None, at: datetime
) -> None:
    """Make groups (`group_id`, `group_name`, `group_key`) again under the ids that they had.

    Raises Django's IntegrityError when a group of that name is there.
    """
    if not groups.is_empty():
        columns = [groups[name].to_list() for name in ("group_id", "group_name", "group_key")]
        cursor.execute(_RESTORE_GROUPS, [organization_id, at, job_id, *columns])


def forget_removed(now: datetime) -> int:
    """Delete what undos have removed longer ago than an undo can be undone, with its history; return how many rows.

    The history of somebody who has come back meanwhile stays.
    """
    logs = ", ".join(_FORGET_LOG.format(table=table) for table in _LOGS)
    with connection.cursor() as cursor:
        cursor.execute(_FORGET.format(logs=logs), {"now": now})
        (count,) = cursor.fetchone()
    return int(count)
