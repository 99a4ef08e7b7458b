"""What people of one department, title or team complete and like more than everybody else: as aggregates, as sets.

A plain count would recommend to everybody what is popular. So each share is held against the share of all others (the
lift), small groups are drawn towards the whole (smoothing), and old deeds count less (decay). What is sorted by is the
difference of the two shares: by how much more of these people than of the others do it.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction

from orgsync.server.learning.models import Affinity
from orgsync.server.orgs.models import Organization

FEWEST: Final = 3
"""Of fewer people who completed or liked something nothing is stored: one colleague must not be made out."""
SMALLEST: Final = 5
"""Nor of a department, title or team with fewer people."""
LEAST_LIFT: Final = 1.3
PRIOR: Final = 15
"""Each group is taken to hold this many more people, who do as everybody does."""
HALF_LIFE: Final = timedelta(days=180)
"""After which a completion or a like counts half."""
KEPT: Final = 40
"""Best content kept for each value."""

# One pass over progress, grouped four ways; `everybody` is the row without a dimension. A person counts once for
# content, by the later of completing and liking it. What a path gathers counts as itself.
_SCORE: Final = """
    WITH person AS MATERIALIZED (
        SELECT id, department_name, work_title, manager_id::text AS manager
          FROM directory_learner WHERE organization_id = %(organization)s AND is_active
    ), interest AS (
        SELECT person.department_name, person.work_title, person.manager, progress.content_id,
               power(0.5, greatest(0, extract(epoch FROM %(now)s - greatest(progress.completed_at, progress.liked_at)))
                          / %(half_life)s) AS weight
          FROM learning_progress AS progress JOIN person ON person.id = progress.learner_id
         WHERE progress.organization_id = %(organization)s
           AND (progress.completed_at IS NOT NULL OR progress.liked_at IS NOT NULL)
    ), counted AS (
        SELECT CASE WHEN grouping(department_name) = 0 THEN 'department_name'
                    WHEN grouping(work_title) = 0 THEN 'work_title'
                    WHEN grouping(manager) = 0 THEN 'manager' END AS dimension,
               coalesce(department_name, work_title, manager) AS value,
               content_id, count(*) AS people, sum(weight) AS weight
          FROM interest
         GROUP BY GROUPING SETS ((department_name, content_id), (work_title, content_id), (manager, content_id),
                                 (content_id))
        HAVING count(*) >= %(fewest)s
    ), sized AS (
        SELECT CASE WHEN grouping(department_name) = 0 THEN 'department_name'
                    WHEN grouping(work_title) = 0 THEN 'work_title'
                    WHEN grouping(manager) = 0 THEN 'manager' END AS dimension,
               coalesce(department_name, work_title, manager) AS value, count(*) AS people
          FROM person GROUP BY GROUPING SETS ((department_name), (work_title), (manager), ())
    ), everybody AS (
        SELECT (SELECT people FROM sized WHERE dimension IS NULL) AS people, content_id, people AS learned, weight
          FROM counted WHERE dimension IS NULL
    ), shares AS (
        SELECT counted.dimension, counted.value, counted.content_id, counted.people, sized.people AS all_people,
               everybody.learned - counted.people AS other_people,
               everybody.people - sized.people AS other_all_people,
               (counted.weight + %(prior)s * everybody.weight / everybody.people)
                 / (sized.people + %(prior)s) AS share,
               (everybody.weight - counted.weight + %(prior)s * everybody.weight / everybody.people)
                 / (everybody.people - sized.people + %(prior)s) AS other_share
          FROM counted
          JOIN sized ON sized.dimension = counted.dimension AND sized.value = counted.value
          JOIN everybody ON everybody.content_id = counted.content_id
          JOIN learning_content AS content
            ON content.organization_id = %(organization)s AND content.id = counted.content_id
         WHERE counted.value IS NOT NULL AND sized.people >= %(smallest)s AND content.archived_at IS NULL
    ), ranked AS (
        SELECT *, share / other_share AS lift, share - other_share AS score,
               row_number() OVER (PARTITION BY dimension, value
                                  ORDER BY share - other_share DESC, content_id) AS place
          FROM shares WHERE share / other_share >= %(least_lift)s
    )
    INSERT INTO learning_affinity
           (organization_id, dimension, value, content_id, score, people, all_people, other_people, other_all_people,
            lift)
    SELECT %(organization)s, dimension, value, content_id, score, people, all_people, other_people, other_all_people,
           lift
      FROM ranked WHERE place <= %(kept)s
     ORDER BY dimension, value, content_id
"""


def score_organization(organization: Organization, *, now: datetime) -> int:
    """
    Compute anew what colleagues do more than others; return how many rows that is.

    Readers see the old rows until the new ones are all there. The database holds what it works on in its own bounded
    memory, and on disk beyond that.
    """
    values: dict[str, Any] = {
        "organization": organization.pk,
        "now": now,
        "half_life": HALF_LIFE.total_seconds(),
        "fewest": FEWEST,
        "smallest": SMALLEST,
        "least_lift": LEAST_LIFT,
        "prior": PRIOR,
        "kept": KEPT,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        Affinity.objects.filter(organization_id=organization.pk).delete()
        cursor.execute(_SCORE, values)
        return int(cursor.rowcount)


def score_all(now: datetime) -> int:
    """Compute every organization's anew, each in a transaction of its own; return how many rows."""
    return sum(score_organization(organization, now=now) for organization in Organization.objects.order_by("id"))
