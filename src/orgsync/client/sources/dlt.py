"""The output of a dlt pipeline with the destination `filesystem`: Parquet or JSONL files of one table."""

import gzip
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

import polars as pl

from orgsync.client.sources.base import NothingThere, Pulled, UnusableSource
from orgsync.client.sources.celltext import flattened
from orgsync.client.sources.csvout import write_records
from orgsync.client.sources.options import Options

LOADS: Final = "_dlt_loads"
_OURS: Final = re.compile(r"^(?P<load>\d+\.\d+)\..+\.(?:parquet|jsonl|jsonl\.gz)$")
_ROWS_AT_ONCE: Final = 10_000


def open_dlt(options: Options) -> "Dlt":
    return Dlt(options)


class Dlt:
    """A table of a dataset folder, of the loads that dlt has finished."""

    def __init__(self, options: Options) -> None:
        path = options.path("path")
        if path is None:
            raise options.wrong("path", "it is empty.")
        self._dataset = path
        self._table = options.text("table")
        self._loads = options.text("loads")

    def pull(self, target: BinaryIO) -> Pulled:
        files = self._files()
        rows, columns = write_records(target, (row for file in files for row in _records(file)))
        return Pulled(rows, columns, f"{self._dataset / self._table}, {len(files)} files")

    def _files(self) -> Sequence[Path]:
        folder = self._dataset / self._table
        if not folder.is_dir():
            tables = sorted(one.name for one in self._dataset.glob("*/") if not one.name.startswith("_dlt"))
            raise NothingThere(f"No table is at {folder}. Tables there are: {', '.join(tables) or 'none'}.")
        loads: dict[str, list[Path]] = {}
        for file in sorted(folder.iterdir()):
            if found := _OURS.match(file.name):
                loads.setdefault(found["load"], []).append(file)
        finished = self._finished()
        if open_ones := [load for load in loads if load not in finished]:
            raise UnusableSource(f"dlt has not finished the load {open_ones[0]} of {folder}; run the pipeline again.")
        if not loads:
            raise NothingThere(f"{folder} has no Parquet or JSONL file.")
        newest = max(loads, key=float)
        return loads[newest] if self._loads == "newest" else [file for load in sorted(loads) for file in loads[load]]

    def _finished(self) -> set[str]:
        """Return the loads that dlt has closed: each has a line of status 0."""
        lines = (line for file in sorted((self._dataset / LOADS).glob("*.jsonl*")) for line in _json_lines(file))
        return {str(line.get("load_id")) for line in lines if line.get("status") == 0}


def _records(file: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of a file without dlt's own columns."""
    rows = _parquet_rows(file) if file.suffix == ".parquet" else map(flattened, _json_lines(file))
    for row in rows:
        yield {name: value for name, value in row.items() if not name.startswith("_dlt_")}


def _parquet_rows(file: Path) -> Iterator[Mapping[str, Any]]:
    try:
        frame = pl.read_parquet(file)
    except pl.exceptions.PolarsError as error:
        raise UnusableSource(f"{file} cannot be read as Parquet: {error}") from error
    for part in frame.iter_slices(_ROWS_AT_ONCE):
        yield from map(flattened, part.iter_rows(named=True))


def _json_lines(file: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield json.loads(line)
            except ValueError as error:
                raise UnusableSource(f"{file}, line {number}, is no JSON.") from error
