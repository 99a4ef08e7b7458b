"""Where a secret stands: in the environment, in a file, in the system's keyring; never of need in TOML."""

import os
from pathlib import Path
from typing import Final

from orgsync.client.errors import BadUsage

KEYRING_SERVICE: Final = "orgsync"
"""Service under which the keyring keeps our entries."""

PLACES: Final = ("env:", "file:", "keyring:")


def is_reference(text: str) -> bool:
    """Say whether `text` names a place of a secret instead of being one."""
    return text.startswith(PLACES)


def read_secret(text: str, *, base: Path, where: str) -> str:
    """Return the secret that `text` names as `env:NAME`, `file:PATH` or `keyring:NAME`; any other text is the secret.

    A relative path is one from `base`; blanks and line ends around what a file holds are no part of it. Raise
    BadUsage, which names `where` and never the secret, when there is none.
    """
    place, _, name = text.partition(":")
    if not is_reference(text):
        return text
    found = {"env": _from_environment, "file": _from_file, "keyring": _from_keyring}[place](name.strip(), base, where)
    if not found:
        raise BadUsage(f"{where}: {text} is empty.")
    return found


def _from_environment(name: str, _base: Path, where: str) -> str:
    found = os.environ.get(name)
    if found is None:
        raise BadUsage(f"{where}: the environment variable {name} is not set.")
    return found


def _from_file(name: str, base: Path, where: str) -> str:
    path = base / Path(name).expanduser()
    try:
        return path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadUsage(f"{where}: {path} cannot be read: {error}") from error


def _from_keyring(name: str, _base: Path, where: str) -> str:
    from orgsync.client.extras import needed  # noqa: PLC0415  only who keeps a secret there has it installed

    keyring = needed("keyring", extra="keyring")
    try:
        found = keyring.get_password(KEYRING_SERVICE, name)
    except keyring.errors.KeyringError as error:
        raise BadUsage(f"{where}: the keyring cannot be asked for {name}: {error}") from error
    if found is None:
        raise BadUsage(f"{where}: the keyring has no entry {name}; make one: keyring set {KEYRING_SERVICE} {name}")
    return str(found)
