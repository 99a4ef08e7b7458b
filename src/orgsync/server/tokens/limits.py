"""How often a token, or an application with all of its tokens, may call: counted by the hour, in one statement."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.conf import settings
from django.db import connection

from orgsync.server.tokens.models import AccessToken, Application, CallCount


class Call(StrEnum):
    UPLOAD = "upload"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Counted:
    """How a caller stands after a call that was counted."""

    limit: int
    """Calls of this sort in a full clock hour (UTC)."""
    used: int
    """With the call itself, and with those that were refused."""
    seconds_left: int
    """Until the hour is over."""

    @property
    def is_within(self) -> bool:
        return self.used <= self.limit


# All calls of a token meet in one row, and each would keep the others out until the disk has written. So none waits for
# the disk, alone in its transaction: the last counts before a crash of the database may be lost, nothing else. In a
# transaction of somebody else's that is not ours to say.
_COUNT: Final = """
    WITH waiting AS (SELECT CASE WHEN %(is_alone)s THEN set_config('synchronous_commit', 'off', true) END AS now)
    INSERT INTO tokens_callcount AS counted (organization_id, token_id, hour, uploads, others)
    SELECT %(organization)s, %(token)s, %(hour)s, %(upload)s, %(other)s FROM waiting
    ON CONFLICT (organization_id, token_id, hour) DO UPDATE
       SET uploads = counted.uploads + EXCLUDED.uploads,
           others = counted.others + EXCLUDED.others
    RETURNING uploads, others
"""


def count_call(caller: AccessToken | Application, call: Call, *, now: datetime) -> Counted:
    """
    Count one call of a token, or of an application itself, and say how it stands.

    Uploads and other calls have limits of their own, each for a full clock hour (UTC).
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    uploads, others = _count(caller, call, hour)
    seconds_left = max(1, int((hour + timedelta(hours=1) - now).total_seconds()))
    if call is Call.UPLOAD:
        return Counted(settings.UPLOADS_PER_HOUR, uploads, seconds_left)
    return Counted(settings.CALLS_PER_HOUR, others, seconds_left)


def forget_calls(*, before: datetime) -> int:
    """Delete the counts of hours that began before the given time, of all organizations; return how many."""
    return CallCount.objects.filter(hour__lt=before).delete()[0]


def _count(caller: AccessToken | Application, call: Call, hour: datetime) -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT,
            {
                "is_alone": not connection.in_atomic_block,
                "organization": caller.organization_id,
                "token": caller.caller_id,
                "hour": hour,
                "upload": int(call is Call.UPLOAD),
                "other": int(call is Call.OTHER),
            },
        )
        uploads, others = cursor.fetchone()
    return uploads, others
