"""Where people stand by new deeds: the progress with each content and the sums of each day, added to as deeds come."""

import uuid
from collections.abc import Sequence
from typing import Final

from django.db.backends.utils import CursorWrapper

from orgsync.server.learning.daysums import COLUMNS, STANDING, add_days, lock_pairs

_ADD_TO_PROGRESS: Final = f"""
    INSERT INTO learning_progress AS known ({COLUMNS})
    {STANDING.format(which="id = ANY (%(ids)s)")}
        ON CONFLICT (organization_id, learner_id, content_id) DO UPDATE
       SET started_at = least(known.started_at, excluded.started_at),
           last_at = greatest(known.last_at, excluded.last_at),
           percent = greatest(known.percent, excluded.percent),
           seconds = known.seconds + excluded.seconds,
           completed_at = least(known.completed_at, excluded.completed_at),
           started_day = least(known.started_day, excluded.started_day),
           completed_day = least(known.completed_day, excluded.completed_day)
"""  # noqa: S608  constants
_SET_LIKES: Final = """
    UPDATE learning_progress AS known
       SET liked_at = last.liked_at, liked_day = last.liked_day
      FROM (SELECT DISTINCT ON (learner_id, content_id)
                   learner_id, content_id, CASE verb WHEN 'liked' THEN at END AS liked_at,
                   CASE verb WHEN 'liked' THEN day END AS liked_day
              FROM learning_activity
             WHERE organization_id = %(organization)s AND verb IN ('liked', 'unliked') AND voided_at IS NULL
               AND (learner_id, content_id) IN (SELECT learner_id, content_id FROM learning_activity
                     WHERE organization_id = %(organization)s AND id = ANY (%(ids)s) AND verb IN ('liked', 'unliked'))
             ORDER BY learner_id, content_id, at DESC, id DESC) AS last
     WHERE known.organization_id = %(organization)s
       AND known.learner_id = last.learner_id AND known.content_id = last.content_id
"""


def add_up(cursor: CursorWrapper, organization_id: int, new: Sequence[uuid.UUID]) -> None:
    """Bring progress and day sums up to the deeds that were just written."""
    before = lock_pairs(cursor, organization_id, new)
    for statement in (_ADD_TO_PROGRESS, _SET_LIKES):
        cursor.execute(statement, {"organization": organization_id, "ids": list(new)})
    add_days(cursor, organization_id, new, before)
