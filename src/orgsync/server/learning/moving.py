"""Activity and assignments follow people: to the record that stays when two are merged, and back with the undo."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.db.backends.utils import CursorWrapper

from orgsync.server.learning.daysums import lock_alone, rebuild
from orgsync.server.learning.standing import settle
from orgsync.server.learning.wholes import complete_of_people, take_back_wholes
from orgsync.server.orgs.models import Organization

_MERGES: Final = "unnest(%(others)s::bigint[], %(kept)s::bigint[]) AS merge (other_id, kept_id)"
_MOVE: Final = f"""
    UPDATE learning_activity AS moved
       SET learner_id = merge.kept_id,
           former_learner_ids = coalesce(moved.former_learner_ids, '{{}}') || moved.learner_id
      FROM {_MERGES}
     WHERE moved.organization_id = %(organization)s AND moved.learner_id = merge.other_id
"""  # noqa: S608  constants
_MOVE_STATEMENTS: Final = """
    UPDATE learning_statement AS moved SET learner_id = activity.learner_id
      FROM learning_activity AS activity
     WHERE moved.organization_id = %(organization)s AND moved.learner_id = ANY (%(people)s)
       AND activity.organization_id = %(organization)s AND activity.id = moved.id
       AND activity.learner_id <> moved.learner_id
"""
# Copied, not moved: when a merge is undone the other record has its own again. Whom one follows oneself is nobody.
_COPY_TIES: Final = (
    f"""
    INSERT INTO learning_follow (organization_id, learner_id, followed_id, since)
    SELECT follow.organization_id, merge.kept_id, follow.followed_id, follow.since
      FROM {_MERGES}
      JOIN learning_follow AS follow
        ON follow.organization_id = %(organization)s AND follow.learner_id = merge.other_id
     WHERE follow.followed_id <> merge.kept_id
        ON CONFLICT DO NOTHING
    """,  # noqa: S608  constants
    f"""
    INSERT INTO learning_follow (organization_id, learner_id, followed_id, since)
    SELECT follow.organization_id, follow.learner_id, merge.kept_id, follow.since
      FROM {_MERGES}
      JOIN learning_follow AS follow
        ON follow.organization_id = %(organization)s AND follow.followed_id = merge.other_id
     WHERE follow.learner_id <> merge.kept_id
        ON CONFLICT DO NOTHING
    """,  # noqa: S608  constants
    f"""
    INSERT INTO learning_sharedwith (organization_id, learner_id, share_id, by_id, at, mail_state)
    SELECT shown.organization_id, merge.kept_id, shown.share_id, shown.by_id, shown.at, 'left'
      FROM {_MERGES}
      JOIN learning_sharedwith AS shown
        ON shown.organization_id = %(organization)s AND shown.learner_id = merge.other_id
        ON CONFLICT DO NOTHING
    """,  # noqa: S608  constants
)
# The better one stays. What went is closed by no job: should the record come back, it is completed again.
_TAKE_COMPLETED: Final = (
    f"""
    INSERT INTO learning_learnerassignment AS known
           (organization_id, learner_id, assignment_id, content_id, state, since, since_job_id, due_on, until)
    SELECT DISTINCT ON (merge.kept_id, link.assignment_id)
           link.organization_id, merge.kept_id, link.assignment_id, link.content_id, link.state, link.since,
           link.since_job_id, link.due_on, link.until
      FROM {_MERGES} JOIN learning_learnerassignment AS link
        ON link.organization_id = %(organization)s AND link.learner_id = merge.other_id AND link.state = 'completed'
     ORDER BY merge.kept_id, link.assignment_id, link.until
        ON CONFLICT (organization_id, learner_id, assignment_id) DO UPDATE
       SET state = 'completed', until = greatest(known.since, excluded.until), until_job_id = NULL
     WHERE known.state <> 'completed'
    """,  # noqa: S608  constants
    """
    UPDATE learning_learnerassignment SET state = 'closed'
     WHERE organization_id = %(organization)s AND learner_id = ANY (%(others)s) AND state = 'completed'
    """,
    f"""
    UPDATE learning_assignment AS moved
       SET learner_id = merge.kept_id,
           former_learner_ids = coalesce(moved.former_learner_ids, '{{}}') || moved.learner_id
      FROM {_MERGES}
     WHERE moved.organization_id = %(organization)s AND moved.learner_id = merge.other_id
    """,  # noqa: S608  constants
)
_MOVE_DOCUMENTS: Final = f"""
    UPDATE learning_document AS moved SET learner_id = merge.kept_id
      FROM {_MERGES}
     WHERE moved.organization_id = %(organization)s AND moved.learner_id = merge.other_id
