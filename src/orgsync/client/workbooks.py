"""Check an Excel workbook as the CSV that it would make."""

import io
from pathlib import Path

from orgsync.client.sources.tabular import copy_table, is_workbook


def checkable(file: Path) -> tuple[Path | bytes, str]:
    """Return what to check of a file, and what to say of that: a workbook's sheet as CSV, another file as it is."""
    if not is_workbook(file):
        return file, ""
    csv = io.BytesIO()
    made = copy_table(file, csv, origin=str(file))
    note = f"{made.origin} was checked as CSV; blank rows do not count. A server takes CSV: make it with orgsync pull."
    return csv.getvalue(), " ".join((note, *made.notes))
