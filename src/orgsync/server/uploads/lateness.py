"""Tell the admins when a feed has been silent for too long: once each time."""

from datetime import datetime
from typing import Final

from django.db import connection, transaction
from django.db.models import Q

from orgsync.server.directory.models import Feed
from orgsync.server.hooks.events import Event
from orgsync.server.hooks.outbox import emit
from orgsync.server.notify.latemail import feed_is_late

# Only files that a token sent count: what people upload by hand says nothing of whether the HR system still sends.
LATE_FEEDS: Final = """
    SELECT feed.id, feed.told_late_at, last.sent_at
      FROM directory_feed AS feed
      JOIN (SELECT organization_id, feed_id, max(created_at) AS sent_at
              FROM uploads_media WHERE kind = 'source' AND token_id IS NOT NULL
             GROUP BY organization_id, feed_id) AS last
        ON last.organization_id = feed.organization_id AND last.feed_id = feed.id
     WHERE feed.late_after_hours > 0
       AND last.sent_at < %(now)s - feed.late_after_hours * interval '1 hour'
"""
"""The feeds of all organizations that are late at `now`, whether somebody has been told or not."""
_FIND_UNTOLD: Final = f"""
    SELECT id, sent_at FROM ({LATE_FEEDS}) AS late
     WHERE told_late_at IS NULL OR told_late_at < sent_at
     ORDER BY id
"""  # noqa: S608 - a text of ours


def tell_late(now: datetime) -> int:
    """Tell admins and webhooks of every feed that is late, once since its last file; return how many feeds."""
    with connection.cursor() as cursor:
        cursor.execute(_FIND_UNTOLD, {"now": now})
        late: dict[int, datetime] = dict(cursor.fetchall())
    feeds = Feed.objects.select_related("organization").filter(id__in=late).order_by("id")
    return sum(_tell(feed, late[feed.pk], now) for feed in feeds)


def _tell(feed: Feed, last: datetime, now: datetime) -> bool:
    with transaction.atomic():
        untold = Feed.objects.filter(Q(told_late_at=None) | Q(told_late_at__lt=last), id=feed.pk)
        if not untold.filter(organization_id=feed.organization_id, late_after_hours__gt=0).update(told_late_at=now):
            return False
        feed_is_late(feed, last=last, now=now)
        hours = {"late_after_hours": feed.late_after_hours, "last_file_at": last.isoformat(timespec="seconds")}
        told = {"feed": {"id": feed.pk, "name": feed.name}, **hours}
        emit(feed.organization, Event.FEED_LATE, told, once=f"{feed.pk}:{now.isoformat()}", now=now)
    return True
