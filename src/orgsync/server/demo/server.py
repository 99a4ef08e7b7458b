"""A server for the demo alone: started as a person would, stopped by its process id."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any, Final
from urllib.request import Request, urlopen

from orgsync.core.errors import OrgSyncError

ORGSYNC: Final = (sys.executable, "-m", "orgsync")
_KEPT: Final = frozenset({"ORGSYNC_POSTGRES_BIN", "ORGSYNC_POSTGRES_USER", "ORGSYNC_SYSTEM_DIR"})
_PATIENCE: Final = 30


class DemoFailed(OrgSyncError):
    """A step of the demo did not do what it should; its output stands above."""

    def __init__(self, step: str, output: str) -> None:
        self.step = step
        self.output = output
        super().__init__(f"{step} failed:\n{output}")


@dataclass(frozen=True, slots=True)
class DemoServer:
    """A running `orgsync serve` with TLS of its own."""

    process: subprocess.Popen[str]
    data_dir: Path
    url: str

    @property
    def authority(self) -> Path:
        return self.data_dir / "tls" / "ca.pem"

    @classmethod
    @contextmanager
    def started(cls, data_dir: Path, *, port: int) -> "Iterator[DemoServer]":
        """Start a server and give it once it answers; stop it, and everything it started, at the end."""
        port = port or _free_port()
        command = [*ORGSYNC, "serve", "--tls-self-signed", "--port", str(port), "--data-dir", str(data_dir)]
        data_dir.mkdir(parents=True, exist_ok=True)
        log = data_dir / "serve.log"
        with log.open("w", encoding="utf-8") as target:
            process = subprocess.Popen(
                command, env=environment(data_dir), stdout=subprocess.PIPE, stderr=target, text=True
            )
            reader: Thread | None = None
            try:
                _wait_until_ready(process, log)
                # A pipe that nobody reads fills, and then the server waits for it with every request.
                reader = Thread(target=target.writelines, args=(process.stdout or (),), daemon=True)
                reader.start()
                yield cls(process, data_dir, f"https://127.0.0.1:{port}")
            finally:
                _stop(process)
                if reader is not None:
                    reader.join()

    def call(self, path: str, token: str, body: Any = None) -> Any:
        """Make one call of the wire or of xAPI: POST with a JSON body, else GET; return the JSON of the answer."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        headers["X-Experience-API-Version"] = "1.0.3"
        request = Request(f"{self.url}{path}", json.dumps(body).encode() if body else None, headers)  # noqa: S310
        trust = ssl.create_default_context(cafile=str(self.authority))
        with urlopen(request, context=trust, timeout=30) as answer:  # nosec B310 # noqa: S310  our own https address
            return json.load(answer)

    def wait(self) -> None:
        """Wait until the server ends, or until somebody presses Ctrl-C, which ends it."""
        try:
            self.process.wait()
        except KeyboardInterrupt:
            self.process.send_signal(signal.SIGTERM)


def environment(data_dir: Path) -> Mapping[str, str]:
    """Return our environment without settings of any other installation: the demo touches nothing but its folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ORGSYNC_") or name in _KEPT}
    return kept | {"ORGSYNC_DATA_DIR": str(data_dir), "PYTHONUNBUFFERED": "1"}


def run(
    step: str, command: Sequence[str], env: Mapping[str, str], *, given: str = "", expected: Sequence[int] = (0,)
) -> str:
    """Run one command and return its standard output; raise DemoFailed when it ends with an unexpected code."""
    done = subprocess.run(command, env=env, input=given, capture_output=True, text=True, check=False)
    if done.returncode not in expected:
        raise DemoFailed(step, f"{done.stdout}{done.stderr}")
    return done.stdout


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _wait_until_ready(process: "subprocess.Popen[str]", log: Path) -> None:
    """Read what the server says until it listens."""
    said: list[str] = []
    for line in process.stdout or ():
        said.append(line)
        if line.startswith("Listening on"):
            return
    raise DemoFailed("Starting the server", "".join(said) + log.read_text(encoding="utf-8"))


def _stop(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
