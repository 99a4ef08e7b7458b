"""Activity follows people: to the record that stays when two are merged, and back when that is undone."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

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
# Copied, not moved: when a merge is undone the other record has its own again. Whom one follows oneself is nobody.
_COPY_TIES: Final = (
    """
    INSERT INTO learning_follow (organization_id, learner_id, followed_id, since)
    SELECT follow.organization_id, merge.kept_id, follow.followed_id, follow.since
      FROM unnest(%(others)s::bigint[], %(kept)s::bigint[]) AS merge (other_id, kept_id)
      JOIN learning_follow AS follow
        ON follow.organization_id = %(organization)s AND follow.learner_id = merge.other_id
     WHERE follow.followed_id <> merge.kept_id
        ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO learning_follow (organization_id, learner_id, followed_id, since)
    SELECT follow.organization_id, follow.learner_id, merge.kept_id, follow.since
      FROM unnest(%(others)s::bigint[], %(kept)s::bigint[]) AS merge (other_id, kept_id)
      JOIN learning_follow AS follow
        ON follow.organization_id = %(organization)s AND follow.followed_id = merge.other_id
     WHERE follow.learner_id <> merge.kept_id
        ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO learning_sharedwith (organization_id, learner_id, share_id, by_id, at, mail_state)
    SELECT shown.organization_id, merge.kept_id, shown.share_id, shown.by_id, shown.at, 'left'
      FROM unnest(%(others)s::bigint[], %(kept)s::bigint[]) AS merge (other_id, kept_id)
      JOIN learning_sharedwith AS shown
        ON shown.organization_id = %(organization)s AND shown.learner_id = merge.other_id
        ON CONFLICT DO NOTHING
    """,
)
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
    """Give what people did to the records that stay (who goes → who stays); return how many deeds moved.

    Whom they follow, who follows them and what was shared with them is there for the record that stays, too.
    """
    if not kept:
        return 0
    with connection.cursor() as cursor:
        lock_alone(cursor, organization_id)
        ties: dict[str, Any] = {"organization": organization_id, "others": list(kept), "kept": list(kept.values())}
        for statement in _COPY_TIES:
            cursor.execute(statement, ties)
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
