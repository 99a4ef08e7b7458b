"""Activity of at most two weeks, added up by everybody, group, person or content: what the reporting wire tells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from django.db import connection

LONGEST: Final = timedelta(days=14)


class By(StrEnum):
    """What one line is about."""

    ACCOUNT = "ACCOUNT"
    GROUP = "GROUP"
    INDIVIDUAL = "INDIVIDUAL"
    CONTENT = "CONTENT"


_KEYS: Final = {By.ACCOUNT: "0::bigint", By.GROUP: "membership.group_id", By.INDIVIDUAL: "did.learner_id"}
_GROUPS: Final = """
    JOIN directory_membership AS membership
      ON membership.organization_id = %(organization)s AND membership.learner_id = did.learner_id
"""
# Who left keeps what they did; who was removed has no rows here.
_LINES: Final = """
    WITH done AS (
        SELECT {primary} AS first_key, {secondary} AS second_key, content.kind, did.learner_id, did.content_id,
               did.verb, did.seconds, did.day, did.at
          FROM learning_activity AS did
          JOIN learning_content AS content
            ON content.organization_id = %(organization)s AND content.id = did.content_id {groups}
         WHERE did.organization_id = %(organization)s AND did.voided_at IS NULL
           AND did.at >= %(since)s AND did.at < %(until)s
           AND (%(kind)s = '' OR content.kind = %(kind)s) AND (%(provider)s = '' OR content.provider = %(provider)s)),
    named AS (
        SELECT first_key, second_key, count(*) OVER () AS total
          FROM (SELECT DISTINCT first_key, second_key FROM done) AS keys
         ORDER BY first_key, second_key
        OFFSET %(start)s LIMIT %(count)s)
    SELECT first_key, second_key, max(total), kind,
           count(*) FILTER (WHERE verb = 'viewed'),
           count(DISTINCT (learner_id, content_id)) FILTER (WHERE verb = 'viewed'),
           sum(seconds),
           count(*) FILTER (WHERE verb = 'completed'),
           count(DISTINCT (learner_id, content_id)) FILTER (WHERE verb = 'completed'),
           count(DISTINCT (learner_id, day)), count(DISTINCT learner_id), min(at), max(at)
      FROM named JOIN done USING (first_key, second_key)
     GROUP BY first_key, second_key, kind
     ORDER BY first_key, second_key, kind
"""
_LATEST: Final = "SELECT max(at) FROM learning_activity WHERE organization_id = %s AND voided_at IS NULL"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which activity, added up by what, and which page of it."""

    since: datetime
    until: datetime
    by: By
    per_content: bool = False
    """Whether each line is split by content."""
    kind: str = ""
    provider: str = ""
    start: int = 0
    count: int = 10


@dataclass(frozen=True, slots=True)
class Kinds:
    """What was done with content of one kind."""

    kind: str
    views: int
    unique_views: int
    seconds: int
    completions: int
    unique_completions: int
    days_active: int
    """A person and a day, each once."""
    learners: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    key: int
    """Id of the group, person or content; 0 for everybody."""
    content_id: int | None
    kinds: tuple[Kinds, ...]


@dataclass(frozen=True, slots=True)
class Page:
    lines: tuple[Line, ...]
    total: int
    latest_at: datetime | None
    """When the newest activity was that we know of."""


def read_activity(organization_id: int, asked: Asked) -> Page:
    """Return a page of lines in order of their ids. The number of statements does not grow."""
    is_by_content = asked.by is By.CONTENT
    statement = _LINES.format(
        primary="did.content_id" if is_by_content else _KEYS[asked.by],
        secondary="did.content_id" if asked.per_content or is_by_content else "0::bigint",
        groups=_GROUPS if asked.by is By.GROUP else "",
    )
    values: Mapping[str, Any] = {
        "organization": organization_id,
        "since": asked.since,
        "until": asked.until,
        "kind": asked.kind,
        "provider": asked.provider,
        "start": asked.start,
        "count": asked.count,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
        cursor.execute(_LATEST, [organization_id])
        (latest,) = cursor.fetchone()
    return Page(_lines(rows), int(rows[0][2]) if rows else 0, latest)


def _lines(rows: Sequence[tuple[Any, ...]]) -> tuple[Line, ...]:
    found: dict[tuple[int, int], list[Kinds]] = {}
    for first, second, _total, *numbers in rows:
        found.setdefault((first, second), []).append(Kinds(*numbers))
    return tuple(Line(first, second or None, tuple(kinds)) for (first, second), kinds in found.items())
