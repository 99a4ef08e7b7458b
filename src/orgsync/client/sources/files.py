"""Files as a source: CSV, TSV and Excel, one or several, here or elsewhere."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import polars as pl

from orgsync.client.sources.base import Pulled, UnusableSource
from orgsync.client.sources.csvout import write_frame
from orgsync.client.sources.options import Options
from orgsync.client.sources.places import Entry, LocalPlace, Place, picked
from orgsync.core.csvfile import read_csv
from orgsync.core.encoding import read_text
from orgsync.core.issues import rows_with
from orgsync.core.model import Limits, Severity
from orgsync.core.rows import ROW_NUMBER, RawFile
from orgsync.core.unpacking import unpack


def open_files(options: Options) -> "FileSource":
    path = options.path("path")
    if path is None:
        raise options.wrong("path", "it is empty.")
    return FileSource(LocalPlace(path), options.text("pick"))


class FileSource:
    """One file or several of the same kind."""

    def __init__(self, place: Place, pick: str) -> None:
        self._place = place
        self._pick = pick

    def pull(self, target: BinaryIO) -> Pulled:
        entries = picked(self._place, self._pick)
        with tempfile.TemporaryDirectory(prefix="orgsync-pull-") as folder:
            if len(entries) == 1:
                return self._pull_one(entries[0], Path(folder), target)
            return self._pull_all(entries, Path(folder), target)

    def _pull_one(self, entry: Entry, folder: Path, target: BinaryIO) -> Pulled:
        path = self._place.fetch(entry, folder)
        raw = read_csv(path)
        broken = _broken_rows(raw)
        if broken:
            # As it is, broken rows and all: whoever checks it names them, and none is lost.
            target.write(read_text(unpack(path.read_bytes(), limits=Limits())).utf8)
        else:
            write_frame(target, raw.headers, raw.rows.drop(ROW_NUMBER))
        notes = (f"{broken:,} rows of the file are broken; orgsync check names them.",) if broken else ()
        return Pulled(raw.rows.height, raw.headers, entry.name, notes)

    def _pull_all(self, entries: Sequence[Entry], folder: Path, target: BinaryIO) -> Pulled:
        frames = [self._frame(entry, folder) for entry in entries]
        together = pl.concat(frames, how="diagonal")
        write_frame(target, together.columns, together)
        return Pulled(together.height, tuple(together.columns), f"{len(entries)} files at {self._place.origin}")

    def _frame(self, entry: Entry, folder: Path) -> pl.DataFrame:
        raw = read_csv(self._place.fetch(entry, folder))
        if broken := _broken_rows(raw):
            raise UnusableSource(f"{broken:,} rows of {entry.name} are broken; see: orgsync check {entry.name}")
        return raw.rows.drop(ROW_NUMBER).rename({raw.cell(place): header for place, header in enumerate(raw.headers)})


def _broken_rows(raw: RawFile) -> int:
    return rows_with(raw.issues, Severity.ERROR).len()
