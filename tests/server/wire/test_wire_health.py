"""/healthz and /readyz."""

from pathlib import Path

from django.db.migrations.recorder import MigrationRecorder

from orgsync.server.uploads.storage import storage
from tests.upload_world import answer


def test_living_process_needs_neither_database_nor_storage() -> None:
    """/healthz asks nobody."""
    assert answer("GET", "/healthz").json() == {"status": "ok"}


def test_ready_server_says_so_part_by_part(db: None) -> None:
    """/readyz names what it looked at."""
    found = answer("GET", "/readyz")

    assert found.status_code == 200
    assert found.json() == dict.fromkeys(("status", "database", "migrations", "storage", "encryption"), "ok")


def test_missing_migration_is_not_ready(db: None) -> None:
    """A database of another release takes no traffic."""
    MigrationRecorder.Migration.objects.filter(app="uploads").delete()

    found = answer("GET", "/readyz")

    assert (found.status_code, found.json()["migrations"], found.json()["database"]) == (503, "unavailable", "ok")


def test_lost_storage_is_not_ready(db: None, media_folder: Path) -> None:
    """A folder that is gone is said, without its path."""
    storage()
    media_folder.rename(media_folder.with_name("moved"))
    media_folder.write_text("a file in its place")

    found = answer("GET", "/readyz")

    assert (found.status_code, found.json()["storage"]) == (503, "unavailable")
    assert str(media_folder) not in found.content.decode()
