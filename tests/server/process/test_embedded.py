"""The private PostgreSQL starts for anybody, with the data and the version that are there."""

import os
import pwd
from pathlib import Path

import psycopg
import pytest
from embedded_world import read_note, server_version, write_note

from orgsync.server.embedded import DatabaseFailed, EmbeddedPostgres, WrongVersion
from orgsync.server.embedded.leftovers import processes_of
from orgsync.server.env import ConfigurationError

SYSTEM_POSTGRES = Path("/usr/lib/postgresql/15/bin")
needs_system_postgres = pytest.mark.skipif(
    not SYSTEM_POSTGRES.exists() and "CI" not in os.environ, reason="needs the system's PostgreSQL 15"
)


def test_what_was_written_is_there_after_stop_and_start(data_dir: Path) -> None:
    """
    A second start finds the first one's data, and a stopped database leaves no process and no socket.
    """
    with EmbeddedPostgres.start(data_dir) as postgres:
        write_note(postgres.url)
        account, cluster = postgres.account, postgres.cluster
    left_behind = processes_of(cluster, account)
    with EmbeddedPostgres.start(data_dir) as postgres:
        note = read_note(postgres.url)

    assert left_behind == set()
    assert not (data_dir / "run").exists()
    assert not (data_dir / "server.json").exists()
    assert note == "kept"


def test_no_one_is_reached_over_the_network_and_settings_hold(data_dir: Path) -> None:
    """
    There is no TCP port, sorting is by bytes, and letters of every language are known.
    """
    with EmbeddedPostgres.start(data_dir) as postgres, psycopg.connect(postgres.url) as connection:
        asked = "SHOW listen_addresses", "SHOW max_connections", "SHOW wal_level", "SHOW log_min_error_statement"
        answers = [connection.execute(question).fetchone() for question in asked]
        sorted_text = connection.execute("SELECT 'a' < 'B', upper('é'), current_database()").fetchone()

    assert answers == [("",), ("100",), ("minimal",), ("panic",)]
    assert sorted_text == (False, "É", "orgsync")


@needs_system_postgres
def test_system_postgres_runs_too(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    PostgreSQL 15 of the system makes and runs a database, and its data picks it again without the setting.
    """
    monkeypatch.setenv("ORGSYNC_POSTGRES_BIN", str(SYSTEM_POSTGRES))
    with EmbeddedPostgres.start(data_dir) as postgres:
        write_note(postgres.url)
    monkeypatch.delenv("ORGSYNC_POSTGRES_BIN")

    with EmbeddedPostgres.start(data_dir) as postgres:
        version, note = server_version(postgres.url), read_note(postgres.url)

    assert version // 10000 == 15
    assert note == "kept"


def test_data_of_an_unknown_version_is_a_clear_error(data_dir: Path) -> None:
    """
    Data of a version that is not at hand is left alone, and the message names both sides.
    """
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres" / "PG_VERSION").write_text("9\n", encoding="ascii")
    if os.geteuid() == 0:
        os.chown(data_dir / "postgres", pwd.getpwnam("nobody").pw_uid, -1)

    with pytest.raises(WrongVersion, match="made by PostgreSQL 9; found only") as caught:
        EmbeddedPostgres.start(data_dir)

    assert caught.value.made_by == "9"
    assert sorted(path.name for path in (data_dir / "postgres").iterdir()) == ["PG_VERSION"]


def test_setting_without_programs_is_a_clear_error(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A setting that points to nowhere is not passed over in silence.
    """
    monkeypatch.setenv("ORGSYNC_POSTGRES_BIN", "/nowhere")

    with pytest.raises(ConfigurationError, match="ORGSYNC_POSTGRES_BIN") as caught:
        EmbeddedPostgres.start(data_dir)

    assert caught.value.name == "ORGSYNC_POSTGRES_BIN"


def test_server_that_refuses_to_start_says_why(data_dir: Path) -> None:
    """
    PostgreSQL's own words are in the error, and the lock is free again.
    """
    with pytest.raises(DatabaseFailed, match="no_such_setting"):
        EmbeddedPostgres.start(data_dir, settings={"no_such_setting": "1"})

    with EmbeddedPostgres.start(data_dir) as postgres:
        assert postgres.is_alive()
