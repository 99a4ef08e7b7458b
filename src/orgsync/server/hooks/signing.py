"""Signatures as the Standard Webhooks specification has them (standardwebhooks.com), version 1."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from orgsync.core.errors import OrgSyncError

PREFIX: Final = "whsec_"
KEY_BYTES: Final = 32


class WrongSecret(OrgSyncError):
    """A text is no secret of a webhook."""


def make_key() -> bytes:
    """Return a new signing key."""
    return secrets.token_bytes(KEY_BYTES)


def secret_text(key: bytes) -> str:
    """Write a key as receivers keep it."""
    return PREFIX + base64.b64encode(key).decode()


def key_of(text: str) -> bytes:
    """Read a key back; raise WrongSecret."""
    try:
        return base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise WrongSecret("That is no webhook secret: it begins with whsec_ and is base64.") from error


def signed_headers(keys: Iterable[bytes], message_id: str, body: str, at: datetime) -> dict[str, str]:
    """Return the three headers of a message; while a secret is being rotated both sign."""
    timestamp = str(int(at.timestamp()))
    signed = f"{message_id}.{timestamp}.{body}".encode()
    signatures = (base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
