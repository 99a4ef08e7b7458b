"""`orgsync admin rotate-encryption-key`: all stored files under the newest master key."""

from pathlib import Path

import click

from orgsync.core.errors import OrgSyncError
from orgsync.server.commands.ready import database_ready
from orgsync.server.commands.running import DATA_DIR
from orgsync.server.env import ConfigurationError


class KeysMissing(OrgSyncError):
    """Files would stay behind under a master key that is not given."""

    def __init__(self, files: int) -> None:
        self.files = files
        super().__init__(f"{files:,} files need a key that is not in the file of ORGSYNC_ENCRYPTION_KEY_FILE; add it.")


class KeysDamaged(OrgSyncError):
    """The wrapped keys of some files do not open, although their master key is there."""

    def __init__(self, files: int) -> None:
        self.files = files
        super().__init__(f"The stored keys of {files:,} files are damaged; restore the database's rows of these files.")


@click.command("rotate-encryption-key")
@DATA_DIR
def rotate_encryption_key(*, data_dir: Path) -> None:
    """Put every stored file under the first key of ORGSYNC_ENCRYPTION_KEY_FILE. Files are not written anew.

    Afterwards the other keys can be taken out of that file, once every process has been started with the new one.
    """
    # What speaks to the database is not loaded for `--help`.
    from orgsync.server.filekeys import VARIABLE, master_keys  # noqa: PLC0415
    from orgsync.server.uploads.rotating import count_files, rotate  # noqa: PLC0415

    with database_ready(data_dir, None):
        keys = master_keys()
        if keys.newest is None:
            raise ConfigurationError(VARIABLE, "is not set; name a file with a key: openssl rand -base64 32")
        rotated, counts = rotate(keys), count_files(keys)
    click.echo(f"{rotated.wrapped:,} files are under the newest key now; {counts.plain:,} are not encrypted.")
    if counts.locked:
        raise KeysMissing(counts.locked)
    if rotated.unreadable:
        raise KeysDamaged(rotated.unreadable)
