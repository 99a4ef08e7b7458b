"""The secrets of webhooks: sealed at rest, shown once, rotated with overlap."""

from datetime import datetime, timedelta
from typing import Final

from orgsync.server.hooks.models import Webhook
from orgsync.server.sealing import seal, unseal

OVERLAP: Final = timedelta(hours=24)
"""For so long the old secret signs too, so that receivers can change over without losing a message."""


def sealed_key(organization_id: int, key: bytes) -> bytes:
    """Return a signing key as it is stored."""
    return seal(key, _purpose(organization_id))


def keys_for(webhook: Webhook, now: datetime) -> list[bytes]:
    """Return the keys that sign now, the newest first; raise `sealing.Unreadable`."""
    sealed = [webhook.secret]
    if webhook.old_until is not None and webhook.old_until > now:
        sealed.append(webhook.old_secret)
    return [unseal(bytes(one), _purpose(webhook.organization_id)) for one in sealed]


def _purpose(organization_id: int) -> str:
    return f"webhooks of organization {organization_id}"
