"""Where people stand with content and what they did by day and month, added up from the activity, in one transaction.

Additions take a lock that they share, and whoever adds up anew takes it alone: so that nothing is counted twice.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

Before = Sequence[tuple[int, int, date | None, date | None, date | None]]
"""Learner and content, and the days on which the one began, completed and liked the other."""

_LOCK: Final = "SELECT pg_advisory_xact_lock_shared(7261, %s)"
_LOCK_ALONE: Final = "SELECT pg_advisory_xact_lock(7261, %s)"

STANDING: Final = """
    SELECT organization_id, learner_id, content_id,
           min(at) FILTER (WHERE verb IN ('viewed', 'progressed', 'completed')) AS started_at,
           max(at) AS last_at,
           coalesce(max(CASE verb WHEN 'completed' THEN 100 ELSE percent END), 0) AS percent,
           sum(seconds) AS seconds,
           min(at) FILTER (WHERE verb = 'completed') AS completed_at,
           (array_agg(CASE verb WHEN 'liked' THEN at END ORDER BY at DESC, id DESC)
              FILTER (WHERE verb IN ('liked', 'unliked')))[1] AS liked_at,
           min(day) FILTER (WHERE verb IN ('viewed', 'progressed', 'completed')) AS started_day,
           min(day) FILTER (WHERE verb = 'completed') AS completed_day,
           (array_agg(CASE verb WHEN 'liked' THEN day END ORDER BY at DESC, id DESC)
              FILTER (WHERE verb IN ('liked', 'unliked')))[1] AS liked_day
      FROM learning_activity
     WHERE organization_id = %(organization)s AND voided_at IS NULL AND {which}
     GROUP BY organization_id, learner_id, content_id
     ORDER BY organization_id, learner_id, content_id
"""
"""Where people stand by the activity that `which` names, as the columns of `learning_progress`."""
COLUMNS: Final = """
    organization_id, learner_id, content_id, started_at, last_at, percent, seconds, completed_at, liked_at,
    started_day, completed_day, liked_day
"""

# Whoever is first with a pair makes its row, which then keeps others waiting until what was before is known.
_MAKE_PAIRS: Final = """
    INSERT INTO learning_progress (organization_id, learner_id, content_id, last_at, percent, seconds)
    SELECT organization_id, learner_id, content_id, min(at), 0, 0
      FROM learning_activity
     WHERE organization_id = %(organization)s AND id = ANY (%(ids)s)
     GROUP BY organization_id, learner_id, content_id
     ORDER BY organization_id, learner_id, content_id
        ON CONFLICT DO NOTHING
"""
_LOCK_PAIRS: Final = """
    SELECT learner_id, content_id, started_day, completed_day, liked_day
      FROM learning_progress
     WHERE organization_id = %(organization)s
       AND (learner_id, content_id) IN (SELECT learner_id, content_id FROM learning_activity
             WHERE organization_id = %(organization)s AND id = ANY (%(ids)s))
     ORDER BY learner_id, content_id
       FOR UPDATE
"""
_DEEDS: Final = """
    SELECT learner_id, day, count(*) FILTER (WHERE verb = 'viewed') AS views, sum(seconds) AS seconds,
           0 AS starts, 0 AS completions, 0 AS likes, count(*) FILTER (WHERE verb = 'shared') AS shares
      FROM learning_activity
     WHERE organization_id = %(organization)s AND voided_at IS NULL AND {which}
     GROUP BY learner_id, day
"""
_MOMENTS: Final = """
    SELECT learner_id, moment.day, 0, 0, {sign}moment.starts, {sign}moment.completions, {sign}moment.likes, 0
      FROM {pairs}
     CROSS JOIN LATERAL (VALUES (started_day, 1, 0, 0), (completed_day, 0, 1, 0), (liked_day, 0, 0, 1))
           AS moment (day, starts, completions, likes)
     WHERE moment.day IS NOT NULL AND {which}
"""
_ADDED_UP: Final = """
    SELECT day, learner_id, sum(views) AS views, sum(seconds) AS seconds, sum(starts) AS starts,
           sum(completions) AS completions, sum(likes) AS likes, sum(shares) AS shares
      FROM ({parts}) AS part
     GROUP BY day, learner_id
    HAVING (sum(views), sum(seconds), sum(starts), sum(completions), sum(likes), sum(shares)) <> (0, 0, 0, 0, 0, 0)
