"""A back-up made while a job runs is put back elsewhere, whole, and what was under way goes on there."""

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg import sql
from psycopg.conninfo import make_conninfo
from pytest_django import Settings

from orgsync.core.model import JobStatus
from orgsync.server.audit.verify import verify_log
from orgsync.server.backups.keys import WrongKey, place_key
from orgsync.server.backups.making import FolderExists, back_up
from orgsync.server.backups.manifest import MANIFEST, SUMS, UnusableBackup, hash_of
from orgsync.server.backups.restoring import NotEmpty, restore
from orgsync.server.filekeys import MasterKeyMissing
from orgsync.server.uploads.media import read_verified
from orgsync.server.uploads.storage import storage
from orgsync.server.uploads.sweep import sweep_once
from tests.database import using_database
from tests.server.pipeline.pipeline_world import FIVE, MONDAY, Meanwhile, World, statuses
from tests.server.queue.queue_world import query, query_nothing, worker_database_url

INSIDE = 4
"""The clock's call at the end of apply: everything is written, nothing is committed."""
ADD_WORKER = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute') RETURNING id"


@contextmanager
def empty_database(name: str) -> Iterator[str]:
    """Make a database without tables; give its address."""
    address = os.environ["ORGSYNC_DATABASE_URL"]
    made, dropped = "CREATE DATABASE {} TEMPLATE template0", "DROP DATABASE {} WITH (FORCE)"
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(sql.SQL(made).format(sql.Identifier(name)))
        try:
            yield make_conninfo(address, dbname=name)
        finally:
            server.execute(sql.SQL(dropped).format(sql.Identifier(name)))


def elsewhere(settings: Settings, folder: Path) -> None:
    settings.DATA_DIR = folder
    storage.cache_clear()


@pytest.fixture
def backup(own_folder: None, world: World, tmp_path: Path) -> Path:
    """A back-up of an organization without people."""
    back_up(tmp_path / "backup", worker_database_url(), now=MONDAY)
    return tmp_path / "backup"


def sign_again(folder: Path, name: str) -> None:
    """Let the checksums agree with a file that was changed."""
    lines = (folder / SUMS).read_text().splitlines()
    kept = [line for line in lines if not line.endswith(f"  {name}")]
    (folder / SUMS).write_text("\n".join([*kept, f"{hash_of(folder / name)}  {name}", ""]))


def test_job_under_way_in_a_backup_goes_on_where_it_is_restored(
    own_folder: None, world: World, settings: Settings, tmp_path: Path
) -> None:
    """
    The dump shows the moment before the job's one transaction; restored, another worker takes the job over.
    """
    world.send(FIVE)
    before = world.state
    query_nothing("DELETE FROM procrastinate_jobs")
    job = world.upload(FIVE.replace("E1,Cook", "E1,Chef"))
    ((worker_id,),) = query(ADD_WORKER)
    query_nothing("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", worker_id)

    world.run(job, clock=Meanwhile(lambda: back_up(tmp_path / "b", worker_database_url(), now=MONDAY), call=INSIDE))
    after = world.state

    assert before != after
    assert subprocess.run(["sha256sum", "--check", "--quiet", SUMS], cwd=tmp_path / "b", check=True).returncode == 0
    with empty_database(f"restored_{os.getpid()}") as address, using_database(f"restored_{os.getpid()}"):
        elsewhere(settings, tmp_path / "elsewhere")
        restored = restore(tmp_path / "b", address)
        inside = sum(path.is_file() for path in (tmp_path / "b" / "media").rglob("*"))
        assert (restored.files, restored.missing_files) == (inside, 0)
        assert world.state == before
        assert verify_log(world.id).broken is None

        assert sweep_once(MONDAY).taken_over == 1
        assert world.stored(job).status == JobStatus.QUEUED
        done = world.run(world.stored(job))
        assert (done.status, statuses(done)) == (JobStatus.DONE, ["UPDATED"] + ["UNCHANGED"] * 4)
        assert world.state == after
        assert done.source is not None
        assert read_verified(done.source).count(b"Chef") == 1
        assert verify_log(world.id).broken is None


def test_restoring_leaves_an_installation_alone(backup: Path, settings: Settings, tmp_path: Path) -> None:
    """
    Where there are tables, nothing is put; nor is a back-up written over another.
    """
    with pytest.raises(NotEmpty):
        restore(backup, worker_database_url())
    with pytest.raises(FolderExists):
        back_up(backup, worker_database_url(), now=MONDAY)


def test_backup_that_is_not_what_it_was_is_refused(backup: Path) -> None:
    """
    A lost byte is found before anything is put anywhere.
    """
    dump = backup / "database.dump"
    dump.write_bytes(dump.read_bytes()[:-1])

    with pytest.raises(UnusableBackup, match=r"database\.dump is damaged"):
        restore(backup, worker_database_url())


def test_backup_of_a_newer_release_is_refused(backup: Path) -> None:
    """
    An older release does not know its tables.
    """
    manifest: dict[str, Any] = json.loads((backup / MANIFEST).read_text())
    manifest["migrations"].append("uploads.9999_from_the_future")
    (backup / MANIFEST).write_text(json.dumps(manifest))
    sign_again(backup, MANIFEST)

    with pytest.raises(UnusableBackup, match="this one is older"):
        restore(backup, worker_database_url())


def test_key_has_to_be_the_one_that_sealed(backup: Path, settings: Settings, tmp_path: Path) -> None:
    """
    With another key nobody could sign in by a second factor; the key travels only when asked for.
    """
    assert not (backup / "secret.key").exists()
    with pytest.raises(WrongKey):
        place_key(backup, tmp_path / "new")

    back_up(tmp_path / "with-key", worker_database_url(), now=MONDAY, with_key=True)
    place_key(tmp_path / "with-key", tmp_path / "new")
    assert (tmp_path / "new" / "secret.key").read_text().strip() == settings.SECRET_KEY

    path = tmp_path / "files.key"
    path.write_bytes(base64.b64encode(bytes(32)))
    settings.ENCRYPTION_KEY_FILE = path
    back_up(tmp_path / "encrypted", worker_database_url(), now=MONDAY)
    settings.ENCRYPTION_KEY_FILE = None
    with pytest.raises(MasterKeyMissing):
        restore(tmp_path / "encrypted", worker_database_url())

    settings.SECRET_KEY = "another"
    with pytest.raises(WrongKey):
        restore(backup, worker_database_url())
    connection.close()
