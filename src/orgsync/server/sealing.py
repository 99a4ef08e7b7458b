"""Secrets that we must be able to read again, encrypted at rest under a key made from the signing key."""

import secrets
from functools import cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from orgsync.core.errors import OrgSyncError

_NONCE: Final = 12


class Unreadable(OrgSyncError):
    """A sealed secret cannot be opened: the server's signing key is another one by now, or the bytes are damaged."""

    def __init__(self, purpose: str) -> None:
        self.purpose = purpose
        super().__init__(f"The secret for {purpose} cannot be read with this server's key; make a new one.")


def seal(secret: bytes, purpose: str) -> bytes:
    """Encrypt a secret; only the same purpose opens it again."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + _cipher(settings.SECRET_KEY).encrypt(nonce, secret, purpose.encode())


def unseal(sealed: bytes, purpose: str) -> bytes:
    """Decrypt what `seal` gave, be it under a former signing key; raise Unreadable."""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            return _cipher(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], purpose.encode())
        except InvalidTag:
            continue
    raise Unreadable(purpose)


@cache
def _cipher(key: str) -> AESGCM:
    return AESGCM(HKDF(SHA256(), length=32, salt=None, info=b"orgsync secrets at rest").derive(key.encode()))
