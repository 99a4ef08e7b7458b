"""Count large directories between two files, while nobody waits: what the next plan's guards measure against."""

import io
from datetime import datetime, timedelta
from typing import Final

import polars as pl
from django.db.models import Exists, OuterRef

from orgsync.server.directory.everybody import CountedDirectory, countable
from orgsync.server.directory.models import Feed, Headcount
from orgsync.server.directory.snapshot import consistent_read
from orgsync.server.orgs.models import Organization

WORTH_IT: Final = 10_000
"""People whom an organization ever had from which on it is done: fewer are counted in no time."""
STILL_USED: Final = timedelta(days=40)
"""A feed that sent nothing for longer has nobody who waits for its counts."""


def recount(now: datetime) -> int:
    """Count everybody for each feed in use whose kept counts are of another revision; return how many feeds.

    Safe at any time and as often as you like. Each is a look of its own, outside any transaction of the caller.
    """
    feeds = _feeds_to_count(now)
    for feed in feeds:
        keep_counts(feed)
    return len(feeds)


def keep_counts(feed: Feed) -> None:
    """Count everybody for the feed in one consistent look, and keep it with that look's revision."""
    names = countable(feed.named_fields)
    counted = CountedDirectory(feed.organization_id, feed.pk)
    with consistent_read():
        revision = Organization.objects.values_list("revision", flat=True).get(id=feed.organization_id)
        frames = {
            "people": counted.people(names),
            "licenses": counted.licenses(),
            "memberships": counted.memberships(),
        }
    kept = {name: _content(frame) for name, frame in frames.items()} | {"revision": revision, "names": names}
    Headcount.objects.update_or_create(organization_id=feed.organization_id, feed_id=feed.pk, defaults=kept)


def _feeds_to_count(now: datetime) -> list[Feed]:
    current = Headcount.objects.filter(
        organization_id=OuterRef("organization_id"), feed_id=OuterRef("pk"), revision=OuterRef("organization__revision")
    )
    # Global by design: whatever organization has many people and a feed in use.
    used = Feed.objects.filter(last_applied_at__gte=now - STILL_USED, organization__next_learner_id__gt=WORTH_IT)
    return list(used.filter(~Exists(current)).order_by("organization_id", "id"))


def _content(frame: pl.DataFrame) -> bytes:
    content = io.BytesIO()
    frame.write_parquet(content)
    return content.getvalue()
