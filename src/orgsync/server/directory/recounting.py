"""Count large directories between two files, while nobody waits: what the next plan's guards measure against."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Final

from django.db.models import OuterRef, Subquery

from orgsync.server.directory.everybody import CountedDirectory, countable
from orgsync.server.directory.headcounts import content_of
from orgsync.server.directory.models import Feed, Headcount
from orgsync.server.directory.snapshot import consistent_read
from orgsync.server.orgs.models import Organization

WORTH_IT: Final = 10_000
"""People whom an organization ever had from which on it is done: fewer are counted in no time."""
STILL_USED: Final = timedelta(days=40)
"""A feed that sent nothing for longer has nobody who waits for its counts."""


def recount(now: datetime) -> int:
    """Count everybody for each feed in use whose kept counts are old, or lack what it names; return how many feeds.

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
    shared = {"revision": revision, "licenses": content_of(licenses), "memberships": content_of(memberships)}
    for feed in feeds:
        kept = {**shared, "names": names[feed], "people": content_of(people[feed])}
        Headcount.objects.update_or_create(organization_id=organization_id, feed_id=feed.pk, defaults=kept)


def _feeds_to_count(now: datetime) -> list[Feed]:
    # Global by design: whatever organization has many people and a feed in use.
    used = Feed.objects.filter(last_applied_at__gte=now - STILL_USED, organization__next_learner_id__gt=WORTH_IT)
    kept = Headcount.objects.filter(
        organization_id=OuterRef("organization_id"), feed_id=OuterRef("pk"), revision=OuterRef("organization__revision")
    )
    feeds = used.annotate(counted_names=Subquery(kept.values("names"))).order_by("organization_id", "id")
    return [feed for feed in feeds if not _is_counted(feed.named_fields, feed.counted_names)]


def _is_counted(named_fields: Sequence[str], counted_names: Sequence[str] | None) -> bool:
    return counted_names is not None and set(countable(named_fields)) <= set(counted_names)
