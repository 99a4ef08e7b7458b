"""The real product as processes: started as a person would, watched through /proc and its own database."""

import json
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import psycopg

from orgsync.server.demo.server import environment

ORGSYNC: Final = (sys.executable, "-m", "orgsync")
WORLD: Final = Path(__file__).with_name("make_world.py")
PARTS: Final = {
    "web": "orgsync.server.wsgi",
    "uploads": "orgsync.server.worker --queue uploads",
    "light": "orgsync.server.worker --queue light",
    "child": "orgsync.server.uploads.child",
}
"""Part → what its command line says."""
START_PATIENCE: Final = 180.0
LIMITS: Final = {"ORGSYNC_UPLOADS_PER_HOUR": "1000000", "ORGSYNC_CALLS_PER_HOUR": "10000000"}


class Running(Protocol):
    """What a storm asks of whatever it rages over: one tree on this machine, or several hosts."""

    @property
    def port(self) -> int:
        """The port of 127.0.0.1 at which uploads are taken."""
        ...

    def make_world(self, *names: str) -> list[dict[str, Any]]: ...
    def orgsync(self, *arguments: str) -> "subprocess.CompletedProcess[str]": ...
    def connect(self) -> "psycopg.Connection[Any]": ...
    def processes(self, part: str) -> list[int]: ...
    def kill_everything(self) -> None: ...


@dataclass
class Product:
    """`orgsync serve` on a data directory; started again when the harness kills the whole of it."""

    data_dir: Path
    smtp_port: int
    port: int
    log: list[str] = field(default_factory=list)
    process: "subprocess.Popen[str]" = field(init=False)
    _listening: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {**environment(self.data_dir), **LIMITS}

    @property
    def database_url(self) -> str:
        found: str = json.loads((self.data_dir / "server.json").read_text(encoding="utf-8"))["database_url"]
        return found

    def start(self) -> None:
        """Start everything and wait until it answers; try again, as a service manager does, when it does not come up.

        After a kill of the whole the former web process may hold the port until it has drained.
        """
        deadline = time.monotonic() + START_PATIENCE
        while not self._try_start(deadline):
            if time.monotonic() > deadline:
                raise RuntimeError("The product did not start:\n" + "".join(self.log[-20:]))
            time.sleep(1)

    def _try_start(self, deadline: float) -> bool:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        smtp = f"smtp://127.0.0.1:{self.smtp_port}?tls=none"
        command = [*ORGSYNC, "serve", "--port", str(self.port), "--workers", "2", "--smtp-url", smtp]
        errors = (self.data_dir / "stderr.log").open("a", encoding="utf-8")
        self._listening.clear()
        with errors:
            self.process = subprocess.Popen(
                command, env=self.environment, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        threading.Thread(target=self._read, args=[self.process], daemon=True).start()
        while self.process.poll() is None and time.monotonic() < deadline:
            if self._listening.wait(0.2):
                return True
        return False

    def stop(self) -> None:
        """Stop everything as a person would; by force when that does not end in time."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def kill_everything(self) -> None:
        """Kill the parent of all; everything below it ends by itself, and a person starts it anew."""
        self.process.kill()
        self.process.wait()
        self.start()

    def make_world(self, *names: str) -> list[dict[str, Any]]:
        return make_world(self.environment | {"ORGSYNC_DATABASE_URL": self.database_url}, *names)

    def orgsync(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run([*ORGSYNC, *arguments], env=self.environment, capture_output=True, text=True, check=False)

    def connect(self) -> "psycopg.Connection[Any]":
        """Open a session of the harness's own, which it never kills."""
        return psycopg.connect(self.database_url, autocommit=True, application_name="chaos", connect_timeout=5)

    def processes(self, part: str) -> list[int]:
        """Return the ids of the product's processes of that part (`PARTS`, or `database`), never anybody else's."""
        family = family_of({self.process.pid})
        if part == "database":
            return [pid for pid, (parent, command) in family.items() if parent == self.process.pid and " -D" in command]
        return [pid for pid, (_, command) in family.items() if PARTS[part] in command]

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                self.log.append(line)
                if line.startswith("Listening on"):
                    self._listening.set()


def make_world(environment: dict[str, str], *names: str) -> list[dict[str, Any]]:
    """Make organizations of these names in the database that the environment names."""
    env = environment | {"DJANGO_SETTINGS_MODULE": "orgsync.server.settings"}
    made = subprocess.run([sys.executable, WORLD, *names], env=env, check=True, capture_output=True, text=True)
    found: list[dict[str, Any]] = json.loads(made.stdout)
    return found


def family_of(roots: set[int]) -> dict[int, tuple[int, str]]:
    """Return parent and command line of everything below these processes."""
    listing = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    known = {int(pid): (int(parent), command) for pid, parent, command in _fields(listing)}
    found = set(roots)
    while more := {pid for pid, (parent, _) in known.items() if parent in found} - found:
        found |= more
    return {pid: known[pid] for pid in found - roots if pid in known}


def _fields(listing: str) -> list[tuple[str, str, str]]:
    lines = (line.split(None, 2) for line in listing.splitlines())
    return [(line[0], line[1], line[2]) for line in lines if len(line) == 3]
