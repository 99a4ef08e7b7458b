"""What the guards did lately, for whoever sets their limits."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from orgsync.server.orgs.models import Organization

NIGHTS: Final = 30
_MOST: Final = """
    SELECT kind, max(count)::bigint FROM uploads_appliedeffect
     WHERE organization_id = %s AND at > %s
     GROUP BY kind
"""
_HELD: Final = """
    SELECT held_for ->> 'code', count(DISTINCT job.id)::bigint
      FROM uploads_uploadjob AS job, jsonb_array_elements(job.hold_reasons) AS held_for
     WHERE job.organization_id = %s AND job.held_at > %s
     GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class GuardPast:
    """One guard's last nights."""

    most: int = 0
    """The highest count that one job applied."""
    held: int = 0
    """How many jobs it held."""


def guards_lately(organization: Organization, now: datetime) -> dict[str, GuardPast]:
    """Return, by guard, what the last `NIGHTS` nights brought; guards without anything are left out."""
    since = now - timedelta(days=NIGHTS)
    with connection.cursor() as cursor:
        cursor.execute(_MOST, [organization.pk, since])
        most = dict(cursor.fetchall())
        cursor.execute(_HELD, [organization.pk, since])
        held = dict(cursor.fetchall())
    return {code: GuardPast(most.get(code, 0), held.get(code, 0)) for code in {*most, *held}}
