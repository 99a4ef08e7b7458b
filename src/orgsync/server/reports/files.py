"""A report as a file: CSV, and a workbook that spreadsheets open with real numbers."""

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from xml.sax.saxutils import escape  # nosec B406  it parses nothing

from django.utils.translation import gettext as _

from orgsync.core.formula import defuse
from orgsync.server.directory.csvfiles import csv_file
from orgsync.server.reports.answers import Counted, Report, lines_of
from orgsync.server.reports.series import Series

Cell = str | int | float
_PARTS: Final = {
    "[Content_Types].xml": (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/xl/workbook.xml"'
        ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml"'
        ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Target="xl/workbook.xml"'
        ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>'
    ),
    "xl/workbook.xml": (
        '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
        ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        '<sheets><sheet name="Report" sheetId="1" r:id="r1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Target="worksheets/sheet1.xml"'
        ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/></Relationships>'
    ),
}
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_ALLOWED: Final = str.maketrans({number: None for number in range(32) if number not in (9, 10, 13)})


def table_of(report: Report, slice_label: str, series: Series | None = None) -> Iterator[Sequence[Cell]]:
    """Yield the head and the lines of a report; each week or month of a series is a column named by its first day."""
    label = str(report.asked.measured.label)
    times = [bucket.first.isoformat() for bucket in series.buckets] if series else []
    courses = [line.values for line in series.lines] if series else [()] * len(report.slices)
    yield slice_label, _("People"), label, _("Per person"), *times
    for (name, people, value, per_person), course in zip(lines_of(report), courses, strict=True):
        yield name or _("(none)"), people, _number(value), round(per_person, 3), *map(_number, course)


def people_table(people: Iterable[Counted], measure_label: str) -> Iterator[Sequence[Cell]]:
    """Yield the head and the lines of the people behind a slice."""
    yield _("Name"), _("E-mail"), measure_label
    for one in people:
        yield one.name, one.address, _number(one.value)


def csv_parts(table: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """Yield a CSV file like those of lists."""
    lines = iter(table)
    return csv_file([defuse(str(cell)) for cell in next(lines)], lines)


def workbook(table: Iterable[Sequence[Cell]]) -> bytes:
    """Return an XLSX file of one sheet; texts are texts there, never formulas."""
    rows = "".join(f"<row>{''.join(map(_cell, line))}</row>" for line in table)
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{rows}</sheetData></worksheet>"
    )
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in (*_PARTS.items(), ("xl/worksheets/sheet1.xml", sheet)):
            archive.writestr(name, _HEAD + part)
    return content.getvalue()


def _cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(cell.translate(_ALLOWED))}</t></is></c>'
    return f"<c><v>{cell}</v></c>"


def _number(value: float) -> Cell:
    return int(value) if value == int(value) else round(value, 2)