"""  # noqa: S608  constants
_GIVE_BACK_DOCUMENTS: Final = """
    UPDATE learning_document AS moved SET learner_id = learner.id
      FROM directory_learner AS learner
     WHERE learner.organization_id = %(organization)s AND learner.id = ANY (%(people)s)
       AND moved.organization_id = %(organization)s AND moved.learner_id IS NOT NULL
       AND moved.person_key IN (learner.email_key, learner.unique_user_id)
"""
_GIVE_BACK: Final = """
    UPDATE learning_assignment
       SET learner_id = former_learner_ids[cardinality(former_learner_ids)],
           former_learner_ids = nullif(trim_array(former_learner_ids, 1), '{}')
     WHERE organization_id = %(organization)s AND former_learner_ids IS NOT NULL
       AND former_learner_ids[cardinality(former_learner_ids)] = ANY (%(people)s)
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
    RETURNING back.learner_id, moved.content_id
"""


def move_learning(organization: Organization, kept: Mapping[int, int], *, now: datetime) -> int:
    """
    Give what people did to the records that stay (who goes → who stays); return how many deeds moved.

    What was assigned to those who go, and what they completed of it, goes with it, and the better state of two wins.
    Whom they follow, who follows them and what was shared with them is there for the record that stays, too.
    """
    if not kept:
        return 0
    values: dict[str, Any] = {"organization": organization.pk, "others": list(kept), "kept": list(kept.values())}
    with connection.cursor() as cursor:
        lock_alone(cursor, organization.pk)
        for statement in (*_COPY_TIES, *_TAKE_COMPLETED, _MOVE_DOCUMENTS):
            cursor.execute(statement, values)
        cursor.execute(_MOVE, values)
        moved = int(cursor.rowcount)
        if moved:
            _follow(cursor, organization.pk, [*kept, *kept.values()])
            complete_of_people(cursor, organization, list(kept.values()), now=now)
        settle(cursor, organization.pk, kept.values(), now=now)
    return moved


def give_back_learning(organization: Organization, learner_ids: Sequence[int], *, now: datetime) -> int:
    """Give people who come back what merges took from them; return how many deeds moved."""
    if not learner_ids:
        return 0
    values: dict[str, Any] = {"organization": organization.pk, "people": list(learner_ids)}
    with connection.cursor() as cursor:
        lock_alone(cursor, organization.pk)
        cursor.execute(_GIVE_BACK, values)
        cursor.execute(_GIVE_BACK_DOCUMENTS, values)
        cursor.execute(_MOVE_BACK, values)
        taken = cursor.fetchall()
        holders = {learner_id for learner_id, _ in taken}
        if taken:
            _follow(cursor, organization.pk, [*learner_ids, *holders])
            take_back_wholes(cursor, organization.pk, set(taken), now=now)
        settle(cursor, organization.pk, {*learner_ids, *holders}, now=now)
    return len(taken)


def _follow(cursor: CursorWrapper, organization_id: int, learner_ids: Collection[int]) -> None:
    """Let statements and sums follow the deeds that moved."""
    cursor.execute(_MOVE_STATEMENTS, {"organization": organization_id, "people": list(learner_ids)})
    rebuild(cursor, organization_id, list(learner_ids))
