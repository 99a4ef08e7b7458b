"""The keys of encrypted files: each file has its own, which a master key wraps. A master key never touches a file."""

import base64
import binascii
import hashlib
import secrets
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from orgsync.core.errors import OrgSyncError
from orgsync.server.env import ConfigurationError

VARIABLE: Final = "ORGSYNC_ENCRYPTION_KEY_FILE"
KEY: Final = 32
ID: Final = 8
"""Bytes at the front of a wrapped key that say which master key opens it."""
_NONCE: Final = 12


class MasterKeyMissing(OrgSyncError):
    """A file's key is wrapped by a master key that this process does not have; the file itself is whole."""

    def __init__(self, key_id: bytes) -> None:
        self.key_id = key_id
        super().__init__(f"The encryption key {key_id.hex()} is missing; add it to the file of {VARIABLE}.")


class WrongFileKey(OrgSyncError):
    """A wrapped key has been damaged, or belongs to another file."""

    def __init__(self) -> None:
        super().__init__("The key of the encrypted file is damaged or belongs to another file.")


class MasterKeys:
    """The keys of an installation: the first one wraps, all of them unwrap."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._ciphers = {key_id(key): AESGCM(key) for key in keys}
        self.newest = next(iter(self._ciphers), None)
        """The id of the key that new files are written with; None: they are not encrypted."""

    @property
    def ids(self) -> list[bytes]:
        return list(self._ciphers)

    def wrap(self, key: bytes, storage_key: str) -> bytes:
        """Wrap a file's key under the newest master key; it opens only for the file of that storage key."""
        assert self.newest is not None
        nonce = secrets.token_bytes(_NONCE)
        return self.newest + nonce + self._ciphers[self.newest].encrypt(nonce, key, storage_key.encode())

    def unwrap(self, wrapped: bytes, storage_key: str) -> bytes:
        """Return a file's key; raise MasterKeyMissing or WrongFileKey."""
        cipher = self._ciphers.get(wrapped[:ID])
        if cipher is None:
            raise MasterKeyMissing(wrapped[:ID])
        try:
            return cipher.decrypt(wrapped[ID : ID + _NONCE], wrapped[ID + _NONCE :], storage_key.encode())
        except (InvalidTag, ValueError) as error:
            raise WrongFileKey from error


def master_keys() -> MasterKeys:
    """Return the keys that the settings name; raise ConfigurationError for a file that holds none."""
    return _read(settings.ENCRYPTION_KEY_FILE)


def key_id(key: bytes) -> bytes:
    """Return by what a master key is known; it says nothing about the key."""
    return hashlib.sha256(b"orgsync master key" + key).digest()[:ID]


@cache
def _read(path: Path | None) -> MasterKeys:
    if path is None:
        return MasterKeys([])
    try:
        lines = path.read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(VARIABLE, f"{path} cannot be read ({error}); mend the file.") from error
    if not lines:
        raise ConfigurationError(VARIABLE, f"{path} is empty; write a key into it: openssl rand -base64 32")
    return MasterKeys([_decoded(path, number, line) for number, line in enumerate(lines, 1)])


def _decoded(path: Path, number: int, line: str) -> bytes:
    try:
        key = base64.b64decode(line, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY:
        mend = f"key {number} in {path} is not 32 bytes in base64; make one with: openssl rand -base64 32"
        raise ConfigurationError(VARIABLE, mend)
    return key
