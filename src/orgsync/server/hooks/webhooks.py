"""Make, change, rotate and remove webhooks, each with its audit entry.

An entry names a webhook, never its address: that may hold a secret.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from orgsync.core.errors import OrgSyncError
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record
from orgsync.server.hooks.events import CHOSEN
from orgsync.server.hooks.guarded import NotReached, Refused, address_for, parse_networks, target_of
from orgsync.server.hooks.models import Webhook
from orgsync.server.hooks.outbox import replay
from orgsync.server.hooks.secrets import OVERLAP, sealed_key
from orgsync.server.hooks.signing import make_key, secret_text
from orgsync.server.orgs.models import Account, Organization

MOST: Final = 20


class WebhookRefused(OrgSyncError):
    """Something given cannot be used; `field` names it."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(reason)


def make_webhook(
    organization: Organization, url: str, events: Iterable[str], *, by: Account, now: datetime
) -> tuple[Webhook, str]:
    """Make a webhook; return it with the text of its secret, which cannot be read again. Raises WebhookRefused."""
    if Webhook.objects.filter(organization=organization).count() >= MOST:
        raise WebhookRefused("url", f"An organization has at most {MOST} webhooks.")
    values, key = {"url": _url(url), "events": _events(events)}, make_key()
    with transaction.atomic():
        made = Webhook.objects.create(
            organization=organization,
            secret=sealed_key(organization.pk, key),
            created_at=now,
            created_by=by,
            **values,
        )
        record(organization.pk, Action.WEBHOOK_MADE, {"webhook": made.pk, "events": made.events}, at=now)
    return made, secret_text(key)


def change_webhook(webhook: Webhook, url: str, events: Iterable[str], *, now: datetime) -> None:
    """Give a webhook another address or other events; raise WebhookRefused."""
    values: dict[str, Any] = {"url": _url(url), "events": _events(events)}
    with transaction.atomic():
        _rows_of(webhook).update(**values)
        ids = {"webhook": webhook.pk, "events": values["events"], "has_other_address": values["url"] != webhook.url}
        record(webhook.organization_id, Action.WEBHOOK_CHANGED, ids, at=now)


def switch_webhook(webhook: Webhook, *, is_active: bool, now: datetime) -> None:
    """Switch a webhook on, as if it had never failed, or off."""
    with transaction.atomic():
        _rows_of(webhook).update(is_active=is_active, failing_since=None, disabled_at=None)
        ids = {"webhook": webhook.pk, "is_active": is_active}
        record(webhook.organization_id, Action.WEBHOOK_CHANGED, ids, at=now)


def rotate_secret(webhook: Webhook, *, now: datetime) -> str:
    """Give a webhook another secret and return its text; the old one signs too for a day."""
    key = make_key()
    with transaction.atomic():
        locked = _rows_of(webhook).select_for_update().get()
        _rows_of(webhook).update(
            secret=sealed_key(webhook.organization_id, key), old_secret=bytes(locked.secret), old_until=now + OVERLAP
        )
        record(webhook.organization_id, Action.WEBHOOK_SECRET_ROTATED, {"webhook": webhook.pk}, at=now)
    return secret_text(key)


def remove_webhook(webhook: Webhook, *, now: datetime) -> None:
    """Remove a webhook with its deliveries."""
    with transaction.atomic():
        _rows_of(webhook).delete()
        record(webhook.organization_id, Action.WEBHOOK_REMOVED, {"webhook": webhook.pk}, at=now)


def replay_deliveries(webhook: Webhook, deliveries: list[int], *, now: datetime) -> int:
    """Send deliveries again; return how many."""
    with transaction.atomic():
        count = replay(webhook, deliveries, now=now)
        if count:
            ids = {"webhook": webhook.pk, "deliveries": count}
            record(webhook.organization_id, Action.WEBHOOK_REPLAYED, ids, at=now)
    return count


def _rows_of(webhook: Webhook) -> QuerySet[Webhook]:
    return Webhook.objects.filter(organization_id=webhook.organization_id, id=webhook.pk)


def _url(url: str) -> str:
    try:
        address_for(target_of(url.strip()), parse_networks(settings.WEBHOOK_NETWORKS))
    except (Refused, NotReached) as refused:
        raise WebhookRefused("url", str(refused)) from refused
    return url.strip()


def _events(events: Iterable[str]) -> list[str]:
    wanted = set(events)
    chosen = [event.value for event in CHOSEN if event.value in wanted]
    if not chosen or len(chosen) != len(wanted):
        raise WebhookRefused("events", "Choose at least one of the events.")
    return chosen
