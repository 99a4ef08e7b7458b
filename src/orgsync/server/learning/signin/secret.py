"""Secrets of links and cookies: random, never stored; their hash is. A key names its organization."""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Self

MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Key:
    """The text in a link or a cookie."""

    organization_id: int
    secret: str

    @classmethod
    def new(cls, organization_id: int) -> Self:
        return cls(organization_id, secrets.token_urlsafe(32))

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return what a text says; None where it is no key."""
        number, _, secret = text.partition("-")
        if not (number.isascii() and number.isdigit() and len(number) <= MOST_DIGITS and secret):
            return None
        return cls(int(number), secret)

    def __str__(self) -> str:
        return f"{self.organization_id}-{self.secret}"

    @property
    def digest(self) -> bytes:
        return digest_of(self.secret)


def digest_of(secret: str) -> bytes:
    """Return what is stored of a secret; a random one needs no slow hash."""
    return hashlib.sha256(secret.encode()).digest()
