"""Count large directories between two files, while nobody waits: what the next plan's guards measure against."""

import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
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

    Safe at any time and as often as you like. Each organization is a look of its own, outside any transaction.
    """
    feeds = _feeds_to_count(now)
    for organization_id, of_organization in groupby(feeds, key=attrgetter("organization_id")):
        keep_counts(organization_id, list(of_organization))
    return len(feeds)


def keep_counts(organization_id: int, feeds: Sequence[Feed]) -> None:
    """Count everybody for the feeds of an organization in one consistent look, and keep it with that look's revision.

    Only whom a feed claims is another number for each of them.
    """
    counted = {feed: CountedDirectory(organization_id, feed.pk) for feed in feeds}
    names = {feed: countable(feed.named_fields) for feed in feeds}
    with consistent_read():
        revision = Organization.objects.values_list("revision", flat=True).get(id=organization_id)
        people = {feed: counts.people(names[feed]) for feed, counts in counted.items()}
        licenses, memberships = counted[feeds[0]].licenses(), counted[feeds[0]].memberships()
    shared = {"revision": revision, "licenses": _content(licenses), "memberships": _content(memberships)}
    for feed in feeds:
        kept = {**shared, "names": names[feed], "people": _content(people[feed])}
        Headcount.objects.update_or_create(organization_id=organization_id, feed_id=feed.pk, defaults=kept)


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