"""
_BEFORE: Final = """
    unnest(%(learners)s::bigint[], %(contents)s::bigint[],
           %(started)s::date[], %(completed)s::date[], %(liked)s::date[])
        AS pair (learner_id, content_id, started_day, completed_day, liked_day)
"""
_PAIRS_NOW: Final = """
    organization_id = %(organization)s
    AND (learner_id, content_id) IN (SELECT * FROM unnest(%(learners)s::bigint[], %(contents)s::bigint[]))
"""
_CHANGES: Final = " UNION ALL ".join(
    (
        _DEEDS.format(which="id = ANY (%(ids)s)"),
        _MOMENTS.format(sign="-", pairs=_BEFORE, which="true"),
        _MOMENTS.format(sign="", pairs="learning_progress", which=_PAIRS_NOW),
    )
)
_SUM_COLUMNS: Final = "views, seconds, starts, completions, likes, shares"
_AND_ADD: Final = """
       SET views = known.views + excluded.views,
           seconds = known.seconds + excluded.seconds,
           starts = known.starts + excluded.starts,
           completions = known.completions + excluded.completions,
           likes = known.likes + excluded.likes,
           shares = known.shares + excluded.shares
"""
_MONTH: Final = "date_trunc('month', day::timestamp)::date"
_MONTHS: Final = f"""
    SELECT {_MONTH} AS month, learner_id, sum(views) AS views, sum(seconds) AS seconds, sum(starts) AS starts,
           sum(completions) AS completions, sum(likes) AS likes, sum(shares) AS shares
"""
_ADD: Final = f"""
    WITH added AS MATERIALIZED ({_ADDED_UP.format(parts=_CHANGES)}),
    days AS (
        INSERT INTO learning_daysum AS known (organization_id, day, learner_id, {_SUM_COLUMNS})
        SELECT %(organization)s, added.* FROM added ORDER BY day, learner_id
            ON CONFLICT (organization_id, day, learner_id) DO UPDATE {_AND_ADD})
    INSERT INTO learning_monthsum AS known (organization_id, month, learner_id, {_SUM_COLUMNS})
    SELECT %(organization)s, months.* FROM ({_MONTHS} FROM added GROUP BY 1, learner_id) AS months
     ORDER BY month, learner_id
        ON CONFLICT (organization_id, month, learner_id) DO UPDATE {_AND_ADD}
"""  # noqa: S608  constants of this module
_SOME: Final = "learner_id = ANY (%(people)s)"
_EXPECTED: Final = _ADDED_UP.format(
    parts=_DEEDS
    + " UNION ALL "
    + _MOMENTS.format(sign="", pairs="learning_progress", which="organization_id = %(organization)s AND {which}")
)
_REBUILD: Final = (
    "DELETE FROM learning_progress WHERE organization_id = %(organization)s AND {which}",
    f"INSERT INTO learning_progress ({COLUMNS}) {STANDING}",
    "DELETE FROM learning_daysum WHERE organization_id = %(organization)s AND {which}",
    f"""
    INSERT INTO learning_daysum (organization_id, day, learner_id, {_SUM_COLUMNS})
    SELECT %(organization)s, expected.* FROM ({_EXPECTED}) AS expected ORDER BY day, learner_id
    """,  # noqa: S608  constants of this module
    "DELETE FROM learning_monthsum WHERE organization_id = %(organization)s AND {which}",
    f"""
    INSERT INTO learning_monthsum (organization_id, month, learner_id, {_SUM_COLUMNS})
    SELECT %(organization)s, months.*
      FROM ({_MONTHS} FROM learning_daysum WHERE organization_id = %(organization)s AND {{which}}
             GROUP BY 1, learner_id) AS months
     ORDER BY month, learner_id
    """,  # noqa: S608  constants of this module
)
_COMPARE_PROGRESS: Final = f"""
    SELECT count(*)
      FROM (SELECT {COLUMNS} FROM learning_progress WHERE organization_id = %(organization)s) AS stored
      FULL JOIN ({STANDING.format(which="true")}) AS expected USING (learner_id, content_id)
     WHERE (stored.started_at, stored.last_at, stored.percent, stored.seconds, stored.completed_at, stored.liked_at,
            stored.started_day, stored.completed_day, stored.liked_day)
           IS DISTINCT FROM
           (expected.started_at, expected.last_at, expected.percent, expected.seconds, expected.completed_at,
            expected.liked_at, expected.started_day, expected.completed_day, expected.liked_day)
