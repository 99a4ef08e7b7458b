"""Where the access token comes from, and how it is kept out of everything that is printed."""

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from orgsync.client.errors import BadUsage

CREDENTIAL_VARIABLE = "ORGSYNC_TOKEN"


@dataclass(frozen=True, slots=True, repr=False)
class Token:
    """An access token that shows itself to nobody but the one who calls `reveal`."""

    _text: str

    def __post_init__(self) -> None:
        text = self._text.strip()
        if not text:
            raise BadUsage("The access token is empty.")
        if not (text.isascii() and text.isprintable()) or " " in text:
            raise BadUsage("The access token holds blanks or characters that no token has; was it copied whole?")
        object.__setattr__(self, "_text", text)

    def reveal(self) -> str:
        """Return the token itself, for the Authorization header only."""
        return self._text

    def fingerprint(self) -> str:
        """Return 16 hexadecimal digits that tell tokens apart and from which no token can be found."""
        return hashlib.sha256(b"orgsync token\0" + self._text.encode()).hexdigest()[:16]

    def __repr__(self) -> str:
        return "Token(hidden)"


def find_token(*, given: str | None, file: Path | None, stdin: TextIO | None) -> Token:
    """Take the token from the one place that was named, else from the environment.

    Raise BadUsage when none or more than one was named.
    """
    named = [source for source in (given, file, stdin) if source is not None]
    if len(named) > 1:
        raise BadUsage("Give the token in one way only: --token, --token-file or --token-stdin.")
    if stdin is not None:
        return Token(stdin.readline())
    if file is not None:
        return Token(_read_token_file(file))
    text = given if given is not None else os.environ.get(CREDENTIAL_VARIABLE)
    if text is None:
        raise BadUsage(f"No access token: set {CREDENTIAL_VARIABLE}, or use --token-file or --token-stdin.")
    return Token(text)


def is_open_to_others(file: Path) -> bool:
    """Return whether other users of this machine may read the file; always False on Windows."""
    return os.name == "posix" and bool(file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))


def _read_token_file(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadUsage(f"The token file {file} cannot be read: {error}") from error
