"""
Back up a whole installation while it works.

The database comes first: its dump is one moment. Files are written before the rows that name them and never change,
so every file that the dump names is there afterwards, or was removed meanwhile as its organization wants it.
"""

import hashlib
import shutil
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from orgsync.core.errors import OrgSyncError
from orgsync.server.backups.manifest import (
    DUMP,
    KEY,
    MANIFEST,
    MEDIA,
    Manifest,
    fingerprint,
    hash_of,
    write_manifest,
    write_sums,
)
from orgsync.server.backups.programs import run_program
from orgsync.server.filekeys import master_keys
from orgsync.server.uploads.storage import CHUNK, bring_to_disk, storage


class FolderExists(OrgSyncError):
    """There is something already where the back-up is to go; it is left alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(f"{folder} exists already; name a folder that does not.")


def back_up(folder: Path, address: str, *, now: datetime, with_key: bool = False) -> Manifest:
    """
    Write a back-up of the database at `address` and of the stored files into a new folder, for our account alone.

    The folder has its name only once everything in it has reached the disk; until then it ends in `.part`. Raises
    FolderExists, ProgramMissing or ProgramFailed.
    """
    if folder.exists():
        raise FolderExists(folder)
    draft = folder.with_name(f"{folder.name}.part")
    if draft.exists():
        shutil.rmtree(draft)
    draft.mkdir(mode=0o700, parents=True)
    run_program("pg_dump", address, "--format=custom", "--no-owner", "--no-privileges", f"--file={draft / DUMP}")
    sums = {DUMP: hash_of(draft / DUMP)}
    media, size = _copy_media(draft)
    if with_key:
        _write_key(draft)
        sums[KEY] = hash_of(draft / KEY)
    manifest = Manifest(
        made_at=now.isoformat(timespec="seconds"),
        release=version("orgsync"),
        postgres=_postgres_version(),
        storage=settings.STORAGE_URL or "folder",
        files=len(media),
        file_bytes=size,
        keys={"signing": fingerprint(settings.SECRET_KEY), "files": " ".join(one.hex() for one in master_keys().ids)},
        migrations=tuple(sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())),
    )
    write_manifest(draft, manifest)
    write_sums(draft, {**sums, **media, MANIFEST: hash_of(draft / MANIFEST)})
    _settle(draft)
    draft.rename(folder)
    return manifest


def _copy_media(draft: Path) -> tuple[dict[str, str], int]:
    """Copy the files of a local storage; return checksums by path, and the bytes of all. A bucket is left to others."""
    root = storage().local_path("")
    if root is None:
        return {}, 0
    sums, size = {}, 0
    for source in sorted(root.rglob("*")):
        # What a writer has not finished has a # in its name.
        if "#" in source.name or not source.is_file():
            continue
        name = f"{MEDIA}/{source.relative_to(root).as_posix()}"
        try:
            sums[name] = _copy(source, draft / name)
        except FileNotFoundError:
            continue  # retention has removed it just now
        size += (draft / name).stat().st_size
    return sums, size


def _copy(source: Path, target: Path) -> str:
    """Copy a file; return the hash of what was written."""
    digest = hashlib.sha256()
    with source.open("rb") as origin:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        target.touch(mode=0o600)
        with target.open("wb") as copy:
            while chunk := origin.read(CHUNK):
                digest.update(chunk)
                copy.write(chunk)
    return digest.hexdigest()


def _write_key(draft: Path) -> None:
    path = draft / KEY
    path.touch(mode=0o600)
    path.write_text(f"{settings.SECRET_KEY}\n", encoding="utf-8")


def _postgres_version() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return str(cursor.fetchone()[0])


def _settle(folder: Path) -> None:
    """Bring every file and folder to the disk."""
    for path in (*folder.rglob("*"), folder):
        bring_to_disk(path)
