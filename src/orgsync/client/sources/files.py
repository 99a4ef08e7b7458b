"""Files as a source: CSV, TSV and Excel, one or several, here or elsewhere."""

import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

import polars as pl

from orgsync.client.sources.base import Pulled
from orgsync.client.sources.csvout import write_frame
from orgsync.client.sources.options import Options
from orgsync.client.sources.places import Entry, LocalPlace, Place, picked
from orgsync.client.sources.tabular import copy_table, read_frame


def open_files(options: Options) -> "FileSource":
    return FileSource(_place(options), options.text("pick"), options.text("sheet"))


def _place(options: Options) -> Place:
    scheme, is_address, _ = options.text("path").partition("://")
    if is_address and scheme == "sftp":
        from orgsync.client.sources.sftp import SftpPlace  # noqa: PLC0415  needs an extra

        return SftpPlace(options)
    if is_address and scheme == "s3":
        from orgsync.client.sources.s3 import S3Place  # noqa: PLC0415  needs an extra

        return S3Place(options)
    path = options.path("path")
    if path is None or (is_address and scheme != "file"):
        raise options.wrong("path", 'it can be a path, a glob, sftp://… or s3://…; for https:// use kind = "rest".')
    return LocalPlace(path)


class FileSource:
    """One file or several of the same kind."""

    def __init__(self, place: Place, pick: str, sheet: str) -> None:
        self._place = place
        self._pick = pick
        self._sheet = sheet

    def pull(self, target: BinaryIO) -> Pulled:
        with closing(self._place), tempfile.TemporaryDirectory(prefix="orgsync-pull-") as folder:
            entries = picked(self._place, self._pick)
            if len(entries) == 1:
                path = self._place.fetch(entries[0], Path(folder))
                return copy_table(path, target, origin=entries[0].name, sheet=self._sheet)
            return self._pull_all(entries, Path(folder), target)

    def _pull_all(self, entries: Sequence[Entry], folder: Path, target: BinaryIO) -> Pulled:
        """Put the rows of several files below each other; columns are brought together by their headers."""
        frames = [self._frame(entry, folder) for entry in entries]
        together = pl.concat(frames, how="diagonal")
        write_frame(target, together.columns, together)
        return Pulled(together.height, tuple(together.columns), f"{len(entries)} files at {self._place.origin}")

    def _frame(self, entry: Entry, folder: Path) -> pl.DataFrame:
        return read_frame(self._place.fetch(entry, folder), name=entry.name, sheet=self._sheet)
