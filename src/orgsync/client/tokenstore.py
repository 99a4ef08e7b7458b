"""Where `orgsync token` puts a token: the operating system's keyring, or a file that only we may read."""

import json
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from orgsync.client.credentials import Token
from orgsync.client.errors import BadUsage
from orgsync.client.extras import needed
from orgsync.client.replacing import replacing
from orgsync.client.secrets import KEYRING_SERVICE
from orgsync.client.statefolder import state_folder

KEYRING: Final = "keyring"
FILE: Final = "file"


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A stored token; `place` is `keyring` or the path of the file."""

    token: Token
    place: str
    expires: date | None = None


class TokenStore:
    """The one token of a target."""

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def _file(self) -> Path:
        return state_folder() / "tokens" / f"{self._name}.json"

    def put(self, token: Token, *, expires: date | None, in_keyring: bool) -> str:
        """Store the token in place of an older one; return where it is."""
        self.remove()
        facts = {"expires": expires.isoformat() if expires else None, "place": KEYRING if in_keyring else FILE}
        if in_keyring:
            _keyring().set_password(KEYRING_SERVICE, self._name, token.reveal())
        else:
            facts["token"] = token.reveal()
        self._file.parent.mkdir(mode=0o700, exist_ok=True)
        with replacing(self._file) as target:
            target.write(json.dumps(facts).encode())
            target.flush()
            os.fsync(target.fileno())
        return KEYRING if in_keyring else str(self._file)

    def get(self) -> StoredToken | None:
        """Return the stored token; None when there is none."""
        try:
            facts = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise BadUsage(f"The stored token {self._file} cannot be read: {error}") from error
        expires = date.fromisoformat(facts["expires"]) if facts.get("expires") else None
        if facts["place"] == FILE:
            return StoredToken(Token(facts["token"]), str(self._file), expires)
        text = _keyring().get_password(KEYRING_SERVICE, self._name)
        if text is None:
            raise BadUsage("The keyring no longer has the token; store it again with: orgsync token set")
        return StoredToken(Token(text), KEYRING, expires)

    def remove(self) -> bool:
        """Remove the token; say whether there was one."""
        stored = self._file
        if not stored.exists():
            return False
        if json.loads(stored.read_text(encoding="utf-8")).get("place") == KEYRING:
            keyring = _keyring()
            if keyring.get_password(KEYRING_SERVICE, self._name) is not None:
                keyring.delete_password(KEYRING_SERVICE, self._name)
        stored.unlink()
        return True


def _keyring() -> Any:
    """Return the keyring library, when it is installed and has a place to keep secrets in."""
    keyring = needed("keyring", extra="keyring")
    if isinstance(keyring.get_keyring(), needed("keyring.backends.fail", extra="keyring").Keyring):
        raise BadUsage("This machine has no keyring that can be used. Use --in-file.")
    return keyring
