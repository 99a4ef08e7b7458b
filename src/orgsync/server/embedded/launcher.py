"""Run the private PostgreSQL of a data directory as a child of this process, for as long as it lives."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg

from orgsync.server.embedded.account import Account, choose_account
from orgsync.server.embedded.binaries import Binaries, choose_binaries
from orgsync.server.embedded.cluster import (
    DATABASE,
    ROLE,
    make_cluster,
    server_command,
    write_access_rules,
)
from orgsync.server.embedded.errors import DatabaseFailed, EmbeddedPostgresError
from orgsync.server.embedded.leftovers import end_leftovers, kill_leftovers
from orgsync.server.embedded.placement import (
    CLUSTER,
    Lock,
    find_place,
    make_socket_folder,
    reachable_binaries,
    settle,
)
from orgsync.server.lifeline import die_with_parent

LOG_FILE = "postgres.log"
LOG_LIMIT = 10_000_000  # bytes; a longer log is put aside at the next start
ADDRESS_FILE = "server.json"
START_PATIENCE = 600.0  # seconds; recovery after a crash in the middle of a large load takes its time
STOP_PATIENCE = 30.0


def silent(_: str) -> None:
    """Log nothing."""


@dataclass(slots=True)
class EmbeddedPostgres:
    """
    A running PostgreSQL that only this user can reach, over a Unix socket.

    It ends with `stop()`, with the `with` block, or when this process dies, however that happens.
    Made by `start()`; start, restart and stop belong in the main thread.
    """

    data_dir: Path
    place: Path
    account: Account
    binaries: Binaries
    log: Callable[[str], None]
    settings: Mapping[str, str]
    _lock: Lock
    _socket_folder: Path = field(init=False)
    process: subprocess.Popen[bytes] = field(init=False)

    @classmethod
    def start(
        cls,
        data_dir: Path,
        *,
        log: Callable[[str], None] = silent,
        settings: Mapping[str, str] | None = None,
    ) -> Self:
        """
        Start the database of a data directory, making both when they do not exist; ready on return.

        `settings` are further PostgreSQL settings. Raises EmbeddedPostgresError, in particular
        DataDirectoryInUse at once when another process has started it already.
        """
        data_dir = make_data_dir(data_dir)
        lock = Lock.take(data_dir)
        try:
            (data_dir / ADDRESS_FILE).unlink(missing_ok=True)
            place = find_place(data_dir)
            account = choose_account(place / CLUSTER, log=log)
            place = settle(data_dir, place, account, log=log)
            binaries = reachable_binaries(choose_binaries(place / CLUSTER), account)
            postgres = cls(data_dir, place, account, binaries, log, settings or {}, lock)
            postgres._bring_up()
        except BaseException:
            lock.release()
            raise
        return postgres

    @property
    def cluster(self) -> Path:
        return self.place / CLUSTER

    @property
    def url(self) -> str:
        """The address of the database, for psycopg, libpq and Django; the same after every restart."""
        return self._url(DATABASE)

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def restart(self) -> None:
        """Start again, on the same address, a server that died."""
        self._launch()

    def stop(self) -> None:
        """Disconnect everybody, stop the server, leave no process and no socket, give up the lock."""
        (self.data_dir / ADDRESS_FILE).unlink(missing_ok=True)
        self._end_server()
        with suppress(FileNotFoundError):
            self._socket_folder.rmdir()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _bring_up(self) -> None:
        if not self.cluster.is_dir():
            make_cluster(self.cluster, self.binaries, self.account)
        write_access_rules(self.place, self.account)
        self._launch()
        try:
            self._create_database()
            self._publish_address()
        except BaseException:
            self._end_server()
            raise

    def _launch(self) -> None:
        end_leftovers(self.cluster, self.binaries, self.account, log=self.log)
        self._socket_folder = make_socket_folder(self.place, self.account)
        log_file = self.data_dir / LOG_FILE
        if log_file.exists() and log_file.stat().st_size > LOG_LIMIT:
            log_file.replace(log_file.with_suffix(".log.1"))
        output = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        begins_at = os.fstat(output).st_size
        try:
            self.process = subprocess.Popen(
                server_command(self.binaries, self.place, self.cluster, self._socket_folder, self.settings),
                **self.account.process_arguments(),
                stdout=output,
                stderr=output,
                preexec_fn=die_with_parent(signal.SIGINT),  # noqa: PLW1509 - it allocates nothing
            )
        finally:
            os.close(output)
        self._wait_until_ready(begins_at)

    def _wait_until_ready(self, log_begins_at: int) -> None:
        deadline = time.monotonic() + START_PATIENCE
        try:
            while not self._answers():
                self._check_alive(log_begins_at, deadline)
                time.sleep(0.02)
        except BaseException:
            self._end_server()
            raise

    def _check_alive(self, log_begins_at: int, deadline: float) -> None:
        if self.is_alive() and time.monotonic() < deadline:
            return
        with (self.data_dir / LOG_FILE).open("rb") as log_file:
            log_file.seek(log_begins_at)
            lines = log_file.read().decode(errors="replace").splitlines()
        raise DatabaseFailed("PostgreSQL", "\n".join(lines[-10:]))

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self._url("postgres"), connect_timeout=5):
                return True
        except psycopg.OperationalError:
            return False

    def _end_server(self) -> None:
        """Ask for a fast stop, then an immediate one, then take whatever is left."""
        for wish in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if not self.is_alive():
                break
            self.process.send_signal(wish)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_PATIENCE)
        end_leftovers(self.cluster, self.binaries, self.account, log=self.log)
        for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
            (self._socket_folder / name).unlink(missing_ok=True)

    def _create_database(self) -> None:
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if known.fetchone() is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def _url(self, database: str) -> str:
        socket_folder = quote(str(self._socket_folder), safe="")
        return f"postgresql://{ROLE}@/{database}?host={socket_folder}&port=5432"

    def _publish_address(self) -> None:
        address = self.data_dir / ADDRESS_FILE
        draft = address.with_suffix(".json.new")
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_text(json.dumps({"database_url": self.url, "process_id": os.getpid()}), encoding="utf-8")
        draft.replace(address)


def make_data_dir(data_dir: Path) -> Path:
    """Return the resolved data directory, made with mode 0700 when it is missing."""
    data_dir = data_dir.expanduser().resolve()
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise EmbeddedPostgresError(f"The data directory {data_dir} cannot be made: {error}") from error
    return data_dir


def remove_data_dir(data_dir: Path) -> None:
    """Remove a data directory with everything in it and with a database that is kept elsewhere for it.

    Raises DataDirectoryInUse while anything runs on it.
    """
    data_dir = data_dir.expanduser().resolve()
    if not data_dir.exists():
        return
    lock = Lock.take(data_dir)
    try:
        place = find_place(data_dir)
        if (place / CLUSTER).is_dir():
            kill_leftovers(place / CLUSTER, choose_account(place / CLUSTER, log=silent))
        shutil.rmtree(place)
        if place != data_dir:
            shutil.rmtree(data_dir)
    finally:
        lock.release()
