"""Paths and collections complete with their parts: as deeds of their own, that go when a part's completion goes.

What is archived is not asked for. What was completed stays so when a part is added later.
"""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from orgsync.server.learning.addingup import add_up
from orgsync.server.learning.daysums import lock_alone, rebuild
from orgsync.server.learning.standing import complete_done
from orgsync.server.orgs.models import Organization

_ARE_PARTS: Final = """
    SELECT EXISTS (SELECT FROM learning_contentpart WHERE organization_id = %s AND part_id = ANY (%s))
"""
_OF_DEEDS: Final = """
    SELECT deed.learner_id, part.whole_id
      FROM learning_activity AS deed JOIN learning_contentpart AS part
        ON part.organization_id = %(organization)s AND part.part_id = deed.content_id
     WHERE deed.organization_id = %(organization)s AND deed.id = ANY (%(ids)s) AND deed.verb = 'completed'
"""
_OF_PROGRESS: Final = """
    SELECT progress.learner_id, part.whole_id
      FROM learning_contentpart AS part JOIN learning_progress AS progress
        ON progress.organization_id = %(organization)s AND progress.content_id = part.part_id
       AND progress.completed_at IS NOT NULL
     WHERE part.organization_id = %(organization)s AND {which}
"""
_COMPLETE: Final = """
    INSERT INTO learning_activity
           (organization_id, id, learner_id, content_id, verb, at, day, seconds, percent, source, stored_at)
    SELECT %(organization)s, gen_random_uuid(), pair.learner_id, pair.whole_id, 'completed', parts.at,
           (parts.at AT TIME ZONE %(zone)s)::date, 0, 100, 'parts', %(now)s
      FROM (SELECT DISTINCT found.* FROM ({pairs}) AS found) AS pair (learner_id, whole_id)
      JOIN learning_content AS whole
        ON whole.organization_id = %(organization)s AND whole.id = pair.whole_id AND whole.archived_at IS NULL
     CROSS JOIN LATERAL (
            SELECT max(progress.completed_at) AS at, count(*) AS asked, count(progress.completed_at) AS done
              FROM learning_contentpart AS part
              JOIN learning_content AS content
                ON content.organization_id = %(organization)s AND content.id = part.part_id
               AND content.archived_at IS NULL
              LEFT JOIN learning_progress AS progress
                ON progress.organization_id = %(organization)s AND progress.learner_id = pair.learner_id
               AND progress.content_id = part.part_id
             WHERE part.organization_id = %(organization)s AND part.whole_id = pair.whole_id
           ) AS parts
     WHERE parts.asked > 0 AND parts.asked = parts.done
       AND NOT EXISTS (SELECT FROM learning_progress AS known
                        WHERE known.organization_id = %(organization)s AND known.learner_id = pair.learner_id
                          AND known.content_id = pair.whole_id AND known.completed_at IS NOT NULL)
    RETURNING id
"""
_TAKE_BACK: Final = """
    UPDATE learning_activity AS deed SET voided_at = %(now)s
      FROM unnest(%(learners)s::bigint[], %(contents)s::bigint[]) AS taken (learner_id, content_id)
      JOIN learning_contentpart AS part
        ON part.organization_id = %(organization)s AND part.part_id = taken.content_id
     WHERE deed.organization_id = %(organization)s AND deed.learner_id = taken.learner_id
       AND deed.content_id = part.whole_id AND deed.source = 'parts' AND deed.voided_at IS NULL
       AND NOT EXISTS (SELECT FROM learning_progress AS known
                        WHERE known.organization_id = %(organization)s AND known.learner_id = taken.learner_id
                          AND known.content_id = taken.content_id AND known.completed_at IS NOT NULL)
    RETURNING deed.learner_id, deed.content_id
"""


def wait_for_parts(cursor: CursorWrapper, organization_id: int, completed: Sequence[int]) -> None:
    """Keep others from recording while any of this content completes as a part of something.

    Else two who complete the last two parts at the same moment would not see each other's, and the whole stays open.
    """
    cursor.execute(_ARE_PARTS, [organization_id, list(completed)])
    if cursor.fetchone()[0]:
        lock_alone(cursor, organization_id)


def complete_by_deeds(
    cursor: CursorWrapper, organization: Organization, new: Sequence[uuid.UUID], *, now: datetime
) -> None:
    """Complete every whole whose last part these deeds complete, and what that completes in turn."""
    found: Sequence[uuid.UUID] = list(new)
    while found:
        found = _complete(cursor, organization, _OF_DEEDS, {"ids": found}, now=now)


def complete_of_people(
    cursor: CursorWrapper, organization: Organization, learner_ids: Sequence[int], *, now: datetime
) -> None:
    """Complete what these people have completed all parts of: two records of one person may have had half each."""
    pairs = _OF_PROGRESS.format(which="progress.learner_id = ANY (%(people)s)")
    complete_by_deeds(
        cursor, organization, _complete(cursor, organization, pairs, {"people": list(learner_ids)}, now=now), now=now
    )


def complete_wholes(organization: Organization, wholes: Collection[int], *, now: datetime) -> None:
    """Complete these wholes for everybody who has completed all that they consist of by now."""
    if not wholes:
        return
    pairs = _OF_PROGRESS.format(which="part.whole_id = ANY (%(wholes)s)")
    with transaction.atomic(), connection.cursor() as cursor:
        lock_alone(cursor, organization.pk)
        new = _complete(cursor, organization, pairs, {"wholes": list(wholes)}, now=now)
        complete_by_deeds(cursor, organization, new, now=now)


def take_back_wholes(
    cursor: CursorWrapper, organization_id: int, taken: Collection[tuple[int, int]], *, now: datetime
) -> None:
    """Take back the completion of wholes, and of theirs in turn, of which a part is completed no more.

    `taken`: learner and content of completions that went; call it when progress is added up without them.
    """
    while taken:
        learners, contents = zip(*taken, strict=True)
        values: dict[str, Any] = {
            "organization": organization_id,
            "learners": list(learners),
            "contents": list(contents),
            "now": now,
        }
        cursor.execute(_TAKE_BACK, values)
        taken = set(cursor.fetchall())
        if taken:
            rebuild(cursor, organization_id, [learner_id for learner_id, _ in taken])


def _complete(
    cursor: CursorWrapper, organization: Organization, pairs: str, which: dict[str, Any], *, now: datetime
) -> list[uuid.UUID]:
    zone = ZoneInfo(organization.time_zone).key
    cursor.execute(_COMPLETE.format(pairs=pairs), {"organization": organization.pk, "zone": zone, "now": now, **which})
    new = [found for (found,) in cursor.fetchall()]
    if new:
        add_up(cursor, organization.pk, new)
        complete_done(cursor, organization.pk, new)
    return new
