"""The one way in which activity comes into the database, from wherever: once each, with all that is counted from it."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from orgsync.server.learning.addingup import add_up
from orgsync.server.learning.daysums import lock_alone, rebuild
from orgsync.server.learning.models import Source, Verb
from orgsync.server.learning.standing import complete_done, settle
from orgsync.server.learning.wholes import complete_by_deeds, take_back_wholes, wait_for_parts
from orgsync.server.orgs.models import Organization

_INSERT: Final = """
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
_VOID: Final = """
    UPDATE learning_activity SET voided_at = %(now)s
     WHERE organization_id = %(organization)s AND id = ANY (%(ids)s) AND voided_at IS NULL
    RETURNING learner_id, content_id, id
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

    Open assignments of what they completed are completed, and so is every path and collection of which it was the
    last part. Known ids are left as they are, whatever they say now.
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
    completed = [deed.content_id for deed in deeds if deed.verb is Verb.COMPLETED]
    with transaction.atomic(), connection.cursor() as cursor:
        if completed:
            wait_for_parts(cursor, organization.pk, completed)
        cursor.execute(_INSERT, values)
        new = [found for (found,) in cursor.fetchall()]
        if new:
            add_up(cursor, organization.pk, new)
        if new and completed:
            complete_done(cursor, organization.pk, new)
            complete_by_deeds(cursor, organization, new, now=now)
    return set(new)


def void(organization: Organization, ids: Collection[uuid.UUID], *, now: datetime) -> set[uuid.UUID]:
    """
    Let deeds count no longer, wherever they were counted; return those that did until now.

    What nobody tells any more to be completed is completed no more: neither the content, nor what it is a part of,
    nor the assignment of either.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        lock_alone(cursor, organization.pk)
        cursor.execute(_VOID, {"organization": organization.pk, "ids": list(ids), "now": now})
        found = cursor.fetchall()
        people = {learner_id for learner_id, _, _ in found}
        if found:
            rebuild(cursor, organization.pk, sorted(people))
            pairs = {(learner_id, content_id) for learner_id, content_id, _ in found}
            take_back_wholes(cursor, organization.pk, pairs, now=now)
            settle(cursor, organization.pk, people, now=now)
    return {deed_id for *_, deed_id in found}
