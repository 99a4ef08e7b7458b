"""One file of this machine as a table: CSV of any shape, or a sheet of an Excel workbook."""

from pathlib import Path
from typing import BinaryIO, Final

import polars as pl

from orgsync.client.sources.base import Pulled, UnusableSource
from orgsync.client.sources.csvout import write_frame
from orgsync.core.csvfile import read_csv
from orgsync.core.encoding import read_text
from orgsync.core.issuerows import rows_with
from orgsync.core.model import Limits, Severity
from orgsync.core.rows import ROW_NUMBER, RawFile
from orgsync.core.unpacking import unpack

_WORKBOOK: Final = b"PK\x03\x04"


def is_workbook(path: Path) -> bool:
    """Say whether a file is an Excel workbook, going by its first bytes and its name."""
    with path.open("rb") as file:
        return file.read(4) == _WORKBOOK and path.suffix.lower() in {".xlsx", ".xlsm", ""}


def copy_table(path: Path, target: BinaryIO, *, origin: str, sheet: str = "") -> Pulled:
    """Write the table in a file as CSV; broken rows of a CSV are passed on as they are."""
    if is_workbook(path):
        return _copy_sheet(path, target, origin, sheet)
    raw = read_csv(path)
    broken = broken_rows(raw)
    if broken:
        # As it is, broken rows and all: whoever checks it names them, and none is lost.
        target.write(read_text(unpack(path.read_bytes(), limits=Limits())).utf8)
    else:
        write_frame(target, raw.headers, raw.rows.drop(ROW_NUMBER))
    notes = (f"{broken:,} rows of the file are broken; orgsync check names them.",) if broken else ()
    return Pulled(raw.rows.height, raw.headers, origin, notes)


def read_frame(path: Path, *, name: str, sheet: str = "") -> pl.DataFrame:
    """Return the rows of a file under their headers. Raise UnusableSource, which says `name`, for broken rows."""
    if is_workbook(path):
        from orgsync.client.sources.excel import read_sheet  # noqa: PLC0415  needs an extra

        found = read_sheet(path, sheet)
        return found.frame.rename(dict(zip(found.frame.columns, found.headers, strict=True)))
    raw = read_csv(path)
    if broken := broken_rows(raw):
        raise UnusableSource(f"{broken:,} rows of {name} are broken; see: orgsync check {name}")
    return raw.rows.drop(ROW_NUMBER).rename({raw.cell(place): header for place, header in enumerate(raw.headers)})


def broken_rows(raw: RawFile) -> int:
    return rows_with(raw.issues, Severity.ERROR).len()


def _copy_sheet(path: Path, target: BinaryIO, origin: str, sheet: str) -> Pulled:
    from orgsync.client.sources.excel import read_sheet  # noqa: PLC0415  needs an extra

    found = read_sheet(path, sheet)
    write_frame(target, found.headers, found.frame)
    return Pulled(found.frame.height, found.headers, f"{origin}, sheet {found.sheet}", found.notes)
