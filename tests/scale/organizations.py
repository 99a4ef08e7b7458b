"""Many organizations at once: who waits how long, what a second worker brings, whether a large sender starves others.

`python -m tests.scale organizations --organizations 200`. Runs on addresses of this machine; root is not needed.
"""

import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from tests.chaos.model import File, Row
from tests.chaos.product import family_of
from tests.chaos.sender import Sender
from tests.scale.cluster import PORT, Cluster
from tests.scale.fleet import Fleet
from tests.scale.hosts import local_hosts
from tests.scale.proxy import Proxy

ROWS: Final = 1_000
FAR: Final = 0.01
"""Seconds that each word between a worker and a database that is far away takes, in each direction."""
JOBS: Final = """
    SELECT organization_id, status, extract(epoch FROM started_at)::float8, extract(epoch FROM finished_at)::float8,
           hold_reasons::text
      FROM uploads_uploadjob WHERE id > %s ORDER BY finished_at
"""
UNFINISHED: Final = "SELECT count(*) FROM uploads_uploadjob WHERE status IN ('CREATED', 'QUEUED', 'PROCESSING')"
TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Drain:
    """How fast a queue of jobs was worked off, and what it cost: CPU seconds a job of workers and of the database."""

    jobs: int
    seconds: float
    worker_cpu: float
    database_cpu: float

    @property
    def rate(self) -> float:
        return self.jobs / self.seconds

    def __str__(self) -> str:
        return (
            f"{self.jobs} jobs in {self.seconds:.1f} s: {self.rate:.2f} a second; "
            f"CPU a job: worker {self.worker_cpu:.2f} s, database {self.database_cpu:.2f} s"
        )


class Crowd:
    """Organizations with their tokens, on a fleet of one web host and one worker host."""

    def __init__(self, fleet: Fleet, count: int) -> None:
        self.fleet = fleet
        made = fleet.make_world(*[f"Org{number:03}" for number in range(count)])
        self.senders = [Sender(fleet, organization, random.Random(organization["id"])) for organization in made]
        self._number = 0

    def send(self, senders: list[Sender], files: int = 1) -> float:
        """Let all of them send at once, one after the other waits only for its own; return when they began."""
        began = time.time()
        with ThreadPoolExecutor(max_workers=len(senders)) as pool:
            for number in range(self._number, self._number + files):
                list(pool.map(lambda sender, number=number: sender.send(_file(number)), senders))
        self._number += files
        return began

    def last_job(self) -> int:
        return int(self._ask("SELECT coalesce(max(id), 0) FROM uploads_uploadjob")[0][0])

    def wait(self) -> None:
        while self._ask(UNFINISHED)[0][0]:
            time.sleep(0.2)

    def ended(self, after: int) -> list[tuple[Any, ...]]:
        """Return organization, status, start, end and reasons of each job after that one, as they ended."""
        found = self._ask(JOBS, after)
        assert {line[1] for line in found} == {"DONE"}, found
        return found

    def drain(self, workers: int, senders: list[Sender], *, database_url: str = "") -> Drain:
        """Queue a job of each while no worker runs, then start so many and measure until the last has ended."""
        before = self.last_job()
        self.stop_workers()
        self.send(senders)
        self.fleet.workers, self.fleet.database_url = workers, database_url
        began = self._cpu()
        self.fleet.keep_up()
        self.wait()
        now = self._cpu()
        self.fleet.database_url = ""
        jobs = self.ended(before)
        # The first job of each worker may wait for its process to start.
        seconds = jobs[-1][3] - min(line[2] for line in jobs)
        cost = [(after - earlier) / len(jobs) for after, earlier in zip(now, began, strict=True)]
        return Drain(len(jobs), seconds, *cost)

    def stop_workers(self) -> None:
        """Hold all work back until `keep_up`."""
        if "work" in self.fleet.running:
            self.fleet.stop_host("work")

    def _cpu(self) -> tuple[float, float]:
        """Return the CPU seconds of the workers' processes, and those of the database's."""
        workers = [pid for part in ("uploads", "child") for pid in self.fleet.processes(part, "work")]
        return sum(map(_cpu_of, workers)), _cpu_of_all(self.fleet.cluster)

    def _ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with self.fleet.connect() as session:
            return session.execute(sql, values).fetchall()


@contextmanager
def crowd(count: int) -> Iterator[Crowd]:
    """Start everything and make so many organizations."""
    folder = Path(tempfile.mkdtemp(prefix="orgsync-scale-"))
    folder.chmod(0o711)
    hosts = local_hosts("db", "web", "work")
    cluster = Cluster(hosts.pop("db"), folder / "db")
    cluster.make()
    # Web and worker are on one machine here: what they share is a folder.
    shared = {"ORGSYNC_DATA_DIR": str(folder / "shared")}
    fleet = Fleet(folder, hosts, cluster, extra=shared)
    try:
        fleet.start()
        yield Crowd(fleet, count)
    finally:
        fleet.stop()
        cluster.stop()


def measure(count: int, *, say: Callable[[str], None] = print) -> None:
    """Print every figure that `docs/design/scale.md` quotes."""
    with crowd(count) as all_of_them:
        fleet = all_of_them.fleet
        say(f"{count} organizations send {ROWS:,} people each, one worker")
        say(_at_once(all_of_them))
        few = all_of_them.senders[: max(1, count // 4)]
        for workers in (1, 2):
            say(f"{workers} workers, database near: {all_of_them.drain(workers, few)}")
        with Proxy([(fleet.cluster.host.address, PORT)], delay=FAR) as slow:
            far = f"postgresql://orgsync@127.0.0.1:{slow.port}/orgsync"
            for workers in (1, 2, 4):
                told = all_of_them.drain(workers, few[: count // 8], database_url=far)
                say(f"{workers} workers, database {FAR * 1000:.0f} ms away: {told}")
            all_of_them.stop_workers()
        say(fairness(all_of_them))


def _at_once(everybody: Crowd) -> str:
    before = everybody.last_job()
    began = everybody.send(everybody.senders)
    everybody.wait()
    waits = sorted(line[3] - began for line in everybody.ended(before))
    return f"slowest {waits[-1]:.1f} s, median {median(waits):.1f} s: {waits[-1] / median(waits):.2f} ×"


def fairness(everybody: Crowd, backlog: int = 40, others: int = 20) -> str:
    """Let one queue a backlog, then others a job each; tell when theirs were done."""
    large, small = everybody.senders[0], everybody.senders[1 : others + 1]
    before = everybody.last_job()
    everybody.stop_workers()
    everybody.send([large], files=backlog)
    everybody.send(small)
    everybody.fleet.workers = 1
    everybody.fleet.keep_up()
    everybody.wait()
    order = [line[0] for line in everybody.ended(before)]
    last = max(place for place, who in enumerate(order, 1) if who != large.organization["id"])
    return f"{len(small)} organizations behind a backlog of {backlog}: the last of them was done as number {last}"


def _file(number: int) -> File:
    """Return everybody with one title in a hundred new: guards would mind more than half in seven days."""
    titles = [f"Title {number - (number - who) % 100}" for who in range(ROWS)]
    return File("changes", tuple(Row(f"C{who}", title, "Cooks") for who, title in enumerate(titles)))


def _cpu_of(pid: int) -> float:
    """Return the CPU seconds of a process and of its children that have ended."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return sum(map(int, after_name[11:15])) / TICKS


def _cpu_of_all(cluster: Cluster) -> float:
    assert cluster.process is not None
    return sum(map(_cpu_of, {cluster.process.pid, *family_of({cluster.process.pid})}))
