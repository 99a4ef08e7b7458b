"""A small file of three columns, read, and what was found in it."""

from typing import Any

from orgsync.core.csvfile import read_csv
from orgsync.core.rows import RawFile

HEADER = "unique_user_id,work_title,job_level\n"


def read(body: str, **options: Any) -> RawFile:
    """Read a file of three columns."""
    return read_csv((HEADER + body).encode(), **options)


def found(raw: RawFile) -> list[tuple[int | None, str]]:
    """Return row number and code of every issue."""
    return raw.issues.select("row_number", "code").rows()