"""  # noqa: S608  constants of this module
_COMPARE_SUMS: Final = """
    SELECT count(*)
      FROM (SELECT * FROM {table}
             WHERE organization_id = %(organization)s
               AND (views, seconds, starts, completions, likes, shares) <> (0, 0, 0, 0, 0, 0)) AS stored
      FULL JOIN ({expected}) AS expected USING ({period}, learner_id)
     WHERE (stored.views, stored.seconds, stored.starts, stored.completions, stored.likes, stored.shares)
           IS DISTINCT FROM
           (expected.views, expected.seconds, expected.starts, expected.completions, expected.likes, expected.shares)
"""
_ALL_DAYS: Final = _EXPECTED.format(which="true")
_ALL_MONTHS: Final = f"{_MONTHS} FROM ({_ALL_DAYS}) AS days GROUP BY 1, learner_id"
_COMPARISONS: Final = {
    "standings that the activity does not add up to": _COMPARE_PROGRESS,
    "days that the activity does not add up to": _COMPARE_SUMS.format(
        table="learning_daysum", expected=_ALL_DAYS, period="day"
    ),
    "months that the activity does not add up to": _COMPARE_SUMS.format(
        table="learning_monthsum", expected=_ALL_MONTHS, period="month"
    ),
}


def lock_pairs(cursor: CursorWrapper, organization_id: int, ids: Sequence[Any]) -> Before:
    """Keep others from adding to what these new deeds are about; return how it stands before them."""
    touched: dict[str, Any] = {"organization": organization_id, "ids": list(ids)}
    cursor.execute(_LOCK, [organization_id])
    cursor.execute(_MAKE_PAIRS, touched)
    cursor.execute(_LOCK_PAIRS, touched)
    before: Before = cursor.fetchall()
    return before


def add_days(cursor: CursorWrapper, organization_id: int, ids: Sequence[Any], before: Before) -> None:
    """Add the new deeds to the sums, once they are part of the progress; `before` is what `lock_pairs` returned."""
    names = ("learners", "contents", "started", "completed", "liked")
    columns = [list(column) for column in zip(*before, strict=True)] or [[] for _ in names]
    touched: dict[str, Any] = {
        "organization": organization_id,
        "ids": list(ids),
        **dict(zip(names, columns, strict=True)),
    }
    cursor.execute(_ADD, touched)


def rebuild(cursor: CursorWrapper, organization_id: int, learner_ids: Sequence[int] | None = None) -> None:
    """Add up progress and sums anew from the activity, of some people or, without a list, of everybody.

    Nobody of the organization can record anything until the transaction ends.
    """
    cursor.execute(_LOCK_ALONE, [organization_id])
    values: dict[str, Any] = {"organization": organization_id, "people": sorted(set(learner_ids or ()))}
    for statement in _REBUILD:
        cursor.execute(statement.format(which="true" if learner_ids is None else _SOME), values)


def lock_alone(cursor: CursorWrapper, organization_id: int) -> None:
    """Wait for everybody who is recording in the organization, and let nobody begin until the transaction ends."""
    cursor.execute(_LOCK_ALONE, [organization_id])


def find_sum_faults(cursor: CursorWrapper, organization_id: int) -> dict[str, int]:
    """Return how many rows of progress and of the sums are not what the activity adds up to; only what is wrong.

    Reads the whole activity of the organization.
    """
    faults = {}
    for what, comparison in _COMPARISONS.items():
        cursor.execute(comparison, {"organization": organization_id})
        (count,) = cursor.fetchone()
        if count:
            faults[what] = int(count)
    return faults


def verify_sums(organization_id: int, *, repair: bool) -> dict[str, int]:
    """Do what `find_sum_faults` does, while nobody records; with `repair`, add up anew what is wrong."""
    with transaction.atomic(), connection.cursor() as cursor:
        lock_alone(cursor, organization_id)
        faults = find_sum_faults(cursor, organization_id)
        if faults and repair:
            rebuild(cursor, organization_id)
    return faults
