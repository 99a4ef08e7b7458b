"""Read and check a whole file without any directory: the first three stages in one call."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final

import polars as pl

from orgsync.core.columns import fold_header
from orgsync.core.csvfile import read_csv
from orgsync.core.headers import holds_our_words, read_layout
from orgsync.core.issuerows import file_issues, group_issues, rows_with
from orgsync.core.issues import NO_ROWS, FileIssue
from orgsync.core.model import Limits, Severity
from orgsync.core.results import NOT_IN_FILE, write_results
from orgsync.core.rows import ROW_NUMBER, CheckedRows, FileLayout, RawFile
from orgsync.core.validate import check_rows

_NO_OUTCOME: Final = pl.Schema({ROW_NUMBER: pl.Int64, "status": pl.String})
_NO_LEAVERS: Final = pl.Schema({"primary_email_address": pl.String, "unique_user_id": pl.String})


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file that was read and whose headers are understood."""

    raw: RawFile
    layout: FileLayout

    @property
    def row_count(self) -> int:
        """Data rows."""
        return self.raw.rows.height

    def check(self, *, date_formats: Sequence[str] = (), settled: pl.DataFrame | None = None) -> "CheckedFile":
        """Check all rows but those of `settled` (as `CheckedRows` has it)."""
        checked = check_rows(self.raw, self.layout, date_formats=date_formats, settled=settled)
        if self.raw.rows.is_empty():
            nothing = file_issues([FileIssue(NO_ROWS, NO_ROWS.wording)])
            checked = replace(checked, issues=pl.concat([nothing, checked.issues]))
        return CheckedFile(self.raw, self.layout, checked)


@dataclass(frozen=True, slots=True)
class CheckedFile(OpenedFile):
    """A file with everything that can be said about it by itself."""

    checked: CheckedRows

    @property
    def issues(self) -> pl.DataFrame:
        """All findings (`ISSUE_SCHEMA`): those of the whole file first, then by row."""
        return self.checked.issues

    @property
    def error_count(self) -> int:
        """Rows with an error."""
        return rows_with(self.issues, Severity.ERROR).len()

    @property
    def warning_count(self) -> int:
        """Rows with a warning."""
        return rows_with(self.issues, Severity.WARNING).len()

    @property
    def is_refused(self) -> bool:
        """Whether the file as a whole has an error, so that none of its rows would be applied."""
        of_file = self.issues.filter(pl.col(ROW_NUMBER).is_null())
        return not of_file.filter(pl.col("severity") == Severity.ERROR.value).is_empty()

    def grouped(self) -> pl.DataFrame:
        """Return the findings as `group_issues` groups them."""
        return group_issues(self.issues)

    def annotate(self, target: BinaryIO) -> int:
        """Write the file with `Status`, `Code` and `Messages`; return its data lines.

        A row in error has the status ERROR, every other one SKIPPED: nothing was applied.
        """
        outcome, leavers = pl.DataFrame(schema=_NO_OUTCOME), pl.DataFrame(schema=_NO_LEAVERS)
        return write_results(self.raw, self.layout, outcome, self.issues, leavers, target)


def check_file(
    source: bytes | Path,
    *,
    limits: Limits | None = None,
    date_formats: Sequence[str] = (),
    license_keys: Collection[str] | None = None,
) -> CheckedFile:
    """Read, lay out and check a file as the server would, as far as no directory is needed.

    `date_formats` are the organization's, as for `strptime`; `license_keys` as for `read_layout`. A file
    without data rows gets the warning `no_rows`; whether that is an error is for the mode to say. Raise
    UnreadableFile when the file cannot be used at all.
    """
    opened = open_file(source, limits=limits, license_keys=license_keys)
    return opened.check(date_formats=date_formats)


def open_file(
    source: bytes | Path, *, limits: Limits | None = None, license_keys: Collection[str] | None = None
) -> OpenedFile:
    """Read and lay out a file, nothing checked; arguments and errors as of `check_file`."""
    bounds = limits or Limits()
    raw = read_csv(source, limits=bounds)
    layout = read_layout(raw.headers, license_keys=license_keys, limits=bounds)
    if layout.carries_results:
        if holds_our_words(raw):
            raw = _without_our_lines(raw)
        else:
            layout = replace(layout, carries_results=False)
    return OpenedFile(raw, layout)


def _without_our_lines(raw: RawFile) -> RawFile:
    """Drop the lines that a results file adds for people whom no row names: nobody sent them."""
    position = next(n for n, header in enumerate(raw.headers) if fold_header(header) == "code")
    return replace(raw, rows=raw.rows.filter(pl.col(raw.cell(position)).ne_missing(pl.lit(NOT_IN_FILE))))
