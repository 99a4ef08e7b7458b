"""A row's fingerprint and the epoch it is good for: what lets a row that said the same before be passed over."""

import hashlib
from collections.abc import Iterable
from typing import Final

import polars as pl
from polars_hash import NonCryptographicHashingNameSpace as Hashes

from orgsync.core.rows import ROW_NUMBER, FileLayout, RawFile

FINGERPRINTS: Final = pl.Schema({ROW_NUMBER: pl.Int64, "fingerprint": pl.Int64})
ALGORITHM: Final = "xxhash64 over raw cells, 1"
"""Stands in the epoch, so that another way to make fingerprints matches none of the old ones."""

_SEPARATOR: Final = "\x1f"
_IDENTITY_MOVES: Final = ("existing_email_address", "new_unique_user_id", "domain_name_change")
"""Fields that name more people than one, or move a key: such a row means something else the second time."""


def epoch_of(parts: Iterable[object]) -> int:
    """Return the number (of 64 bits, signed) that stands for everything by which rows are interpreted."""
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        text = repr(part).encode()
        digest.update(f"{len(text)}:".encode() + text)
    return int.from_bytes(digest.digest(), "big", signed=True)


def layout_parts(layout: FileLayout, headers: Iterable[str]) -> list[object]:
    """Return what the file's own columns add to the epoch."""
    return [ALGORITHM, *headers, layout.is_defused, *((column.position, column.field) for column in layout.columns)]


def fingerprints(raw: RawFile, epoch: int) -> pl.DataFrame:
    """Return `FINGERPRINTS`: every data row with the hash of all of its cells as they were written, in file order.

    Null where a cell is missing (the row is too short, which is another thing than a blank cell) or holds the
    character that stands between cells: such a row cannot be told from every other one. The epoch is the seed, so
    that nobody who writes cells can aim at another row's hash.
    """
    cells = [pl.col(raw.cell(position)) for position in range(len(raw.headers))]
    line = pl.concat_str(cells, separator=_SEPARATOR, ignore_nulls=False).alias("line")
    is_plain = pl.col("line").str.count_matches(_SEPARATOR, literal=True) == len(cells) - 1
    number = Hashes(pl.col("line")).xxhash64(seed=epoch % 2**64).reinterpret(signed=True)
    rows = raw.rows.lazy().select(ROW_NUMBER, line).select(ROW_NUMBER, fingerprint=pl.when(is_plain).then(number))
    # In pieces, of which every core has one: the lines would be the whole file once more.
    return rows.collect(engine="streaming")


def may_be_kept(rows: pl.DataFrame, issues: pl.DataFrame) -> pl.DataFrame:
    """Return `row_number` of the checked rows whose fingerprint may stand for them the next time.

    Left out are rows with an issue and rows that move a key: they mean something else the second time. `issues` are
    all that the file has, those of the plan included. What depends on the person (dates to come, a manager who is
    not there yet, a waiting list) is judged when the fingerprint is stored.
    """
    moves = [pl.col(name).is_not_null() for name in _IDENTITY_MOVES if name in rows.columns]
    stays = pl.col("is_valid") & ~pl.any_horizontal(moves) if moves else pl.col("is_valid")
    clean = rows.select(ROW_NUMBER, stays=stays).filter("stays").select(ROW_NUMBER)
    found = issues.select(ROW_NUMBER).drop_nulls().unique()
    return clean if found.is_empty() else clean.join(found, on=ROW_NUMBER, how="anti", maintain_order="left")
