"""The lines of the table: each does one job of ours and, beside it, the least that such a job could be."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench import floors, timing
from bench.memory import peak_of
from bench.server import ORGSYNC, BenchServer, running_server
from orgsync.core.sample import write_sample

SEED = 1


@dataclass(frozen=True, slots=True)
class Line:
    """One comparison; both times in seconds by the wall clock."""

    name: str
    floor: str
    seconds: float
    floor_seconds: float
    peak_bytes: int = 0
    """Highest sum of PSS of all our processes and PostgreSQL's during the job; 0 where it was not looked at."""

    @property
    def ratio(self) -> float:
        return self.seconds / self.floor_seconds


@dataclass(frozen=True, slots=True)
class Files:
    """Full files of two days: on the second 1 % changed, 0.2 % joined, 0.2 % left."""

    first: Path
    second: Path


def measure_all(folder: Path, *, people: int, repeats: int) -> Iterator[Line]:
    """Measure line after line, nothing at the same time; `folder` takes files, data directory and results."""
    files = _write_files(folder, people)
    yield from _offline(files.first, repeats=repeats)
    with running_server(folder) as server:
        yield from _online(server, files, folder / "results.csv", repeats=repeats)


def _write_files(folder: Path, people: int) -> Files:
    files = Files(folder / "day-1.csv", folder / "day-2.csv")
    for day, path in enumerate((files.first, files.second), 1):
        with path.open("wb") as target:
            write_sample(target, people=people, seed=SEED, day=day)
    return files


def _offline(file: Path, *, repeats: int) -> Iterator[Line]:
    start = timing.command_in_fresh_process([sys.executable, "-c", "pass"], repeats=repeats)
    listing = timing.command_in_fresh_process([*ORGSYNC, "--help"], repeats=repeats)
    yield Line("orgsync --help", "python -c pass", listing, start)
    read = timing.call_in_fresh_process(timing.READ_CSV, file, repeats=repeats)
    check = timing.call_in_fresh_process(timing.CHECK_FILE, file, repeats=repeats)
    yield Line("offline check, imports not counted", "polars.read_csv", check, read)
    command = timing.command_in_fresh_process([*ORGSYNC, "check", str(file)], repeats=repeats)
    yield Line("offline check, whole command", "polars.read_csv", command, read)


def _online(server: BenchServer, files: Files, results: Path, *, repeats: int) -> Iterator[Line]:
    """Measure whole jobs, from the first byte of the upload to the last of the results.

    Floors run between the jobs, on the same PostgreSQL, while the server has nothing to do.
    """
    with floors.floor_table(server.data_dir) as connection:
        copied = timing.seconds(lambda: floors.copy_into_table(connection, files.first))
        loaded, peak = _job(server, files.first, results)
        yield Line("first load", "COPY into one table, two unique keys", loaded, copied, peak)
        own = floors.copy_into_own_tables(server.data_dir)
        yield Line("first load", "COPY of the same rows into our own tables", loaded, own, peak)

        read = timing.call_in_fresh_process(timing.READ_CSV, files.first, repeats=repeats)
        again, peak = _job(server, files.first, results)
        yield Line("same file again", "polars.read_csv", again, read, peak)

        merged = timing.seconds(lambda: floors.copy_and_merge(connection, files.second))
        changed, peak = _job(server, files.second, results)
        yield Line("next-day file, 1 % changed", "COPY and MERGE into one table", changed, merged, peak)


def _job(server: BenchServer, file: Path, results: Path) -> tuple[float, int]:
    """Run one job; return its seconds and the server's peak memory."""
    taken: list[float] = []
    peak = peak_of(server.process_id, lambda: taken.append(timing.seconds(lambda: server.run_job(file, results))))
    return taken[0], peak
