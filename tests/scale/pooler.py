"""PgBouncer in transaction mode in front of a cluster."""

import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg

from tests.scale.cluster import ACCOUNT, PORT, Cluster

PROGRAM: Final = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin")
MISSING: Final = "PgBouncer is not installed (Debian package pgbouncer)."
POOLER_PORT: Final = 6432
CONFIGURATION: Final = """
[databases]
orgsync = host={address} port={port}
[pgbouncer]
listen_addr = {address}
listen_port = {pooler_port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
max_client_conn = 500
default_pool_size = {size}
logfile = {folder}/pgbouncer.log
admin_users = orgsync
"""


@dataclass
class Pooler:
    """One PgBouncer, on the host of its cluster."""

    cluster: Cluster
    folder: Path
    size: int = 20
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"postgresql://orgsync@{self.cluster.host.address}:{POOLER_PORT}/orgsync"

    def start(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self.folder.chmod(0o777)
        address = self.cluster.host.address
        values = {"address": address, "port": PORT, "pooler_port": POOLER_PORT}
        file = self.folder / "pgbouncer.ini"
        # Any account may log in; a session at the server is always orgsync's.
        text = CONFIGURATION.format(**values, size=self.size, folder=self.folder)
        file.write_text(text.replace(f"port={PORT}", f"port={PORT} user=orgsync dbname=orgsync"))
        argv = self.cluster.host.command([str(PROGRAM), str(file)], account=ACCOUNT)
        self.process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while not self._answers():
            if time.monotonic() > deadline:
                raise RuntimeError((self.folder / "pgbouncer.log").read_text()[-1500:])
            time.sleep(0.1)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)

    def pools(self) -> list[tuple[object, ...]]:
        """Return what PgBouncer says of its pools: how many clients share how many sessions."""
        with psycopg.connect(
            self.url, dbname="pgbouncer", autocommit=True, cursor_factory=psycopg.ClientCursor
        ) as console:
            return console.execute("SHOW POOLS").fetchall()

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self.url, connect_timeout=3, autocommit=True) as session:
                session.execute("SELECT 1", prepare=False)
                return True
        except psycopg.Error:
            return False
