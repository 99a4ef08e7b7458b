"""PostgreSQL of the system's packages on a host: made, started, killed, copied to a stand-by, promoted."""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg

from tests.scale.hosts import Host

PROGRAMS: Final = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
ACCOUNT: Final = "postgres"
PORT: Final = 5432
PATIENCE: Final = 60.0
QUICK_TO_NOTICE: Final = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
"""What `docs/how-to/external-postgresql.md` asks for: a host that is gone keeps no lock."""
RULES: Final = "local all all trust\nhost all all samenet trust\nhost replication all samenet trust\n"


@dataclass
class Cluster:
    """One PostgreSQL; its folder must be one that PostgreSQL's account can reach."""

    host: Host
    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"postgresql://orgsync@{self.host.address}:{PORT}/orgsync"

    def make(self) -> None:
        """Make the cluster, start it, and make role and database in it."""
        self._own_folder()
        self._program("initdb", "-D", str(self.folder), "-U", ACCOUNT, "-A", "trust", "-E", "UTF8", "--no-locale")
        (self.folder / "pg_hba.conf").write_text(RULES)
        self.start()
        with self.connect(user=ACCOUNT, dbname="postgres") as session:
            session.execute("CREATE ROLE orgsync LOGIN")
            session.execute("CREATE DATABASE orgsync OWNER orgsync TEMPLATE template0")

    def copy_from(self, primary: "Cluster", *, name: str) -> None:
        """Become a stand-by of the primary under this name, and start."""
        self._own_folder()
        source = f"host={primary.host.address} port={PORT} user={ACCOUNT} application_name={name}"
        self._program("pg_basebackup", "-D", str(self.folder), "-d", source, "-R", "-X", "stream", "-c", "fast")
        self.start()

    def start(self) -> None:
        """Start and wait until it answers; the processes of one that was killed may take a moment to go."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self.process = self._launch()
            while self.process.poll() is None and time.monotonic() < deadline:
                if self._answers():
                    return
                time.sleep(0.1)
            time.sleep(0.3)
        raise RuntimeError(f"PostgreSQL does not start: {(self.folder / 'log').read_text()[-1500:]}")

    def kill(self) -> None:
        """Kill the server, as a power cut of its process does; nothing is written out."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End it at once and in order."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(2)
            self.process.wait(PATIENCE)

    def promote(self) -> None:
        with self.connect(user=ACCOUNT, dbname="postgres") as session:
            session.execute("SELECT pg_promote(true, 30)")

    def connect(self, **others: str) -> "psycopg.Connection[Any]":
        """Open a session of the harness's own."""
        return psycopg.connect(self.url, autocommit=True, application_name="chaos", connect_timeout=3, **others)

    def _answers(self) -> bool:
        try:
            with self.connect(user=ACCOUNT, dbname="postgres"):
                return True
        except psycopg.Error:
            return False

    def _launch(self) -> "subprocess.Popen[bytes]":
        wanted = {"listen_addresses": self.host.address, "unix_socket_directories": ""}
        given = wanted | {"max_connections": "200"} | QUICK_TO_NOTICE | dict(self.settings)
        flags = [part for name, value in given.items() for part in ("-c", f"{name}={value}")]
        argv = [str(PROGRAMS[-1] / "postgres"), "-D", str(self.folder), "-p", str(PORT), *flags]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(self.host.command(argv, account=ACCOUNT), stdout=log, stderr=log, cwd="/")

    def _own_folder(self) -> None:
        self.folder.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(self.folder, ACCOUNT, ACCOUNT)

    def _program(self, name: str, *arguments: str) -> None:
        argv = self.host.command([str(PROGRAMS[-1] / name), *arguments], account=ACCOUNT)
        done = subprocess.run(argv, check=False, capture_output=True, text=True, cwd="/")
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stderr[-1500:]}")
