"""A real `orgsync serve` on a temporary data directory, and whole jobs sent to it over HTTP."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from orgsync.client.api import Api, Asked
from orgsync.client.credentials import Token
from orgsync.client.outgoing import measure
from orgsync.client.watch import Pace, watch
from orgsync.core.errors import OrgSyncError
from orgsync.core.model import Mode
from orgsync.server.embedded import remove_data_dir

ORGSYNC: Final = (sys.executable, "-m", "orgsync")
PATIENCE: Final = 180.0
WORLD: Final = Path(__file__).with_name("make_world.py")
EDIT: Final = Path(__file__).with_name("edit_one.py")
ORGANIZATION: Final = "Example Ltd"
LISTENING: Final = re.compile(r"^Listening on (\S+)$", re.MULTILINE)
KEPT: Final = frozenset({"ORGSYNC_POSTGRES_BIN", "ORGSYNC_POSTGRES_USER", "ORGSYNC_SYSTEM_DIR"})
# Asked often, so that waiting between two questions does not count as work.
PACE: Final = Pace(first=0.02, longest=0.1, limit=7_200)


class BenchFailed(OrgSyncError):
    """A step did not end as it must, so that its time would mean nothing."""

    def __init__(self, step: str, why: str) -> None:
        self.step = step
        self.why = why
        super().__init__(f"{step}: {why}")


@dataclass(frozen=True, slots=True)
class BenchServer:
    """A running server, and a token for its feed of full files."""

    url: str
    data_dir: Path
    token: str
    process_id: int

    def start_job(self, file: Path, *, mode: Mode | None = None) -> str:
        """Upload, process, and return the job's id without waiting for its end."""
        asked, sent = Asked(mode), measure(file)
        with Api(self.url, Token(self.token)) as api:
            media = api.upload(sent, asked, is_automatic=False, key=f"{time.monotonic_ns()}", on_position=_nothing)
            return api.process(media, asked)

    def run_job(self, file: Path, results: Path, *, mode: Mode | None = None) -> float:
        """
        Upload, process, wait, and download the results; raise BenchFailed unless the job is DONE.

        Return the seconds from the first byte of the upload until the results can be downloaded.
        """
        asked, sent = Asked(mode), measure(file)
        with Api(self.url, Token(self.token)) as api:
            began = time.perf_counter()
            media = api.upload(sent, asked, is_automatic=False, key=f"{time.monotonic_ns()}", on_position=_nothing)
            job_id = api.process(media, asked)
            job = watch(lambda: api.job(job_id), PACE, _nothing)
            seconds = time.perf_counter() - began
            if job.status != "DONE" or job.result_media is None:
                raise BenchFailed(file.name, f"the job is {job.status}: {list(job.raw.get('messages', []))[:3]}")
            with results.open("wb") as target:
                api.download(job.result_media, target, on_position=_nothing)
        return seconds

    def edit_by_hand(self) -> None:
        """Change one value of one person as a page does."""
        status = _run_beside(_environment(self.data_dir), EDIT, ORGANIZATION)
        if status != "DONE":
            raise BenchFailed("An edit by hand", status)

    def beside(self, organization: str) -> "BenchServer":
        """Return the same server with another, new organization."""
        return replace(self, token=_make_organization(organization, _environment(self.data_dir)))


@contextmanager
def running_server(folder: Path) -> Iterator[BenchServer]:
    """Run a server with an organization and a token; stopped, by its process id, at the end."""
    folder.mkdir()
    data_dir, log = folder / "data", folder / "serve.log"
    environment = _environment(data_dir)
    with log.open("w", encoding="utf-8") as output:
        command = [*ORGSYNC, "serve", "--port", "0"]
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        url = _wait_for(process, log)
        yield BenchServer(url, data_dir, _make_organization(ORGANIZATION, environment), process.pid)
    finally:
        process.terminate()
        process.wait(PATIENCE)
        # The database may lie outside the folder, where a closed parent would keep its account out.
        remove_data_dir(data_dir)


def _make_organization(name: str, environment: dict[str, str]) -> str:
    """Make an organization with a feed of full files; return its token."""
    return _run_beside(environment, WORLD, name)


def _run_beside(environment: dict[str, str], script: Path, *arguments: str) -> str:
    """Run a script with the settings of the running server; return what it prints."""
    known = json.loads((Path(environment["ORGSYNC_DATA_DIR"]) / "server.json").read_text(encoding="utf-8"))
    given = {"DJANGO_SETTINGS_MODULE": "orgsync.server.settings", "ORGSYNC_DATABASE_URL": known["database_url"]}
    command = [sys.executable, str(script), *arguments]
    done = subprocess.run(command, env=environment | given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchFailed(script.name, done.stderr[-2_000:])
    return done.stdout.strip()


def _environment(data_dir: Path) -> dict[str, str]:
    """Return our environment without the settings of any other installation."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ORGSYNC_") or name in KEPT}
    # Fifty clients that poll with one token are more than one may.
    return kept | {"ORGSYNC_DATA_DIR": str(data_dir), "ORGSYNC_CALLS_PER_HOUR": "10000000"}


def _wait_for(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        if found := LISTENING.search(log.read_text(encoding="utf-8")):
            return found[1]
        time.sleep(0.1)
    raise BenchFailed("orgsync serve", log.read_text(encoding="utf-8")[-2_000:])


def _nothing(_: object) -> None:
    """Take a report of progress and keep quiet."""
