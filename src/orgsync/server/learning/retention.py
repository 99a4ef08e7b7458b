"""How long statements about strangers are kept."""

from datetime import datetime, timedelta
from typing import Final

from django.db import connection

STRANGERS_STAY: Final = timedelta(days=90)
"""So long a person may take to come into the directory; then their statements are personal data without a purpose."""
_FORGET: Final = "DELETE FROM learning_statement WHERE learner_id IS NULL AND person_key <> '' AND stored_at < %s"


def forget_strangers(now: datetime) -> int:
    """Delete statements that name somebody whom no directory has known for 90 days; all organizations; return how many.

    They count for nobody's activity. What is known of learners stays as long as the learner.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [now - STRANGERS_STAY])
        return int(cursor.rowcount)
