"""The same Idempotency-Key and the same bytes: the same answer, for 24 hours."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection

from orgsync.core.errors import OrgSyncError
from orgsync.server.tokens.models import AccessToken
from orgsync.server.uploads.models import IdempotencyKey
from orgsync.server.uploads.receive import Received

KEPT_FOR: Final = timedelta(hours=24)

_CLAIM: Final = """
    INSERT INTO uploads_idempotencykey AS stored
           (organization_id, token_id, key, body_sha256, media_public_id, created_at)
    VALUES (%(organization)s, %(token)s, %(key)s, %(body)s, %(media)s, %(now)s)
    ON CONFLICT (organization_id, token_id, key) DO UPDATE
       SET body_sha256 = EXCLUDED.body_sha256,
           media_public_id = EXCLUDED.media_public_id,
           created_at = EXCLUDED.created_at
     WHERE stored.created_at <= %(oldest)s
"""


class IdempotencyConflict(OrgSyncError):
    """The key was used within a day for another body."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__("Idempotency-Key was used for another body within the last 24 hours; use a new key.")


def claim_key(token: AccessToken, key: str, received: Received, *, now: datetime) -> str | None:
    """
    Take a key for a received file, in the transaction that records it; return None when the key is ours.

    Otherwise return the public id that the same upload was answered with before, or raise IdempotencyConflict.
    Of two uploads at once the second waits for the first one's commit.
    """
    values: dict[str, Any] = {
        "organization": token.organization_id,
        "token": token.caller_id,
        "key": key,
        "body": received.sha256,
        "media": received.public_id,
        "now": now,
        "oldest": now - KEPT_FOR,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        if cursor.rowcount == 1:
            return None
    stored = IdempotencyKey.objects.get(organization_id=token.organization_id, token_id=token.caller_id, key=key)
    if bytes(stored.body_sha256) != received.sha256:
        raise IdempotencyConflict(key)
    return stored.media_public_id


def forget_keys(*, now: datetime) -> int:
    """Delete the keys of all organizations that are older than 24 hours; return how many."""
    return IdempotencyKey.objects.filter(created_at__lte=now - KEPT_FOR).delete()[0]
