"""How long statements about strangers, and documents about them, are kept."""

from datetime import datetime, timedelta
from typing import Final

from django.db import connection

STRANGERS_STAY: Final = timedelta(days=90)
"""So long a person may take to come into the directory; then what platforms said is personal data without a purpose."""
_FORGET: Final = tuple(
    f"DELETE FROM {table} WHERE learner_id IS NULL AND person_key <> '' AND stored_at < %s"  # noqa: S608
    for table in ("learning_statement", "learning_document")
)


def forget_strangers(now: datetime) -> int:
    """Delete statements and documents that name somebody whom no directory has known for 90 days; return how many.

    Of all organizations. They count for nobody's activity. What is known of learners stays as long as the learner.
    """
    with connection.cursor() as cursor:
        count = 0
        for statement in _FORGET:
            cursor.execute(statement, [now - STRANGERS_STAY])
            count += int(cursor.rowcount)
        return count
