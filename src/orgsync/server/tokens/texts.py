"""The texts of access tokens and client secrets: how they look, and how they are stored.

One is a prefix of ours, 43 random characters and 6 that check them, so that a scanner recognises a leaked one and a
mistyped one is told apart from an unknown one without asking the database. Only its SHA-256 is stored.
"""

import hashlib
import re
import secrets
import string
import zlib
from typing import Final

TOKEN: Final = "orgs_"  # nosec B105 # noqa: S105 - how tokens begin
CLIENT_SECRET: Final = "orgc_"  # nosec B105 # noqa: S105
SHOWN: Final = 12
"""Characters that stay readable, prefix included."""

_SHAPE: Final = re.compile(r"([A-Za-z0-9_-]{43})([0-9A-Za-z]{6})", re.ASCII)
_DIGITS: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase


def new_text(prefix: str) -> str:
    secret = secrets.token_urlsafe(32)
    return f"{prefix}{secret}{_check_characters(secret)}"


def is_well_formed(text: str, prefix: str = TOKEN) -> bool:
    """Return whether the text has the shape of its kind and its own check characters."""
    found = _SHAPE.fullmatch(text.removeprefix(prefix)) if text.startswith(prefix) else None
    return found is not None and found[2] == _check_characters(found[1])


def digest(text: str) -> bytes:
    """Return what is stored of a text; a random secret needs no slow hash."""
    return hashlib.sha256(text.encode("ascii")).digest()


def _check_characters(secret: str) -> str:
    """Return the CRC-32 of the secret in six digits of base 62."""
    number = zlib.crc32(secret.encode("ascii"))
    digits = ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = _DIGITS[digit] + digits
    return digits
