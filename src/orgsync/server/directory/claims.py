"""The order of feeds, where their claims meet, and how people are handed from one to another."""

from datetime import datetime
from typing import Any, Final

import polars as pl
from django.db import connection, transaction

from orgsync.core.errors import OrgSyncError
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record
from orgsync.server.directory.copying import read_frame
from orgsync.server.directory.links import LinkWriter
from orgsync.server.directory.models import Feed
from orgsync.server.directory.revision import PAGE_PATIENCE, lock_directory, raise_revision
from orgsync.server.orgs.models import Organization

HIGHEST_RANK: Final = 2**31 - 1

_UNCLAIMED: Final = """
    SELECT learner.id, true::text
      FROM directory_learner AS learner
     WHERE learner.organization_id = %(organization)s AND learner.is_active
       AND NOT EXISTS (SELECT FROM directory_claim AS claim
                        WHERE claim.organization_id = %(organization)s AND claim.learner_id = learner.id)
"""
_CLAIMED: Final = """
    SELECT claim.learner_id,
           (NOT EXISTS (SELECT FROM directory_claim AS other
                         WHERE other.organization_id = %(organization)s AND other.learner_id = claim.learner_id
                           AND other.feed_id = %(to)s))::text
      FROM directory_claim AS claim
     WHERE claim.organization_id = %(organization)s AND claim.feed_id = %(source)s
"""
_PEOPLE: Final = pl.Schema({"learner_id": pl.Int64, "is_new": pl.Boolean})
_OVERLAPS: Final = """
    SELECT higher.name, lower.name, count(*)
      FROM directory_claim AS one
      JOIN directory_claim AS other
        ON other.organization_id = one.organization_id AND other.learner_id = one.learner_id
      JOIN directory_feed AS higher ON higher.organization_id = one.organization_id AND higher.id = one.feed_id
      JOIN directory_feed AS lower ON lower.organization_id = other.organization_id AND lower.id = other.feed_id
     WHERE one.organization_id = %s AND (higher.rank, higher.id) < (lower.rank, lower.id)
     GROUP BY higher.rank, higher.id, higher.name, lower.rank, lower.id, lower.name
     ORDER BY higher.rank, higher.id, lower.rank, lower.id
"""


class HandOverRefused(OrgSyncError):
    """People cannot be handed over like that; nothing was changed."""


def set_rank(feed: Feed, rank: int, *, now: datetime) -> None:
    """Give a feed another place in the organization's order: the lower number wins where feeds disagree.

    Plans made before are made anew. Raises ValueError for a number that is no rank, DirectoryBusy.
    """
    if not 0 <= rank <= HIGHEST_RANK:
        raise ValueError(f"A rank is a number from 0 to {HIGHEST_RANK}.")
    with transaction.atomic():
        lock_directory(feed.organization_id, wait=PAGE_PATIENCE)
        Feed.objects.filter(organization_id=feed.organization_id, id=feed.pk).update(rank=rank)
        raise_revision(feed.organization_id)
        record(feed.organization_id, Action.FEED_CHANGED, {"feed": feed.pk, "settings": ["rank"], "rank": rank}, at=now)


def move_feed(feed: Feed, *, is_up: bool, now: datetime) -> bool:
    """
    Let a feed and its neighbour in the organization's order change places; return False where there is no neighbour.

    Ranks become the places of the feeds; feeds behind all others, such as edits by hand, stay there. Plans made before
    are made anew. Raises DirectoryBusy.
    """
    with transaction.atomic():
        lock_directory(feed.organization_id, wait=PAGE_PATIENCE)
        ranked = Feed.objects.filter(organization_id=feed.organization_id, rank__lt=HIGHEST_RANK)
        feeds = list(ranked.order_by("rank", "id"))
        place = next((place for place, known in enumerate(feeds) if known.pk == feed.pk), None)
        other = None if place is None else place - 1 if is_up else place + 1
        if place is None or other is None or not 0 <= other < len(feeds):
            return False
        feeds[place], feeds[other] = feeds[other], feeds[place]
        for rank, known in enumerate(feeds):
            known.rank = rank
        Feed.objects.bulk_update(feeds, ["rank"])
        raise_revision(feed.organization_id)
        record(
            feed.organization_id, Action.FEED_CHANGED, {"feed": feed.pk, "settings": ["rank"], "rank": other}, at=now
        )
    return True


def hand_over(organization: Organization, *, to: Feed, source: Feed | None, now: datetime) -> int:
    """
    Give a feed the claims of another one, or (`source` None) the active people whom no feed claims; return how many.

    Whom both claim loses the claim of `source` alone. What ends stays in the history. Raises HandOverRefused,
    DirectoryBusy.
    """
    if source is not None and source.pk == to.pk:
        raise HandOverRefused(f"{to.name} has the people of {to.name} already.")
    with transaction.atomic():
        lock_directory(organization.pk, wait=PAGE_PATIENCE)
        with connection.cursor() as cursor:
            ids: dict[str, Any] = {"organization": organization.pk, "to": to.pk, "source": source and source.pk}
            people = read_frame(cursor, _UNCLAIMED if source is None else _CLAIMED, ids, _PEOPLE)
            if people.is_empty():
                return 0
            writer = LinkWriter(cursor, organization.pk, None, now)
            if source is not None:
                writer.write_claims(people.select("learner_id", is_claimed=pl.lit(value=False)), source.pk)
            writer.write_claims(people.filter("is_new").select("learner_id", is_claimed="is_new"), to.pk)
        raise_revision(organization.pk)
        facts = {"from": source and source.pk, "to": to.pk, "count": people.height}
        record(organization.pk, Action.CLAIMS_HANDED_OVER, facts, at=now)
    return people.height


def count_overlaps(organization: Organization) -> list[tuple[str, str, int]]:
    """Return for each two feeds that claim some of the same people: the higher one, the lower one, how many."""
    with connection.cursor() as cursor:
        cursor.execute(_OVERLAPS, [organization.pk])
        return [(str(higher), str(lower), int(count)) for higher, lower, count in cursor.fetchall()]
