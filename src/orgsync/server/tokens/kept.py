"""The same Idempotency-Key and the same call: the same answer for 24 hours, whichever web process is asked."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import QuerySet

from orgsync.core.errors import OrgSyncError
from orgsync.server.sealing import seal, unseal
from orgsync.server.tokens.models import AccessToken, KeptAnswer

KEPT_FOR: Final = timedelta(hours=24)
LONGEST_CALL: Final = timedelta(minutes=10)
"""A call that has no answer after this long is over: its process has died."""
_PURPOSE: Final = "kept answers"
_CLAIM: Final = """
    INSERT INTO tokens_keptanswer AS stored
           (organization_id, token_id, key, request_sha256, status, answer, created_at)
    VALUES (%(organization)s, %(token)s, %(key)s, %(request)s, 0, '', %(now)s)
    ON CONFLICT (organization_id, token_id, key) DO UPDATE
       SET request_sha256 = EXCLUDED.request_sha256,
           status = 0,
           answer = '',
           created_at = EXCLUDED.created_at
     WHERE stored.created_at <= %(oldest)s OR (stored.status = 0 AND stored.created_at <= %(over)s)
"""


class KeyUsed(OrgSyncError):
    """The key was used within a day for another call."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__("Idempotency-Key was used for another call within the last 24 hours; use a new key.")


class KeyInUse(OrgSyncError):
    """The same call with the same key is being answered just now."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__("The same call is being answered just now; try again.")


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that was given before."""

    status: int
    facts: Any


def claim_key(token: AccessToken, key: str, request_sha256: bytes, *, now: datetime) -> Kept | None:
    """
    Take a key for a call before it is done; return None when the key is ours: then keep its answer, or free the key.

    Otherwise return the answer that was given before, or raise KeyUsed or KeyInUse. Call it outside any transaction:
    the claim must be seen by all web processes at once.
    """
    values: dict[str, Any] = {
        "organization": token.organization_id,
        "token": token.caller_id,
        "key": key,
        "request": request_sha256,
        "now": now,
        "oldest": now - KEPT_FOR,
        "over": now - LONGEST_CALL,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        if cursor.rowcount == 1:
            return None
    stored = _of(token, key).first()
    if stored is None or (stored.status == 0 and bytes(stored.request_sha256) == request_sha256):
        raise KeyInUse(key)
    if bytes(stored.request_sha256) != request_sha256:
        raise KeyUsed(key)
    return Kept(stored.status, json.loads(unseal(bytes(stored.answer), _PURPOSE)))


def keep_answer(token: AccessToken, key: str, status: int, answer: bytes) -> None:
    """Keep the JSON that answers the call which claimed the key."""
    _of(token, key).update(status=status, answer=seal(answer or b"null", _PURPOSE))


def free_key(token: AccessToken, key: str) -> None:
    """Give a claimed key back: the call was refused or broke, and may be tried again with it."""
    _of(token, key).delete()


def forget_answers(*, now: datetime) -> int:
    """Delete the answers of all organizations that are older than 24 hours; return how many."""
    return KeptAnswer.objects.filter(created_at__lte=now - KEPT_FOR).delete()[0]


def forget_answers_of(organization_id: int) -> None:
    """Delete what an organization's callers were answered; a call that comes again is done again."""
    KeptAnswer.objects.filter(organization_id=organization_id).exclude(status=0).delete()


def _of(token: AccessToken, key: str) -> QuerySet[KeptAnswer]:
    return KeptAnswer.objects.filter(organization_id=token.organization_id, token_id=token.caller_id, key=key)
