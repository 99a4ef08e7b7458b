"""What a push has reached so far, so that the same command goes on where it broke off.

The journal holds hashes, a media URN and a job id: no person's data and no token. It exists only while a push is
unfinished; a push that came to its end is forgotten, because sending the same file again later is a new upload: the
directory may have changed since.
"""

import hashlib
import json
import os
import secrets
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from orgsync.client.api import Asked
from orgsync.client.credentials import Token
from orgsync.client.outgoing import OutgoingFile

GOES_ON_FOR: Final = 12 * 3600.0
"""Seconds after which a broken-off push is no longer gone on with, so that tomorrow's run is a run of its own."""


@dataclass(frozen=True, slots=True)
class Journal:
    """One push. `media` and `job` are None until they are known."""

    identity: str
    """Says which file, options, server and token are meant."""
    run: str
    """Random; tells this push from an earlier one of the same file."""
    started: float
    media: str | None = None
    job: str | None = None

    @property
    def idempotency_key(self) -> str:
        """Return the same key each time this push is gone on with, and no other push's."""
        return hashlib.sha256(f"{self.identity}\0{self.run}".encode()).hexdigest()


class JournalFile:
    """The journal of the one unfinished push to a server with a token. Use it only while the push's lock is held."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def open(self, identity: str, *, now: float | None = None) -> Journal:
        """Return the unfinished push of this identity, or begin a new one in place of whatever was there."""
        moment = time.time() if now is None else now
        known = self.known()
        if known and known.identity == identity and 0 <= moment - known.started < GOES_ON_FOR:
            return known
        return self.save(Journal(identity, secrets.token_hex(16), moment))

    def save(self, journal: Journal) -> Journal:
        """Write the journal to disk, whole or not at all, readable for its owner only."""
        beside = self._path.with_suffix(".new")
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(journal), file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)
        return journal

    def reached(self, journal: Journal, *, media: str | None = None, job: str | None = None) -> Journal:
        """Note how far the push has come."""
        return self.save(replace(journal, media=media or journal.media, job=job or journal.job))

    def start_over(self, journal: Journal) -> Journal:
        """Forget what was reached: the server no longer knows it."""
        return self.save(replace(journal, run=secrets.token_hex(16), media=None, job=None))

    def close(self) -> None:
        """Forget the push: it came to its end."""
        self._path.unlink(missing_ok=True)

    def known(self) -> Journal | None:
        """Return what is written; None when there is nothing, or nothing that a version of ours wrote."""
        try:
            return Journal(**json.loads(self._path.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            return None


def place_of(server: str, token: Token) -> str:
    """Return the name under which lock and journal of a server and token are kept."""
    return hashlib.sha256(f"{server}\0{token.fingerprint()}".encode()).hexdigest()[:24]


def identity_of(server: str, token: Token, file: OutgoingFile, asked: Asked, *, is_automatic: bool) -> str:
    """Return what makes two pushes the same push: server, token, bytes and options."""
    facts = [server, token.fingerprint(), file.sha256, sorted(asked.parameters().items()), is_automatic]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()
