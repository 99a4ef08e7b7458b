"""How often a token, or an application with all of its tokens, may call: counted by the hour, in one statement."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.conf import settings
from django.db import connection

from orgsync.server.tokens.models import AccessToken, CallCount


class Call(StrEnum):
    UPLOAD = "upload"
    OTHER = "other"


_COUNT: Final = """
    INSERT INTO tokens_callcount AS counted (organization_id, token_id, hour, uploads, others)
    VALUES (%(organization)s, %(token)s, %(hour)s, %(upload)s, %(other)s)
    ON CONFLICT (organization_id, token_id, hour) DO UPDATE
       SET uploads = counted.uploads + EXCLUDED.uploads,
           others = counted.others + EXCLUDED.others
    RETURNING uploads, others
"""


def count_call(token: AccessToken, call: Call, *, now: datetime) -> int | None:
    """Count one call of a token; `count_for` says what is returned."""
    return count_for(token.organization_id, token.caller_id, call, now=now)


def count_for(organization_id: int, caller_id: int, call: Call, *, now: datetime) -> int | None:
    """
    Count one call; return None while the caller is within its limit, else the seconds until it may call again.

    Uploads and other calls have limits of their own, each for a full clock hour (UTC).
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    uploads, others = _count(organization_id, caller_id, call, hour)
    within = uploads <= settings.UPLOADS_PER_HOUR if call is Call.UPLOAD else others <= settings.CALLS_PER_HOUR
    if within:
        return None
    return max(1, int((hour + timedelta(hours=1) - now).total_seconds()))


def forget_calls(*, before: datetime) -> int:
    """Delete the counts of hours that began before the given time, of all organizations; return how many."""
    return CallCount.objects.filter(hour__lt=before).delete()[0]


def _count(organization_id: int, caller_id: int, call: Call, hour: datetime) -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT,
            {
                "organization": organization_id,
                "token": caller_id,
                "hour": hour,
                "upload": int(call is Call.UPLOAD),
                "other": int(call is Call.OTHER),
            },
        )
        uploads, others = cursor.fetchone()
    return uploads, others
