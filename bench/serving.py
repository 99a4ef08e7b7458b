"""What a client feels of the web server: how fast it takes a file, and how soon it answers while a load runs."""

import http.client
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from bench.server import BenchFailed, BenchServer
from orgsync.client.api import JOBS_PATH, Api, Asked
from orgsync.client.credentials import Token
from orgsync.client.outgoing import measure
from orgsync.server.transport import open_listener

CLIENTS: Final = 50
PAUSE: Final = 1.0
"""Seconds between two questions of one client: our own asks less often."""
IDLE: Final = 3.0
"""Seconds for which a server is asked that has nothing else to do."""
_ACCEPTED: Final = 200


def upload_seconds(server: BenchServer, file: Path, *, repeats: int) -> tuple[float, float]:
    """Return the median seconds of an upload to us, and of the same to a bare gunicorn that discards the body.

    Both over loopback, by the same client, in turns.
    """
    ours, bare = [], []
    with _discarding_server() as url:
        _upload(url, "nothing", file)  # it is still loading
        for _ in range(repeats):
            bare.append(_upload(url, "nothing", file))
            ours.append(_upload(server.url, server.token, file))
    return statistics.median(ours), statistics.median(bare)


@contextmanager
def polled(server: BenchServer, job: str) -> Iterator["Polls"]:
    """Have fifty clients ask for the job's state, each once a second, for as long as the block lasts.

    Raises BenchFailed when any of them gets anything but an answer.
    """
    polls = Polls(server, f"{JOBS_PATH}/{job}")
    threads = [threading.Thread(target=polls.ask, args=(number / CLIENTS,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield polls
    finally:
        polls.over.set()
        for thread in threads:
            thread.join()
    if polls.errors:
        raise BenchFailed("Polling", f"{len(polls.errors)} questions failed, the first: {polls.errors[0]}")


@dataclass(slots=True)
class Polls:
    """How long answers took, in seconds, and what went wrong."""

    server: BenchServer
    path: str
    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def p99(self) -> float:
        return statistics.quantiles(self.seconds, n=100)[98]

    def ask(self, first_after: float) -> None:
        """Be one client: ask, note how long it took, wait, ask again, on one connection."""
        host, headers = urlsplit(self.server.url).netloc, {"Authorization": f"Bearer {self.server.token}"}
        self.over.wait(first_after * PAUSE)
        with closing(http.client.HTTPConnection(host, timeout=30)) as connection:
            while not self.over.is_set():
                self._ask_once(connection, headers)
                self.over.wait(PAUSE)

    def _ask_once(self, connection: http.client.HTTPConnection, headers: dict[str, str]) -> None:
        began = time.perf_counter()
        try:
            connection.request("GET", self.path, headers=headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            self.errors.append(repr(error))
            return
        self.seconds.append(time.perf_counter() - began)
        if answer.status != _ACCEPTED:
            self.errors.append(f"status {answer.status}")


def idle_polls(server: BenchServer, job: str) -> Polls:
    """Return the polls of a server that has nothing else to do."""
    with polled(server, job) as polls:
        polls.over.wait(IDLE)
    return polls


def _upload(url: str, token: str, file: Path) -> float:
    sent = measure(file)
    with Api(url, Token(token)) as api:
        began = time.perf_counter()
        api.upload(sent, Asked(None), is_automatic=False, key=f"{time.monotonic_ns()}", on_position=lambda _: None)
        return time.perf_counter() - began


@contextmanager
def _discarding_server() -> Iterator[str]:
    """Run a bare gunicorn of the kind that we use."""
    with closing(open_listener("127.0.0.1", 0)) as listener:
        flags = ["--bind", f"fd://{listener.fileno()}", "--worker-class", "gthread", "--threads", "8"]
        command = [sys.executable, "-m", "gunicorn", "--no-control-socket", *flags, "--log-level", "error"]
        process = subprocess.Popen([*command, "bench.discard:application"], pass_fds=[listener.fileno()])
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            process.terminate()
            process.wait()
