"""Let commands use the database of a data directory, whether a server runs on it or not."""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from orgsync.server.embedded.errors import DataDirectoryInUse
from orgsync.server.embedded.launcher import ADDRESS_FILE, EmbeddedPostgres, make_data_dir, silent

GUESTS_FILE = "postgres.guests"
PATIENCE = 60.0  # seconds; the holder of the lock may be starting, stopping or restarting


@contextmanager
def embedded_database(data_dir: Path, *, log: Callable[[str], None] = silent) -> Iterator[str]:
    """
    Yield the address of the data directory's database, which answers at that moment.

    The lock decides: whoever gets it starts the database and stops it at the end, after everybody
    who came in meanwhile has left; whoever does not is a guest. A server that guests use may be
    stopped by its own user at any time. Raises what `EmbeddedPostgres.start` raises.
    """
    data_dir = make_data_dir(data_dir)
    with _guest_book(data_dir) as guests:
        postgres, url = _start_or_join(data_dir, guests, log)
        try:
            yield url
        finally:
            if postgres is not None:
                fcntl.flock(guests, fcntl.LOCK_EX)
                postgres.stop()


def _start_or_join(data_dir: Path, guests: int, log: Callable[[str], None]) -> tuple[EmbeddedPostgres | None, str]:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            postgres = EmbeddedPostgres.start(data_dir, log=log)
        except DataDirectoryInUse:
            if time.monotonic() > deadline:
                raise
        else:
            return postgres, postgres.url
        if url := _join(data_dir, guests):
            return None, url
        time.sleep(0.1)


def _join(data_dir: Path, guests: int) -> str | None:
    """Sign in as a guest, which keeps a fellow command from stopping; return None if nothing answers."""
    try:
        fcntl.flock(guests, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return None  # the holder is stopping
    with suppress(FileNotFoundError, psycopg.OperationalError):
        address = json.loads((data_dir / ADDRESS_FILE).read_text(encoding="utf-8"))
        url: str = address["database_url"]
        with psycopg.connect(url, connect_timeout=5):
            return url
    fcntl.flock(guests, fcntl.LOCK_UN)
    return None


@contextmanager
def _guest_book(data_dir: Path) -> Iterator[int]:
    descriptor = os.open(data_dir / GUESTS_FILE, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
