"""News of colleagues: who of them did what with content that the reader sees. Read when it is asked for.

Nothing is written for a reader beforehand: a choice or an erasure holds at once, for what was before too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection

from orgsync.server.learning.models import Hearing, LearnerChoices, Verb
from orgsync.server.learning.visible import SEES
from orgsync.server.orgs.models import Organization

KEPT: Final = timedelta(days=30)
"""How old news may be."""
LARGEST_GROUP: Final = 150
"""The people of a larger group are no colleagues who know one another."""
MOST_COLLEAGUES: Final = 1_000
MOST: Final = 20
MOST_OF_ONE: Final = 3
"""News of one colleague, so that somebody busy does not fill the page."""
HEARD: Final = {Verb.LIKED: "likes", Verb.COMPLETED: "completions"}
"""Verb → the choice that says how somebody hears of it."""

# The last statement joins it all for any number of readers at once. `reader` is the only table that differs.
_COLLEAGUES: Final = """
    reader AS MATERIALIZED (
        SELECT learner.id, learner.manager_id, wanted.since, wanted.verbs
          FROM unnest(%(readers)s::bigint[], %(sinces)s::timestamptz[], %(verbs)s::text[])
               AS wanted (id, since, verbs)
          JOIN directory_learner AS learner
            ON learner.organization_id = %(organization)s AND learner.id = wanted.id AND learner.is_active
    ), known_group AS MATERIALIZED (
        SELECT mine.group_id
          FROM (SELECT DISTINCT member.group_id FROM reader JOIN directory_membership AS member
                    ON member.organization_id = %(organization)s AND member.learner_id = reader.id) AS mine
         WHERE (SELECT count(*) FROM (SELECT FROM directory_membership AS member
                                       WHERE member.organization_id = %(organization)s
                                         AND member.group_id = mine.group_id LIMIT %(largest)s + 1) AS few)
               <= %(largest)s
    ), tie AS (
        SELECT reader.id AS reader_id, follow.followed_id AS colleague_id, 1 AS closeness
          FROM reader JOIN learning_follow AS follow
            ON follow.organization_id = %(organization)s AND follow.learner_id = reader.id
         UNION ALL
        SELECT reader.id, peer.id, 2
          FROM reader JOIN directory_learner AS peer
            ON peer.organization_id = %(organization)s AND peer.manager_id = reader.manager_id
         UNION ALL
        SELECT reader.id, other.learner_id, 3
          FROM reader JOIN directory_membership AS mine
            ON mine.organization_id = %(organization)s AND mine.learner_id = reader.id
          JOIN known_group ON known_group.group_id = mine.group_id
          JOIN directory_membership AS other
            ON other.organization_id = %(organization)s AND other.group_id = mine.group_id
    ), colleague AS MATERIALIZED (
        SELECT reader_id, colleague_id FROM (
            SELECT reader_id, colleague_id, row_number() OVER (PARTITION BY reader_id
                                                               ORDER BY min(closeness), colleague_id) AS place
              FROM tie WHERE colleague_id <> reader_id GROUP BY reader_id, colleague_id) AS near
         WHERE place <= %(most_colleagues)s
    )
