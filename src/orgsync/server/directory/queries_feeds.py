"""What pages ask about feeds: which there are, whom they claim, and where their claims meet."""

from collections.abc import Callable
from typing import Final, TypeVar

from django.core.cache import cache
from django.db import connection
from django.db.models import Count, Exists, OuterRef

from orgsync.server.directory.models import Claim, Feed, Learner
from orgsync.server.orgs.models import Organization

Counted = TypeVar("Counted")
_DAY: Final = 24 * 60 * 60

_SHARED: Final = """
    SELECT feed.id, feed.name, count(*)
      FROM directory_claim AS mine
      JOIN directory_claim AS other
        ON other.organization_id = mine.organization_id
       AND other.learner_id = mine.learner_id
       AND other.feed_id <> mine.feed_id
      JOIN directory_feed AS feed ON feed.organization_id = other.organization_id AND feed.id = other.feed_id
     WHERE mine.organization_id = %s AND mine.feed_id = %s
     GROUP BY feed.id, feed.name
     ORDER BY count(*) DESC, feed.name
"""


def feed_of(organization: Organization, feed_id: int) -> Feed | None:
    """Return one feed; another organization's is None."""
    return Feed.objects.filter(organization=organization, id=feed_id).first()


def is_name_taken(organization: Organization, name: str, *, by_another_than: int | None = None) -> bool:
    """Tell whether a feed has this name, in whatever case."""
    named = Feed.objects.filter(organization=organization, name__iexact=name.strip())
    return (named if by_another_than is None else named.exclude(id=by_another_than)).exists()


def claim_counts(organization: Organization) -> dict[int, int]:
    """
    Return how many people each feed claims, by the feed's id; a feed that claims nobody is missing.

    The counts of one revision of the directory never change and are kept.
    """
    key = f"claim-counts:{organization.pk}:{organization.revision}"
    return _kept(key, lambda: _count(organization))


def unclaimed_count(organization: Organization) -> int:
    """Return how many active people no feed claims; kept for one revision of the directory."""
    key = f"unclaimed:{organization.pk}:{organization.revision}"
    return _kept(key, lambda: _count_unclaimed(organization))


def known_rows(feed: Feed, organization: Organization) -> int:
    """Return how many of the feed's people are known by the fingerprint of their row: unchanged, it is passed over."""
    claims = Claim.objects.filter(organization_id=feed.organization_id, feed_id=feed.pk, fingerprint__isnull=False)
    return _kept(f"known-rows:{organization.pk}:{organization.revision}:{feed.pk}", claims.count)


def shared_claims(feed: Feed, organization: Organization) -> list[tuple[int, str, int]]:
    """Return id, name and number for each other feed that claims some of the same people, most people first."""
    key = f"shared-claims:{organization.pk}:{organization.revision}:{feed.pk}"
    return _kept(key, lambda: _shared(organization, feed))


def _kept(key: str, count: Callable[[], Counted]) -> Counted:
    known: Counted | None = cache.get(key)
    if known is None:
        known = count()
        cache.set(key, known, _DAY)
    return known


def _count(organization: Organization) -> dict[int, int]:
    claims = Claim.objects.filter(organization_id=organization.pk)
    return dict(claims.values_list("feed_id").annotate(people=Count("*")))


def _count_unclaimed(organization: Organization) -> int:
    claimed = Claim.objects.filter(organization_id=organization.pk, learner_id=OuterRef("id"))
    return Learner.objects.filter(~Exists(claimed), organization_id=organization.pk, is_active=True).count()


def _shared(organization: Organization, feed: Feed) -> list[tuple[int, str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_SHARED, [organization.pk, feed.pk])
        return [(int(feed_id), str(name), int(number)) for feed_id, name, number in cursor.fetchall()]
