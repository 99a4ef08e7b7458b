"""What an admin changes on a feed. Jobs read the feed when they begin, so a running one is not touched."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from orgsync.core.guards import limits_of
from orgsync.core.model import Mode, RowPolicy
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record
from orgsync.server.directory.models import Feed


@transaction.atomic
def change_feed(feed: Feed, *, name: str, mode: Mode, rows: RowPolicy, guards: Mapping[str, Mapping[str, Any]]) -> None:
    """Give a feed other settings; raise ValueError for a guard that does not exist."""
    limits_of(guards)
    values = {"name": name.strip(), "mode": mode.value, "rows": rows.value, "guards": dict(guards)}
    before = _rows_of(feed).select_for_update().values(*values).get()
    _rows_of(feed).update(**values)
    _record(feed, Action.FEED_CHANGED, settings=sorted(key for key in values if values[key] != before[key]))
    kinds = sorted(kind for kind in {*guards, *before["guards"]} if guards.get(kind) != before["guards"].get(kind))
    if kinds:
        _record(feed, Action.GUARD_CHANGED, guards=kinds)


@transaction.atomic
def set_guard(feed: Feed, kind: str, numbers: Mapping[str, float | None]) -> Mapping[str, Mapping[str, Any]]:
    """Give one guard of a feed its own numbers, without any back to the defaults; return all own numbers."""
    known = _rows_of(feed).select_for_update().values_list("guards", flat=True).get()
    guards = {name: limits for name, limits in known.items() if name != kind}
    if numbers:
        guards[kind] = dict(numbers)
    limits_of(guards)
    _rows_of(feed).update(guards=guards)
    _record(feed, Action.GUARD_CHANGED, guards=[kind])
    return guards


@transaction.atomic
def set_paused(feed: Feed, *, is_paused: bool) -> bool:
    """Let a feed's jobs be held from now on, or no longer; return False when that is so already."""
    is_changed = _rows_of(feed).filter(is_paused=not is_paused).update(is_paused=is_paused) == 1
    if is_changed:
        _record(feed, Action.FEED_CHANGED, settings=["is_paused"], is_paused=is_paused)
    return is_changed


@transaction.atomic
def release_feed(feed: Feed) -> bool:
    """Take back the hold that an undo has put on the feed's next job; return False when there is none."""
    is_changed = _rows_of(feed).filter(holds_next=True).update(holds_next=False) == 1
    if is_changed:
        _record(feed, Action.FEED_CHANGED, settings=["holds_next"], holds_next=False)
    return is_changed


def _record(feed: Feed, action: Action, **ids: Any) -> None:
    record(feed.organization_id, action, {"feed": feed.pk, **ids}, at=timezone.now())


@transaction.atomic
def set_patience(feed: Feed, *, missing_files: int | None, late_after_hours: int | None) -> None:
    """Change in how many full files in a row a person must be missing to leave, and when a silent feed is late."""
    given = {"missing_files": missing_files, "late_after_hours": late_after_hours}
    before = _rows_of(feed).select_for_update().values(*given).get()
    values = {name: value for name, value in given.items() if value is not None and value != before[name]}
    if values:
        _rows_of(feed).update(**values)
        _record(feed, Action.FEED_CHANGED, settings=sorted(values), **values)


def _rows_of(feed: Feed) -> QuerySet[Feed]:
    return Feed.objects.filter(organization_id=feed.organization_id, id=feed.pk)
