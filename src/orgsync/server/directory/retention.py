"""How long the timeline of people who left is kept."""

from datetime import datetime
from typing import Final

from django.db import connection

_TABLES: Final = (
    "directory_learnerchange",
    "directory_pastclaim",
    "directory_pastlicense",
    "directory_pastmembership",
)
_FORGET: Final = """
    DELETE FROM {table} AS past
     USING directory_learner AS learner, orgs_organization AS organization
     WHERE organization.id = past.organization_id
       AND learner.organization_id = past.organization_id AND learner.id = past.learner_id
       AND NOT learner.is_active
       AND learner.deactivated_at < %s - organization.timeline_days * interval '1 day'
"""


def forget_timelines(now: datetime) -> int:
    """Delete the timeline of everybody who left longer ago than their organization keeps it; return how many lines."""
    count = 0
    with connection.cursor() as cursor:
        for table in _TABLES:
            cursor.execute(_FORGET.format(table=table), [now])
            count += cursor.rowcount
    return count
