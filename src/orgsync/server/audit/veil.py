"""Values that an entry must be able to prove without telling them: an HMAC under a key of the person's own.

Erasing a person destroys the key. What is left in the log is then a random number, and the chain still verifies.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Mapping

from django.db import connection

from orgsync.server.audit.models import PersonKey

MAKE_KEYS = """
    INSERT INTO audit_personkey (organization_id, learner_id, key)
    SELECT %s, * FROM unnest(%s::bigint[], %s::bytea[])
        ON CONFLICT (organization_id, learner_id) DO NOTHING
"""
KEY_BYTES = 32


def ensure_keys(organization_id: int, learner_ids: Collection[int]) -> dict[int, bytes]:
    """Return the key of every learner, made where there was none; two statements."""
    ordered = sorted(set(learner_ids))
    with connection.cursor() as cursor:
        cursor.execute(MAKE_KEYS, [organization_id, ordered, [secrets.token_bytes(KEY_BYTES) for _ in ordered]])
    known = PersonKey.objects.filter(organization_id=organization_id, learner_id__in=ordered)
    return {learner_id: bytes(key) for learner_id, key in known.values_list("learner_id", "key")}


def veil_values(key: bytes, values: Mapping[str, str | None]) -> dict[str, str]:
    """Return attribute → HMAC-SHA-256 of its name and value, in hex; a cleared value has one too."""
    return {name: _veil(key, name, value) for name, value in values.items()}


def is_value(key: bytes, name: str, value: str | None, veiled: str) -> bool:
    """Return whether a veiled value is this one."""
    return hmac.compare_digest(_veil(key, name, value), veiled)


def destroy_keys(organization_id: int, learner_ids: Collection[int]) -> int:
    """Make what the log veils of these learners unreadable for good; return how many keys there were."""
    keys = PersonKey.objects.filter(organization_id=organization_id, learner_id__in=list(learner_ids))
    count, _ = keys.delete()
    return count


def _veil(key: bytes, name: str, value: str | None) -> str:
    text = f"{name}\x00" if value is None else f"{name}\x01{value}"
    return hmac.new(key, text.encode("utf-8"), hashlib.sha256).hexdigest()
