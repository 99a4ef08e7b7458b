"""What an admin changes on a feed. Jobs read the feed when they begin, so a running one is not touched."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from orgsync.core.guards import limits_of
from orgsync.core.model import Mode, RowPolicy
from orgsync.server.directory.models import Feed


def change_feed(feed: Feed, *, name: str, mode: Mode, rows: RowPolicy, guards: Mapping[str, Mapping[str, Any]]) -> None:
    """Give a feed other settings; raise ValueError for a guard that does not exist."""
    limits_of(guards)
    _rows_of(feed).update(name=name.strip(), mode=mode, rows=rows, guards=guards)


def set_paused(feed: Feed, *, is_paused: bool) -> bool:
    """Let a feed's jobs be held from now on, or no longer; return False when that is so already."""
    return _rows_of(feed).filter(is_paused=not is_paused).update(is_paused=is_paused) == 1


def release_feed(feed: Feed) -> bool:
    """Take back the hold that an undo has put on the feed's next job; return False when there is none."""
    return _rows_of(feed).filter(holds_next=True).update(holds_next=False) == 1


def _rows_of(feed: Feed) -> QuerySet[Feed]:
    return Feed.objects.filter(organization_id=feed.organization_id, id=feed.pk)
