"""The daily digest: how many files came in the day before, and what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from orgsync.server.notify import outbox
from orgsync.server.notify.recipients import Told, admin_addresses
from orgsync.server.notify.texts import contact_lines
from orgsync.server.orgs.contacts import contacts_of
from orgsync.server.orgs.models import Admin, Organization
from orgsync.server.orgs.zones import zone_named

HOUR: Final = 7
"""Of the day in the organization's zone, from which on the digest of the day before may go out."""

_COUNT: Final = """
    SELECT feed.name, job.status, count(*), sum(job.created_count), sum(job.updated_count - job.created_count),
           sum(job.deleted_count), sum(job.error_count)
      FROM uploads_uploadjob AS job
      JOIN directory_feed AS feed ON feed.organization_id = job.organization_id AND feed.id = job.feed_id
     WHERE job.organization_id = %(organization)s AND NOT job.is_dry_run
       AND job.created_at >= %(since)s AND job.created_at < %(until)s
     GROUP BY feed.name, job.status
     ORDER BY feed.name, job.status
"""


@dataclass(frozen=True, slots=True)
class DigestLine:
    """What became of a feed's files of one day that ended alike."""

    feed: str
    status: str
    files: int
    joiners: int
    movers: int
    leavers: int
    errors: int


def send_digests(now: datetime) -> int:
    """Put this morning's digests into the outbox, each once; return how many mails. A day without files has none."""
    wanting = Admin.objects.filter(told_digest=True).values("organization_id")
    organizations = Organization.objects.filter(id__in=wanting).order_by("id")
    return sum(_send(organization, now) for organization in organizations)


def _send(organization: Organization, now: datetime) -> int:
    # The zone's rules are Python's: the database may not know every name.
    zone = zone_named(organization.time_zone)
    local = now.astimezone(zone)
    if local.hour < HOUR:
        return 0
    today = local.date()
    with transaction.atomic():
        untold = Organization.objects.filter(Q(digest_on=None) | Q(digest_on__lt=today), id=organization.pk)
        if not untold.update(digest_on=today):
            return 0
        yesterday = today - timedelta(days=1)
        since, until = (datetime.combine(day, time.min, zone) for day in (yesterday, today))
        lines = _lines_of(organization, since, until)
        if not lines:
            return 0
        return outbox.add(
            organization,
            job_id=None,
            kind="digest",
            recipients=admin_addresses(organization.pk, Told.DIGEST),
            subject=f"[{organization.name}] {sum(line.files for line in lines):,} jobs on {yesterday.isoformat()}",
            body=_body(organization, yesterday, lines),
            now=now,
        )


def _lines_of(organization: Organization, since: datetime, until: datetime) -> list[DigestLine]:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"organization": organization.pk, "since": since, "until": until})
        return [DigestLine(feed, status, *map(int, counts)) for feed, status, *counts in cursor.fetchall()]


def _body(organization: Organization, day: date, lines: Sequence[DigestLine]) -> str:
    told = "\n\n".join(_worded(line) for line in lines)
    history = f"{settings.BASE_URL}/admin/people/sync-history/"
    return f"""\
What became of the files and edits of {day.isoformat()} in {organization.name}:

{told}

The sync history in the Account Center (sign-in needed):
{history}

You get this every morning after a day with jobs; switch it off under Settings, Who is told of what.
{contact_lines(contacts_of(organization))}"""


def _worded(line: DigestLine) -> str:
    counts = (
        f"{line.joiners:,} joiners, {line.movers:,} movers, {line.leavers:,} leavers, {line.errors:,} rows in error"
    )
    return f"  {line.feed}: {line.files:,} {line.status.lower()}\n    {counts}"
