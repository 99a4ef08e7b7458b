"""What a client feels of the web server: how fast it takes a file, and how soon it answers while a load runs."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench.server import BenchFailed, BenchServer
from orgsync.client.api import JOBS_PATH, Api, Asked
from orgsync.client.credentials import Token
from orgsync.client.outgoing import measure
from orgsync.server.transport import open_listener

IDLE: Final = 3.0
"""Seconds for which a server is asked that has nothing else to do."""


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
    polls = Polls()
    command = [sys.executable, "-m", "bench.polling", server.url, f"{JOBS_PATH}/{job}"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdin is not None
        process.stdin.write(f"{server.token}\n")
        process.stdin.flush()
        yield polls
    finally:
        told, _ = process.communicate()
    answers = json.loads(told)
    if answers["errors"]:
        raise BenchFailed("Polling", f"{len(answers['errors'])} questions failed, the first: {answers['errors'][0]}")
    polls.seconds = answers["seconds"]


@dataclass(slots=True)
class Polls:
    """How long answers took, in seconds; known once all have been asked."""

    seconds: list[float] = field(default_factory=list)

    @property
    def p99(self) -> float:
        return statistics.quantiles(self.seconds, n=100)[98]


def idle_polls(server: BenchServer, job: str) -> Polls:
    """Return the polls of a server that has nothing else to do."""
    with polled(server, job) as polls:
        time.sleep(IDLE)
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