"""
_SEES: Final = SEES.format(reader="colleague.reader_id")
_NEWS: Final = f"""
    WITH {_COLLEAGUES},
    deed AS (
        SELECT colleague.reader_id, activity.learner_id, activity.content_id, activity.verb, max(activity.at) AS at
          FROM colleague JOIN reader ON reader.id = colleague.reader_id
          JOIN directory_learner AS actor
            ON actor.organization_id = %(organization)s AND actor.id = colleague.colleague_id AND actor.is_active
          JOIN learning_activity AS activity
            ON activity.organization_id = %(organization)s AND activity.learner_id = colleague.colleague_id
           AND activity.at > %(oldest)s AND activity.voided_at IS NULL
           AND activity.verb = ANY (string_to_array(reader.verbs, ','))
           AND activity.stored_at > reader.since AND activity.stored_at <= %(until)s
          LEFT JOIN learning_progress AS progress
            ON progress.organization_id = %(organization)s AND progress.learner_id = activity.learner_id
           AND progress.content_id = activity.content_id
          JOIN learning_content AS content
            ON content.organization_id = %(organization)s AND content.id = activity.content_id AND {_SEES}
         WHERE (activity.verb <> 'liked' OR progress.liked_at IS NOT NULL)
           AND NOT EXISTS (SELECT FROM learning_learnerchoices AS choices
                            WHERE choices.organization_id = %(organization)s
                              AND choices.learner_id = activity.learner_id AND choices.is_private)
         GROUP BY colleague.reader_id, activity.learner_id, activity.content_id, activity.verb
    ), sparse AS (
        SELECT deed.*, row_number() OVER (PARTITION BY reader_id, learner_id ORDER BY at DESC, content_id) AS nth
          FROM deed
    ), ranked AS (
        SELECT sparse.*, row_number() OVER (PARTITION BY reader_id ORDER BY at DESC, learner_id, content_id) AS place
          FROM sparse WHERE nth <= %(most_of_one)s
    )
    SELECT ranked.reader_id, ranked.learner_id, actor.preferred_first_name, actor.preferred_last_name, ranked.verb,
           ranked.content_id, content.title, ranked.at
      FROM ranked
      JOIN directory_learner AS actor ON actor.organization_id = %(organization)s AND actor.id = ranked.learner_id
      JOIN learning_content AS content
        ON content.organization_id = %(organization)s AND content.id = ranked.content_id
     WHERE place <= %(most)s
     ORDER BY ranked.reader_id, place
"""  # noqa: S608
_IDS: Final = f"WITH {_COLLEAGUES} SELECT colleague_id FROM colleague ORDER BY colleague_id"  # noqa: S608


@dataclass(frozen=True, slots=True)
class News:
    """One thing that a colleague did."""

    reader_id: int
    learner_id: int
    first_name: str | None
    last_name: str | None
    verb: str
    content_id: int
    title: str
    at: datetime

    @property
    def name(self) -> str:
        """What the colleague is called; somebody without a name is a colleague."""
        return " ".join(filter(None, (self.first_name, self.last_name))) or "A colleague"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who is told, of which verbs, stored since when."""

    learner_id: int
    verbs: frozenset[Verb]
    since: datetime


def verbs_heard(choices: LearnerChoices, ways: Iterable[Hearing]) -> frozenset[Verb]:
    """Return the verbs of which the person hears in one of the ways."""
    chosen = {way.value for way in ways}
    return frozenset(verb for verb, name in HEARD.items() if getattr(choices, name) in chosen)


def news_for(
    organization: Organization, readers: Sequence[Reader], *, until: datetime, most: int = MOST
) -> dict[int, list[News]]:
    """Return the newest news of each reader who has any, in one statement whatever their number.

    `until` bounds when it was stored; nobody hears anything where the organization has switched that off.
    """
    asking = [reader for reader in readers if reader.verbs]
    if not asking or not organization.tells_colleagues:
        return {}
    values = _values(organization.pk, asking) | {
        "until": until,
        "oldest": until - KEPT,
        "most": most,
        "most_of_one": MOST_OF_ONE,
    }
    found: dict[int, list[News]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_NEWS, values)
        for line in cursor.fetchall():
            found.setdefault(line[0], []).append(News(*line))
    return found


def colleague_ids(organization_id: int, learner_id: int) -> list[int]:
    """Return whom the person hears of: followed, of the same manager, of the same small group."""
    reader = Reader(learner_id, frozenset(), datetime.fromtimestamp(0).astimezone())
    with connection.cursor() as cursor:
        cursor.execute(_IDS, _values(organization_id, [reader]))
        return [colleague_id for (colleague_id,) in cursor.fetchall()]


def _values(organization_id: int, readers: Sequence[Reader]) -> dict[str, Any]:
    return {
        "organization": organization_id,
        "readers": [reader.learner_id for reader in readers],
        "sinces": [reader.since for reader in readers],
        "verbs": [",".join(sorted(reader.verbs)) for reader in readers],
        "largest": LARGEST_GROUP,
        "most_colleagues": MOST_COLLEAGUES,
    }
