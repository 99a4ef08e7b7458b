"""The private PostgreSQL outlives nobody and survives being killed; commands that come together share it."""

import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from embedded_world import Program, read_note, write_note
from process_world import is_running, until

from orgsync.server.embedded import DataDirectoryInUse, EmbeddedPostgres, embedded_database

HOLD = """
import sys
from pathlib import Path
from orgsync.server.embedded import EmbeddedPostgres, EmbeddedPostgresError
try:
    with EmbeddedPostgres.start(Path(sys.argv[1])) as postgres:
        print(postgres.process.pid, flush=True)
        sys.stdin.read()
except EmbeddedPostgresError as error:
    print(type(error).__name__, flush=True)
"""


def kill_hard(postgres: EmbeddedPostgres) -> None:
    postgres.process.kill()
    postgres.process.wait()


def test_four_starts_at_once_give_one_server(data_dir: Path, program: Program) -> None:
    """
    Of four processes that start on the same empty folder one runs and three are told that it is in use.
    """
    data_dir.mkdir(mode=0o755)
    starters = [program(HOLD, data_dir) for _ in range(4)]

    first_lines = sorted(starter.stdout.readline().strip() for starter in starters if starter.stdout)

    assert first_lines[0].isdecimal()
    assert first_lines[1:] == ["DataDirectoryInUse"] * 3


def test_restart_after_the_server_was_killed(data_dir: Path) -> None:
    """
    A server that was killed hard starts again on the same address with its data.
    """
    with EmbeddedPostgres.start(data_dir) as postgres:
        write_note(postgres.url)
        address = postgres.url
        kill_hard(postgres)

        postgres.restart()

        assert postgres.url == address
        assert read_note(address) == "kept"


def test_restart_beside_a_back_end_that_is_still_busy(data_dir: Path) -> None:
    """
    A back end that outlives its killed server, and would keep the next one from starting, is ended first.
    """
    busy = "DO $$ BEGIN LOOP END LOOP; END $$"
    with EmbeddedPostgres.start(data_dir) as postgres:
        connection = psycopg.connect(postgres.url, autocommit=True)
        back_end = connection.info.backend_pid

        def spin() -> None:
            with suppress(psycopg.OperationalError):
                connection.execute(busy)

        thread = threading.Thread(target=spin)
        thread.start()
        with psycopg.connect(postgres.url, autocommit=True) as watcher:
            working = "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND query LIKE 'DO%%'"
            assert until(lambda: watcher.execute(working, [back_end]).fetchone() is not None)
            kill_hard(postgres)
        assert is_running(back_end)

        postgres.restart()

        assert not is_running(back_end)
        thread.join()
        connection.close()


def test_parent_killed_hard_takes_the_server_along(data_dir: Path, program: Program) -> None:
    """
    No server outlives the process that started it, and the next start works.
    """
    if not sys.platform.startswith("linux"):
        pytest.skip("needs Linux: other systems cannot tie a child to its parent")
    data_dir.mkdir(mode=0o755)
    parent = program(HOLD, data_dir)
    assert parent.stdout is not None
    server = int(parent.stdout.readline())

    parent.kill()

    assert until(lambda: not is_running(server))
    with EmbeddedPostgres.start(data_dir) as postgres:
        assert postgres.is_alive()


def test_left_over_server_is_stopped_first(data_dir: Path) -> None:
    """
    A server that runs although the lock is free is nobody's: the next start stops it and takes over.
    """
    lines: list[str] = []
    with EmbeddedPostgres.start(data_dir) as first:
        write_note(first.url)
        command = Path(f"/proc/{first.process.pid}/cmdline").read_bytes().decode().split("\0")[:-1]
        socket_folder = data_dir / "run"
    socket_folder.mkdir(mode=0o700)
    os.chown(socket_folder, first.account.uid, first.account.gid)
    orphan = subprocess.Popen(command, **first.account.process_arguments(), stderr=subprocess.DEVNULL)
    assert until((socket_folder / ".s.PGSQL.5432").exists)
    assert until((data_dir / "postgres" / "postmaster.pid").exists)

    threading.Thread(target=orphan.wait, daemon=True).start()
    with EmbeddedPostgres.start(data_dir, log=lines.append) as second:
        note = read_note(second.url)

    assert f"Stopping a left-over PostgreSQL (process {orphan.pid})." in lines
    assert note == "kept"


def test_killed_initdb_leaves_nothing_harmful(data_dir: Path, program: Program) -> None:
    """
    A start that is killed while the database is being made does not hinder the next one.
    """
    data_dir.mkdir(mode=0o755)
    starter = program(HOLD, data_dir)
    assert until(lambda: any(data_dir.glob("postgres.new.*/*")))

    starter.kill()

    starter.wait()
    with EmbeddedPostgres.start(data_dir) as postgres:
        write_note(postgres.url)
        assert read_note(postgres.url) == "kept"


def test_command_is_a_guest_of_a_running_server(data_dir: Path) -> None:
    """
    A command uses the database of a server that runs, and leaves it running.
    """
    with EmbeddedPostgres.start(data_dir) as postgres:
        with embedded_database(data_dir) as url:
            same = url == postgres.url

        assert same
        assert postgres.is_alive()


GUEST = """
import sys
from pathlib import Path
import psycopg
from orgsync.server.embedded import embedded_database
with embedded_database(Path(sys.argv[1])) as url:
    print("in", flush=True)
    sys.stdin.read()
    with psycopg.connect(url) as connection:
        print(*connection.execute("SELECT 'still here'").fetchone(), flush=True)
"""


def test_command_that_started_the_database_waits_for_its_guests(data_dir: Path, program: Program) -> None:
    """
    The first of two commands ends first, and the second one's database stays up until it is done too.
    """
    data_dir.mkdir(mode=0o755)
    with embedded_database(data_dir):
        guest = program(GUEST, data_dir)
        assert guest.stdout is not None
        assert guest.stdin is not None
        assert guest.stdout.readline() == "in\n"
        threading.Timer(0.3, guest.stdin.close).start()

    assert guest.stdout.read() == "still here\n"
    with pytest.raises(FileNotFoundError), socket.socket(socket.AF_UNIX) as knock:
        knock.connect(str(data_dir / "run" / ".s.PGSQL.5432"))


def test_lock_is_told_with_its_holder(data_dir: Path) -> None:
    """
    The error names the process to look for.
    """
    with EmbeddedPostgres.start(data_dir), pytest.raises(DataDirectoryInUse) as caught:
        EmbeddedPostgres.start(data_dir)

    assert caught.value.process_id == os.getpid()


def test_starting_outside_the_main_thread_is_refused(data_dir: Path) -> None:
    """
    Linux ties a child to the thread that made it, so only the main thread may start one.
    """
    caught: list[BaseException] = []

    def start() -> None:
        try:
            EmbeddedPostgres.start(data_dir)
        except RuntimeError as error:
            caught.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()

    assert "main thread" in str(caught[0])
