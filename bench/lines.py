"""The lines of the table: each does one job of ours and, beside it, the least that such a job could be."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from bench import floors, peers, serving, timing
from bench.memory import peak_of
from bench.server import ORGSYNC, BenchServer, running_server
from orgsync.core.model import Mode
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

    is_speed: bool = False
    """Whether the ratio says how many times as fast ours is (more is better); else how many times as long it takes."""

    @property
    def ratio(self) -> float:
        return self.floor_seconds / self.seconds if self.is_speed else self.seconds / self.floor_seconds


@dataclass(frozen=True, slots=True)
class Files:
    """Full files of two days: on the second 1 % changed, 0.2 % joined, 0.2 % left. And smaller ones."""

    first: Path
    second: Path
    small: Path
    """The first day of a directory of a hundredth, by whose size the cost of few changes is measured."""
    tenth: Path
    """The first day of a directory of a tenth, by whose rate that of the large one is measured."""
    few: Path
    """A file of changes: new titles for at most 1,000 of the people in both directories."""


def measure_all(folder: Path, *, people: int, repeats: int) -> Iterator[Line]:
    """Measure line after line, nothing at the same time; `folder` takes files, data directory and results."""
    files = _write_files(folder, people)
    yield from _offline(files.first, repeats=repeats)
    results = folder / "results.csv"
    with running_server(folder / "large") as server:
        lines = list(_online(server, files, results, repeats=repeats))
        yield from lines
        few, peak = _job(server, files.few, results, mode=Mode.CHANGES)
        yield from _serving(server, files, results, repeats=repeats)
    with running_server(folder / "small") as server:
        loaded, _ = _job(server, files.small, results)
        few_of_small, _ = _job(server, files.few, results, mode=Mode.CHANGES)
        tenth, _ = _job(server.beside("A Tenth Ltd"), files.tenth, results)
    yield Line(
        f"changes file of {_few(people):,} rows", "the same into a directory of a hundredth", few, few_of_small, peak
    )
    first = lines[0]
    whole = tenth * people / _tenth(people)
    yield Line("rate of the first load", "of a tenth", first.seconds, whole, first.peak_bytes, is_speed=True)
    yield from _beside_peers(loaded, _small(people), copied=first.floor_seconds / people)


def _beside_peers(loaded: float, count: int, *, copied: float) -> Iterator[Line]:
    """Compare a first load with what other programs were seen to do, as fast as this machine copies a person."""
    scale = peers.COPY_SECONDS / copied
    for name, rate in peers.RATES.items():
        scaled = f"{name} at {rate:,} a second, scaled"
        yield Line(f"first load of {count:,}", scaled, loaded, count / (rate * scale), is_speed=True)


def _write_files(folder: Path, people: int) -> Files:
    files = Files(*(folder / f"{name}.csv" for name in ("day-1", "day-2", "small", "tenth", "few")))
    sizes = (people, 1), (people, 2), (_small(people), 1), (_tenth(people), 1)
    for path, (size, day) in zip((files.first, files.second, files.small, files.tenth), sizes, strict=True):
        with path.open("wb") as target:
            write_sample(target, people=size, seed=SEED, day=day)
    few = pl.read_csv(files.small, infer_schema=False, n_rows=_few(people)).select(
        "unique_user_id", work_title=pl.lit("New")
    )
    few.write_csv(files.few)
    return files


def _small(people: int) -> int:
    return max(50, people // 100)


def _tenth(people: int) -> int:
    return max(50, people // 10)


def _few(people: int) -> int:
    """Return so few that no guard minds them in the small directory."""
    return min(1_000, _small(people) // 10)


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
    """Measure whole jobs, from the first byte of the upload until the results can be downloaded.

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
        server.edit_by_hand()
        edited, peak = _job(server, files.first, results)
        yield Line("same file, after one edit by hand", "polars.read_csv", edited, read, peak)

        merged = timing.seconds(lambda: floors.copy_and_merge(connection, files.second))
        changed, peak = _job(server, files.second, results)
        yield Line("next-day file, 1 % changed", "COPY and MERGE into one table", changed, merged, peak)


def _serving(server: BenchServer, files: Files, results: Path, *, repeats: int) -> Iterator[Line]:
    """Measure what a client feels: an upload by itself, and questions while another organization's load runs."""
    ours, bare = serving.upload_seconds(server, files.first, repeats=repeats)
    yield Line("rate of an upload", "to a bare gunicorn that discards it", ours, bare, is_speed=True)
    another = server.beside("Polled Ltd")
    job = another.start_job(files.few, mode=Mode.CHANGES)
    idle = serving.idle_polls(another, job)
    with serving.polled(another, job) as polls:
        another.run_job(files.first, results)
    yield Line("answer to 50 clients while a load runs, p99", "while nothing runs", polls.p99, idle.p99)


def _job(server: BenchServer, file: Path, results: Path, *, mode: Mode | None = None) -> tuple[float, int]:
    """Run one job; return its seconds and the server's peak memory."""
    taken: list[float] = []
    peak = peak_of(server.process_id, lambda: taken.append(server.run_job(file, results, mode=mode)))
    return taken[0], peak
