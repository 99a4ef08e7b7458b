"""Put a back-up back, into an installation that is empty."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from orgsync.core.errors import OrgSyncError
from orgsync.server.backups.keys import WrongKey
from orgsync.server.backups.manifest import (
    DUMP,
    MEDIA,
    Manifest,
    UnusableBackup,
    check_sums,
    fingerprint,
    media_keys,
    read_manifest,
)
from orgsync.server.backups.programs import run_program
from orgsync.server.filekeys import MasterKeyMissing, master_keys
from orgsync.server.uploads.models import Media
from orgsync.server.uploads.storage import CHUNK, storage

_IS_EMPTY = "SELECT NOT EXISTS (SELECT FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace)"


class NotEmpty(OrgSyncError):
    """There is an installation already; it is left alone."""

    def __init__(self) -> None:
        super().__init__("The database has tables already. Restore into an empty one, or into a new data directory.")


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back; `missing_files` are named by the database and are not in the storage."""

    manifest: Manifest
    files: int
    missing_files: int


def restore(folder: Path, address: str) -> Restored:
    """
    Put database and files of a back-up into the empty database at `address` and into the storage of the settings.

    The database comes last and in one transaction: what breaks off can be begun again. Raises UnusableBackup,
    NotEmpty, WrongKey, MasterKeyMissing, ProgramMissing or ProgramFailed. The database is then of the release that
    made the back-up.
    """
    manifest = read_manifest(folder)
    check_sums(folder)
    _check_known(folder, manifest)
    _check_keys(manifest)
    with psycopg.connect(address, connect_timeout=10) as database:
        found = database.execute(_IS_EMPTY).fetchone()
    if found != (True,):
        raise NotEmpty
    keys = media_keys(folder)
    for key in keys:
        storage().put(key, _chunks(folder / MEDIA / key))
    options = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction")
    run_program("pg_restore", address, *options, str(folder / DUMP))
    return Restored(manifest, len(keys), _missing_files())


def _check_keys(manifest: Manifest) -> None:
    """Raise WrongKey or MasterKeyMissing where something of the back-up could not be read."""
    if manifest.keys["signing"] != fingerprint(settings.SECRET_KEY):
        raise WrongKey
    here = {one.hex() for one in master_keys().ids}
    for needed in manifest.keys.get("files", "").split():
        if needed not in here:
            raise MasterKeyMissing(bytes.fromhex(needed))


def _check_known(folder: Path, manifest: Manifest) -> None:
    """Raise UnusableBackup when a newer release made it: its tables are not those that we know."""
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    unknown = sorted(set(manifest.migrations) - known)
    if unknown:
        raise UnusableBackup(folder, f"release {manifest.release} made it, and this one is older ({unknown[0]}).")


def _missing_files() -> int:
    """Count the files that rows of any organization name and that are not stored. Called once, after a restore."""
    named = Media.objects.filter(removed_at__isnull=True).values_list("storage_key", flat=True)
    connection.close()  # from before the tables were there
    return sum(not _is_stored(key) for key in named.iterator())


def _is_stored(key: str) -> bool:
    try:
        storage().size(key)
    except FileNotFoundError:
        return False
    return True


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as source:
        while chunk := source.read(CHUNK):
            yield chunk
