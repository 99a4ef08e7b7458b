"""Both lanes on the same text, for tests that compare them."""

import polars as pl

from orgsync.core.carefullane import read_carefully
from orgsync.core.fastlane import read_fast
from orgsync.core.model import Limits
from orgsync.core.records import Records

LIMITS = Limits()


def take_carefully(text: str, delimiter: str = ",") -> tuple[list[str], pl.DataFrame, pl.DataFrame] | None:
    """Return headers, rows and issues as the careful lane reads them; None for a text without any record."""
    records = Records(text.encode(), delimiter, LIMITS)
    headers = next((cells for cells in records if cells), None)
    if headers is None:
        return None
    records.expect_width(len(headers))
    return headers, *read_carefully(records, headers, LIMITS)


def check_lanes_agree(text: str, delimiter: str = ",") -> bool:
    """Fail when the fast lane accepts a text and reads it differently; return whether it accepted."""
    careful = take_carefully(text, delimiter)
    if careful is None:
        return False
    headers, rows, issues = careful
    fast = read_fast(text.encode(), headers, delimiter)
    if fast is None:
        return False
    assert fast.equals(rows), text
    assert fast.schema == rows.schema
    assert issues.is_empty(), text
    return True
