"""
What a back-up is: a folder with these files.

    manifest.json   what it is, of when, which release made it, and which keys it needs
    database.dump   the database, as `pg_restore` reads it
    media/…         stored files by key, when they lie in a folder of the server
    secret.key      the signing key, only when asked for
    SHA256SUMS      checksums of all of these, as `sha256sum --check` reads them
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from orgsync.core.errors import OrgSyncError

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
DUMP: Final = "database.dump"
MEDIA: Final = "media"
KEY: Final = "secret.key"
SUMS: Final = "SHA256SUMS"
_FINGERPRINT: Final = b"orgsync: which key this is"


class UnusableBackup(OrgSyncError):
    """The folder is no back-up, is damaged, or is of another kind than can be read; nothing was restored."""

    def __init__(self, folder: Path, why: str) -> None:
        self.folder = folder
        self.why = why
        super().__init__(f"{folder} cannot be restored: {why}")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a back-up says of itself; `keys` are fingerprints by name, `migrations` those that had run."""

    made_at: str
    release: str
    postgres: str
    storage: str
    """Where stored files lie: `folder`, and then they are inside, or the address of a bucket, backed up on its own."""
    files: int
    file_bytes: int
    keys: Mapping[str, str]
    migrations: tuple[str, ...]
    format: int = FORMAT


def write_manifest(folder: Path, manifest: Manifest) -> None:
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=2) + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """Return what the folder says of itself; raise UnusableBackup when it says nothing that is understood."""
    try:
        told = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnusableBackup(
            folder, f"it has no {MANIFEST} that can be read. A half-made one ends in .part."
        ) from error
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise UnusableBackup(folder, "it was made by another release, in a format that this one does not know.")
    return Manifest(**told | {"migrations": tuple(told["migrations"])})


def fingerprint(key: str) -> str:
    """Tell keys apart without telling them: the start of a keyed hash."""
    return hmac.new(key.encode(), _FINGERPRINT, hashlib.sha256).hexdigest()[:32]


def hash_of(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def write_sums(folder: Path, sums: Mapping[str, str]) -> None:
    """Write the checksums of the files, given by their paths inside the back-up."""
    lines = (f"{digest}  {name}\n" for name, digest in sorted(sums.items()))
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")


def check_sums(folder: Path) -> None:
    """Raise UnusableBackup, naming a file, unless every file is there and is what it was."""
    for name, digest in _sums(folder):
        path = folder / name
        if not path.is_file():
            raise UnusableBackup(folder, f"{name} is missing.")
        if hash_of(path) != digest:
            raise UnusableBackup(folder, f"{name} is damaged: its SHA-256 is another one.")


def media_keys(folder: Path) -> list[str]:
    """Return the keys of the stored files that are inside."""
    return [name.removeprefix(f"{MEDIA}/") for name, _ in _sums(folder) if name.startswith(f"{MEDIA}/")]


def _sums(folder: Path) -> Iterator[tuple[str, str]]:
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UnusableBackup(folder, f"it has no {SUMS}.") from error
    for line in lines:
        digest, _, name = line.partition("  ")
        # A list from elsewhere must not lead out of the folder.
        if not name or Path(name).is_absolute() or ".." in Path(name).parts:
            raise UnusableBackup(folder, f"{SUMS} names {name or 'nothing'}.")
        yield name, digest
