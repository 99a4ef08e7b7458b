"""Small files by hand, as reader and header matching would give them."""

import polars as pl

from orgsync.core.columns import BY_NAME, GROUP_PREFIX, Column, custom_column, group_column, license_column, pool_key
from orgsync.core.rows import FileColumn, FileLayout, RawFile


def raw_file(headers: list[str], *rows: list[str | None]) -> RawFile:
    """Build a file as the reader would: row numbers from 2, one text column for each header."""
    schema = {"row_number": pl.Int64} | {f"c{position}": pl.String for position in range(len(headers))}
    lines = [(number, *cells) for number, cells in enumerate(rows, start=2)]
    return RawFile(tuple(headers), pl.DataFrame(lines, schema=schema, orient="row"))


def layout_of(headers: list[str], *, carries_results: bool = False) -> FileLayout:
    """Describe known, custom, group and license headers; any other header is ignored."""
    columns = []
    for position, header in enumerate(headers):
        if meaning := _meaning(header):
            columns.append(FileColumn(position, header, *meaning))
    return FileLayout(tuple(columns), carries_results=carries_results)


def _meaning(header: str) -> tuple[Column, str] | None:
    if column := BY_NAME.get(header):
        return column, column.name
    if header.startswith("attribute_"):
        return custom_column(header), header
    if header.startswith(GROUP_PREFIX):
        return group_column(header), header
    if key := pool_key(header):
        return license_column(header), f"license:{key}"
    return None
