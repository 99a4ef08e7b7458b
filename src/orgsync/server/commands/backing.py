"""`orgsync admin backup`, `restore` and `migrate`."""

import os
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import click

from orgsync.server.commands.ready import bring_to_release, database_ready, django_ready
from orgsync.server.commands.running import DATA_DIR


@click.command()
@DATA_DIR
@click.option("--with-key", is_flag=True, help="Put the signing key in too; then guard the back-up like the key.")
@click.argument("folder", type=click.Path(path_type=Path))
def backup(*, data_dir: Path, with_key: bool, folder: Path) -> None:
    """Back up database and stored files into the new FOLDER, while the server works."""
    with database_ready(data_dir, None):
        making = import_module("orgsync.server.backups.making")
        manifest = making.back_up(folder.absolute(), _address(), now=datetime.now(UTC), with_key=with_key)
    click.echo(f"{folder}: the database and {manifest.files:,} files ({manifest.file_bytes:,} bytes).")
    if manifest.storage != "folder":
        click.echo(f"Stored files lie in {manifest.storage}: back that up too, after this.", err=True)
    if not with_key:
        click.echo(
            "The signing key is not inside. Keep secret.key, or what you set instead, in a safe place.", err=True
        )


@click.command()
@DATA_DIR
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def restore(*, data_dir: Path, folder: Path) -> None:
    """Put the back-up FOLDER into an empty installation; exit 1 when something of it does not hold.

    Then the database is brought to this release, every audit log is verified, and every stored file looked for.
    """
    reading = import_module("orgsync.server.backups.manifest")
    reading.read_manifest(folder)
    import_module("orgsync.server.backups.keys").place_key(folder, data_dir)
    with django_ready(data_dir):
        restored = import_module("orgsync.server.backups.restoring").restore(folder.absolute(), _address())
        bring_to_release()
        verify = import_module("orgsync.server.commands.actions").Actions(None).verify_audit
        broken = [name for name, verdict in verify(anchor=None) if verdict.broken is not None]
    click.echo(f"Restored as of {restored.manifest.made_at}: the database and {restored.files:,} files.")
    for name in broken:
        click.echo(f"The audit log of {name} does not hold: orgsync admin verify-audit", err=True)
    if restored.missing_files:
        click.echo(f"{restored.missing_files:,} files that the database names are not stored.", err=True)
    if broken or restored.missing_files:
        click.get_current_context().exit(1)


@click.command()
@DATA_DIR
def migrate(*, data_dir: Path) -> None:
    """Bring the database to this release; do it before the new release's processes start."""
    with database_ready(data_dir, None):
        click.echo("The database is at this release.")


def _address() -> str:
    """Return the direct address: a dump needs one session for all of it, which a pooler does not promise."""
    return os.environ.get("ORGSYNC_QUEUE_DATABASE_URL") or os.environ["ORGSYNC_DATABASE_URL"]
