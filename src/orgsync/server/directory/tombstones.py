"""Keyed hashes of the keys of erased people: a later file that names one is told apart without knowing whom."""

import hmac
from collections.abc import Collection, Iterable
from typing import Final

from django.conf import settings
from django.db import connection
from django.utils.crypto import salted_hmac

from orgsync.core.forgetting import Keys
from orgsync.server.directory.models import Erasure, Tombstone

_EMAIL: Final = "email"
_ID: Final = "id"
# An address may have belonged to two people, one after the other, who were both erased.
_BURY: Final = """
    INSERT INTO directory_tombstone (organization_id, erasure_id, key_hash)
    SELECT %s, %s, * FROM unnest(%s::bytea[])
        ON CONFLICT (organization_id, key_hash) DO UPDATE SET erasure_id = EXCLUDED.erasure_id
"""


def bury(erasure: Erasure, keys: Keys) -> int:
    """Remember the keys of an erased person; return how many."""
    given = {_EMAIL: keys.emails, _ID: keys.ids}
    hashes = [found for kind, texts in given.items() for found in _hashes(erasure.organization_id, kind, texts)]
    with connection.cursor() as cursor:
        cursor.execute(_BURY, [erasure.organization_id, erasure.pk, sorted(hashes)])
    return len(hashes)


def lift(erasure: Erasure) -> None:
    """Forget the keys: a file may create the person again."""
    Tombstone.objects.filter(organization_id=erasure.organization_id, erasure_id=erasure.pk).delete()


def has_tombstones(organization_id: int) -> bool:
    return Tombstone.objects.filter(organization_id=organization_id).exists()


def erased_among(organization_id: int, emails: Collection[str], ids: Collection[str]) -> tuple[set[str], set[str]]:
    """Return which of the folded addresses and ids are those of erased people; one query, whatever the number."""
    by_hash = {
        key_hash: (kind, key)
        for signing_key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        for kind, keys in ((_EMAIL, emails), (_ID, ids))
        for key_hash, key in _hashes(organization_id, kind, keys, signing_key).items()
    }
    # All of an organization's are read, not those of the file's: erased people are few, a file's new keys may be many.
    known = Tombstone.objects.filter(organization_id=organization_id).values_list("key_hash", flat=True)
    found = [by_hash[key_hash] for key_hash in map(bytes, known) if key_hash in by_hash]
    return {key for kind, key in found if kind == _EMAIL}, {key for kind, key in found if kind == _ID}


def _hashes(organization_id: int, kind: str, keys: Iterable[str], signing_key: str | None = None) -> dict[bytes, str]:
    """Return HMAC-SHA-256 → key. The secret is the installation's, bound to the organization: not in the database."""
    secret = salted_hmac("orgsync.tombstone", str(organization_id), secret=signing_key, algorithm="sha256").digest()
    return {hmac.digest(secret, f"{kind}\0{key}".encode(), "sha256"): key for key in keys}
