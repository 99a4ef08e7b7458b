"""The rows in error of a results file, taken from it while it is streamed."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from typing import Final

from orgsync.core.model import RowStatus
from orgsync.core.results import BYTE_ORDER_MARK, LINE_END
from orgsync.server.uploads.media import open_verified
from orgsync.server.uploads.models import Media

_STATUS: Final = -3
"""`Status`, `Code` and `Messages` are the last columns of every results file."""
_BATCH: Final = 500


def failed_rows(results: Media) -> Iterator[bytes]:
    """
    Stream the header and the rows in error of a results file, ready to be mended and sent again.

    Raises as `open_verified`: RemovedMedia and FileNotFoundError at once, DamagedMedia after the last row.
    """
    return _only_failed(open_verified(results))


def _only_failed(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rows = csv.reader(_lines(chunks), strict=True)
    yield BYTE_ORDER_MARK + _written([next(rows)])
    batch: list[list[str]] = []
    for row in rows:
        if row[_STATUS] == RowStatus.ERROR:
            batch.append(row)
        if len(batch) == _BATCH:
            yield _written(batch)
            batch.clear()
    yield _written(batch)


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Cut the text behind each line feed and keep it: the reader puts quoted cells together again."""
    decode = codecs.getincrementaldecoder("utf-8-sig")().decode
    rest = ""
    for chunk in chunks:
        *whole, rest = (rest + decode(chunk)).split("\n")
        for line in whole:
            yield f"{line}\n"
    if rest:
        yield rest


def _written(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator=LINE_END).writerows(rows)
    return text.getvalue().encode()
