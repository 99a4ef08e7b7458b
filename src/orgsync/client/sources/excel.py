"""A sheet of an Excel workbook as rows of text, within bounds that a hostile or broken file cannot pass."""

import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from orgsync.client.extras import needed
from orgsync.client.sources.base import NothingThere, UnusableSource
from orgsync.client.sources.celltext import cell_text
from orgsync.core.headers import check_headers
from orgsync.core.model import Limits

calamine: Any = needed("python_calamine", extra="excel")

MOST_UNPACKED: Final = 2_000_000_000
"""Bytes of the workbook's parts together."""
MOST_CELLS: Final = 60_000_000
"""Cells of the rectangle from the first to the last cell of a sheet; the reader makes room for all of them."""
_RATIO_FLOOR: Final = 16_000_000
_CHUNK: Final = 1 << 20
_CELL: Final = re.compile(rb"""<(?:\w+:)?c\s[^<>]*?\br\s*=\s*["']([^"']{1,40})["']""")
_PLACE: Final = re.compile(rb"([A-Z]{1,3})(\d{1,7})")
_OVERLAP: Final = 4_096
_ERROR_CELLS: Final = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"})


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its headers, and its rows as a frame of text with a column for each of them."""

    sheet: str
    headers: tuple[str, ...]
    frame: pl.DataFrame
    notes: tuple[str, ...] = ()


def read_sheet(path: Path, sheet: str = "") -> Sheet:
    """Return a sheet by name; without one the only sheet that has rows. The first row with a cell names the columns.

    Blank rows are passed over, columns without header and cells dropped. Raise UnusableSource for a workbook that
    cannot be read or is over a limit, NothingThere when no sheet has that name.
    """
    check_workbook(path)
    try:
        with calamine.CalamineWorkbook.from_path(str(path)) as workbook:
            name = _choose(workbook, sheet, path)
            rows = list(_rows(workbook.get_sheet_by_name(name)))
            others = [other for other in _visible(workbook) if other != name]
    except calamine.PasswordError as error:
        raise UnusableSource(f"{path.name} is protected by a password; save it without one.") from error
    except calamine.CalamineError as error:
        raise UnusableSource(f"{path.name} is no workbook that can be read: {error}") from error
    headers, cells = _table(rows, path)
    notes = (f"Sheet {name} was read; the others were not: {', '.join(others)}.",) if others else ()
    return Sheet(name, headers, _frame(headers, cells), notes)


def check_workbook(path: Path) -> None:
    """Raise UnusableSource for a workbook that would fill the memory: unpacked too large, or with a cell far out."""
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = 0
            for part in archive.infolist():
                unpacked += _check_part(archive, part, path, MOST_UNPACKED - unpacked)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise UnusableSource(f"{path.name} is no workbook that can be read: {error}") from error


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, path: Path, most: int) -> int:
    """Unpack one part piece by piece, count its bytes, and look how far its cells reach; return the bytes."""
    size, rows, columns, rest = 0, 0, 0, b""
    ratio = Limits().unpacked_ratio
    is_sheet = "worksheets/" in part.filename.lower()
    with archive.open(part) as content:
        while piece := content.read(_CHUNK):
            size += len(piece)
            if size > most or (size > _RATIO_FLOOR and size > part.compress_size * ratio):
                raise UnusableSource(f"{path.name} unpacks to more than is safe; save it anew or send it as CSV.")
            if is_sheet:
                rest += piece
                rows, columns = _reach(rest, rows, columns, path)
                rest = rest[-_OVERLAP:]
    if rows * columns > MOST_CELLS:
        raise UnusableSource(
            f"{path.name} has a cell at row {rows:,}, column {columns:,}: too far out. Delete what is beyond the table."
        )
    return size


def _reach(xml: bytes, rows: int, columns: int, path: Path) -> tuple[int, int]:
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise UnusableSource(f"{path.name} declares XML entities, which no spreadsheet does.")
    places = set(_CELL.findall(xml))
    for place in places:
        found = _PLACE.fullmatch(place)
        if found is None:
            raise UnusableSource(f"{path.name} has a cell at a place that does not exist.")
        rows = max(rows, int(found[2]))
        columns = max(columns, _number(found[1]))
    return rows, columns


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _visible(workbook: Any) -> list[str]:
    return [one.name for one in workbook.sheets_metadata if one.visible == calamine.SheetVisibleEnum.Visible]


def _choose(workbook: Any, sheet: str, path: Path) -> str:
    if sheet:
        if sheet not in workbook.sheet_names:
            raise NothingThere(f"{path.name} has no sheet {sheet}; it has: {', '.join(workbook.sheet_names)}.")
        return sheet
    filled = [name for name in _visible(workbook) if workbook.get_sheet_by_name(name).total_height]
    if not filled:
        raise UnusableSource(f"{path.name} has no sheet with anything in it.")
    return filled[0]


def _rows(sheet: Any) -> Iterator[list[str]]:
    for row in sheet.iter_rows():
        yield [_text(cell) for cell in row]


def _text(cell: object) -> str:
    text = cell_text(cell)
    return "" if text in _ERROR_CELLS else text


def _table(rows: list[list[str]], path: Path) -> tuple[tuple[str, ...], list[list[str]]]:
    """Return the headers, and the rows that have anything in them."""
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    if not filled:
        raise UnusableSource(f"{path.name} has a sheet without a single cell.")
    head, cells = filled[0], filled[1:]
    kept = [place for place, header in enumerate(head) if header.strip() or any(row[place].strip() for row in cells)]
    nameless = [place + 1 for place in kept if not head[place].strip()]
    if nameless:
        raise UnusableSource(
            f"{path.name}: column {nameless[0]} has cells and no header; the first row names the columns."
        )
    headers = tuple(head[place].strip() for place in kept)
    check_headers(headers)
    return headers, [[row[place] for place in kept] for row in cells]


def _frame(headers: Sequence[str], cells: list[list[str]]) -> pl.DataFrame:
    schema = {f"c{place}": pl.String for place in range(len(headers))}
    return pl.DataFrame(cells, schema=schema, orient="row")
