"""Activity follows people: to the record that stays when two are merged, and back when that is undone."""

from collections.abc import Mapping, Sequence
from typing import Final

from django.db import connection
from django.db.backends.utils import CursorWrapper

from orgsync.server.learning.daysums import lock_alone, rebuild

_MOVE: Final = """
    UPDATE learning_activity AS moved
       SET learner_id = merge.kept_id,
           former_learner_ids = coalesce(moved.former_learner_ids, '{}') || moved.learner_id
      FROM unnest(%s::bigint[], %s::bigint[]) AS merge (other_id, kept_id)
     WHERE moved.organization_id = %s AND moved.learner_id = merge.other_id
"""
_MOVE_STATEMENTS: Final = """
    UPDATE learning_statement AS moved SET learner_id = activity.learner_id
      FROM learning_activity AS activity
     WHERE moved.organization_id = %(organization)s AND moved.learner_id = ANY (%(people)s)
       AND activity.organization_id = %(organization)s AND activity.id = moved.id
       AND activity.learner_id <> moved.learner_id
"""
_MOVE_BACK: Final = """
    WITH back AS (
        SELECT id, learner_id FROM learning_activity
         WHERE organization_id = %(organization)s AND former_learner_ids IS NOT NULL
           AND former_learner_ids[cardinality(former_learner_ids)] = ANY (%(people)s))
    UPDATE learning_activity AS moved
       SET learner_id = moved.former_learner_ids[cardinality(moved.former_learner_ids)],
           former_learner_ids = nullif(trim_array(moved.former_learner_ids, 1), '{}')
      FROM back
     WHERE moved.organization_id = %(organization)s AND moved.id = back.id
    RETURNING back.learner_id
"""


def move_activity(organization_id: int, kept: Mapping[int, int]) -> int:
    """Give what people did to the records that stay (who goes → who stays); return how many deeds moved."""
    if not kept:
        return 0
    with connection.cursor() as cursor:
        lock_alone(cursor, organization_id)
        cursor.execute(_MOVE, [list(kept), list(kept.values()), organization_id])
        moved = int(cursor.rowcount)
        if moved:
            _follow(cursor, organization_id, [*kept, *kept.values()])
    return moved


def give_back_activity(organization_id: int, learner_ids: Sequence[int]) -> int:
    """Give people who come back what merges took from them; return how many deeds moved."""
    if not learner_ids:
        return 0
    with connection.cursor() as cursor:
        lock_alone(cursor, organization_id)
        cursor.execute(_MOVE_BACK, {"organization": organization_id, "people": list(learner_ids)})
        holders = [learner_id for (learner_id,) in cursor.fetchall()]
        if holders:
            _follow(cursor, organization_id, [*learner_ids, *holders])
    return len(holders)


def _follow(cursor: CursorWrapper, organization_id: int, learner_ids: Sequence[int]) -> None:
    """Let statements and sums follow the deeds that moved."""
    cursor.execute(_MOVE_STATEMENTS, {"organization": organization_id, "people": list(learner_ids)})
    rebuild(cursor, organization_id, learner_ids)
