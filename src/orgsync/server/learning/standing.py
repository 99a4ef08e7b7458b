"""Where people stand with assignments follows from what they have completed: open or completed, and back again."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from django.db.backends.utils import CursorWrapper

from orgsync.core.assigning import CLOSED, OPEN, Audience, AudienceKind
from orgsync.server.directory.assignments import COMPLETE
from orgsync.server.directory.audiences import people_reached

_JUST_COMPLETED: Final = """
    SELECT DISTINCT learner_id, content_id FROM learning_activity
     WHERE organization_id = %(organization)s AND id = ANY (%(ids)s) AND verb = 'completed'
"""
# What was closed by no job was completed once: its completion was taken back, or went to another record.
_SETTLE: Final = """
    UPDATE learning_learnerassignment AS link
       SET state = 'completed', until = greatest(link.since, progress.completed_at), until_job_id = NULL
      FROM learning_progress AS progress
     WHERE link.organization_id = %(organization)s AND link.learner_id = ANY (%(people)s)
       AND (link.state <> 'closed' OR link.until_job_id IS NULL)
       AND progress.organization_id = %(organization)s AND progress.learner_id = link.learner_id
       AND progress.content_id = link.content_id AND progress.completed_at IS NOT NULL
       AND (link.state <> 'completed' OR link.until <> greatest(link.since, progress.completed_at))
"""
_NOT_DONE: Final = """
    SELECT link.assignment_id, link.learner_id
      FROM learning_learnerassignment AS link
     WHERE link.organization_id = %(organization)s AND link.learner_id = ANY (%(people)s) AND link.state = 'completed'
       AND NOT EXISTS (SELECT FROM learning_progress AS progress
                        WHERE progress.organization_id = %(organization)s AND progress.learner_id = link.learner_id
                          AND progress.content_id = link.content_id AND progress.completed_at IS NOT NULL)
     ORDER BY 1, 2
       FOR UPDATE
"""
_AUDIENCES: Final = """
    SELECT id, audience, group_id, learner_id, attribute, value FROM learning_assignment
     WHERE organization_id = %s AND id = ANY (%s) AND ended_at IS NULL
"""
_RESTATE: Final = """
    UPDATE learning_learnerassignment AS link
       SET state = stands.state, until = CASE stands.state WHEN 'closed' THEN %(now)s END, reminded_days = NULL
      FROM unnest(%(assignments)s::bigint[], %(learners)s::bigint[], %(states)s::text[])
           AS stands (assignment_id, learner_id, state)
     WHERE link.organization_id = %(organization)s AND link.learner_id = stands.learner_id
       AND link.assignment_id = stands.assignment_id
"""


def complete_done(cursor: CursorWrapper, organization_id: int, deeds: Sequence[uuid.UUID]) -> None:
    """Complete the open assignments of what these deeds, part of the progress by now, have completed."""
    cursor.execute(COMPLETE.format(pairs=_JUST_COMPLETED), {"organization": organization_id, "ids": list(deeds)})


def settle(cursor: CursorWrapper, organization_id: int, learner_ids: Iterable[int], *, now: datetime) -> None:
    """
    Let these people stand with their assignments as their progress says, whatever it said before.

    What is completed no more is open again, due when it was, or closed for whom the assignment does not reach.
    """
    values: dict[str, Any] = {"organization": organization_id, "people": sorted(set(learner_ids))}
    cursor.execute(_SETTLE, values)
    cursor.execute(_NOT_DONE, values)
    if not_done := cursor.fetchall():
        states = _states(cursor, organization_id, not_done)
        columns = dict(zip(("assignments", "learners"), map(list, zip(*not_done, strict=True)), strict=True))
        cursor.execute(_RESTATE, {"organization": organization_id, "now": now, "states": states, **columns})


def _states(cursor: CursorWrapper, organization_id: int, links: Sequence[tuple[int, int]]) -> list[str]:
    """Return for each assignment and learner whether it is open or closed for them when it is not completed."""
    people = defaultdict(list)
    for assignment_id, learner_id in links:
        people[assignment_id].append(learner_id)
    cursor.execute(_AUDIENCES, [organization_id, list(people)])
    reached = {
        (number, learner_id)
        for number, kind, *rest in cursor.fetchall()
        for learner_id in people_reached(organization_id, Audience(AudienceKind(kind), *rest), among=people[number])
    }
    return [OPEN if link in reached else CLOSED for link in links]
