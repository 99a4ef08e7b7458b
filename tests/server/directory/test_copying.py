"""What COPY takes in is what comes out, whatever the cells hold."""

import polars as pl
from django.db import connection, transaction

from orgsync.server.directory.copying import copy_frame, read_frame

HARD_CELLS = [
    *("plain", "", "\\", "\\N", "\\.", "\\t", "a\tb", "a\nb", "a\r\nb", "\r", 'say "hi", twice', "ends with \\"),
    *("é日本\u2028", " ", None),
]


def test_every_cell_comes_out_as_it_went_in(db: None) -> None:
    """NULL, the empty string and everything that means something to COPY stay apart."""
    cells = pl.DataFrame({"place": range(len(HARD_CELLS)), "cell": HARD_CELLS, "is_even": None})
    cells = cells.with_columns(is_even=pl.col("place") % 2 == 0)

    assert _there_and_back(cells).equals(cells)
    assert _there_and_back(cells.select("cell").drop_nulls()).equals(cells.select("cell").drop_nulls())


def _there_and_back(frame: pl.DataFrame) -> pl.DataFrame:
    types = {pl.Int64: "bigint", pl.String: "text", pl.Boolean: "boolean"}
    columns = ", ".join(f"{name} {types[kind.base_type()]}" for name, kind in frame.schema.items())
    values = ", ".join(f"{name}::text" if kind == pl.Boolean else name for name, kind in frame.schema.items())
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE hard_cells (nr serial, {columns}) ON COMMIT DROP")
        copy_frame(cursor, "hard_cells", frame)
        found = read_frame(cursor, f"SELECT {values} FROM hard_cells ORDER BY nr", {}, frame.schema)
        cursor.execute("DROP TABLE hard_cells")
    return found
