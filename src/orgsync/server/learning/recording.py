"""The one way in which activity comes into the database, from wherever: once each, with all that is counted from it."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from orgsync.server.directory.assignments import COMPLETE
from orgsync.server.learning.daysums import COLUMNS, STANDING, add_days, lock_alone, lock_pairs, rebuild
from orgsync.server.learning.models import Source, Verb
from orgsync.server.orgs.models import Organization

INSERT: Final = """
    INSERT INTO learning_activity
           (organization_id, id, learner_id, content_id, verb, at, day, seconds, percent, source, stored_at)
    SELECT %(organization)s, deed.id, deed.learner_id, deed.content_id, deed.verb, deed.at,
           (deed.at AT TIME ZONE %(zone)s)::date, deed.seconds, deed.percent, %(source)s, %(now)s
      FROM unnest(%(ids)s::uuid[], %(learners)s::bigint[], %(contents)s::bigint[], %(verbs)s::text[],
                  %(times)s::timestamptz[], %(seconds)s::bigint[], %(percents)s::smallint[])
           AS deed (id, learner_id, content_id, verb, at, seconds, percent)
     ORDER BY deed.id
        ON CONFLICT DO NOTHING
    RETURNING id
"""
ADD_TO_PROGRESS: Final = f"""
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
SET_LIKES: Final = """
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
VOID: Final = """
    UPDATE learning_activity SET voided_at = %(now)s
     WHERE organization_id = %(organization)s AND id = ANY (%(ids)s) AND voided_at IS NULL
    RETURNING id, learner_id
"""
_JUST_COMPLETED: Final = """
    SELECT learner_id, content_id FROM learning_activity
     WHERE organization_id = %(organization)s AND id = ANY (%(ids)s) AND verb = 'completed'
     UNION
    SELECT deed.learner_id, part.whole_id
      FROM learning_activity AS deed JOIN learning_contentpart AS part
        ON part.organization_id = deed.organization_id AND part.part_id = deed.content_id
     WHERE deed.organization_id = %(organization)s AND deed.id = ANY (%(ids)s) AND deed.verb = 'completed'
"""


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that a person did with content, both of the organization and known to exist."""

    learner_id: int
    content_id: int
    verb: Verb
    at: datetime
    id: uuid.UUID
    """Chosen by whoever tells of it: told again, it counts once."""
    seconds: int = 0
    percent: int | None = None


def record(organization: Organization, deeds: Sequence[Deed], *, source: Source, now: datetime) -> set[uuid.UUID]:
    """
    Write what people did, and where they stand by it, in one transaction; return the ids that were new.

    Open assignments of what they completed are completed. Known ids are left as they are, whatever they say now.
    """
    values: dict[str, Any] = {
        "organization": organization.pk,
        "zone": ZoneInfo(organization.time_zone).key,
        "source": source.value,
        "now": now,
        "ids": [deed.id for deed in deeds],
        "learners": [deed.learner_id for deed in deeds],
        "contents": [deed.content_id for deed in deeds],
        "verbs": [deed.verb.value for deed in deeds],
        "times": [deed.at for deed in deeds],
        "seconds": [deed.seconds for deed in deeds],
        "percents": [deed.percent for deed in deeds],
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(INSERT, values)
        new = {found for (found,) in cursor.fetchall()}
        if new:
            _add_up(cursor, organization.pk, list(new))
            if any(deed.verb is Verb.COMPLETED for deed in deeds):
                done: dict[str, Any] = {"organization": organization.pk, "ids": list(new)}
                cursor.execute(COMPLETE.format(pairs=_JUST_COMPLETED), done)
    return new


def void(organization: Organization, ids: Collection[uuid.UUID], *, now: datetime) -> set[uuid.UUID]:
    """Let deeds count no longer, wherever they were counted; return those that did until now."""
    with transaction.atomic(), connection.cursor() as cursor:
        lock_alone(cursor, organization.pk)
        cursor.execute(VOID, {"organization": organization.pk, "ids": list(ids), "now": now})
        found = cursor.fetchall()
        if found:
            rebuild(cursor, organization.pk, [learner_id for _, learner_id in found])
    return {deed_id for deed_id, _ in found}


def _add_up(cursor: CursorWrapper, organization_id: int, new: list[uuid.UUID]) -> None:
    """Bring progress and day sums up to the deeds that were just written."""
    before = lock_pairs(cursor, organization_id, new)
    for statement in (ADD_TO_PROGRESS, SET_LIKES):
        cursor.execute(statement, {"organization": organization_id, "ids": new})
    add_days(cursor, organization_id, new, before)
