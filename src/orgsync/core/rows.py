"""The values that flow between the stages: raw file, layout of its columns, checked rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from orgsync.core.columns import Column, ColumnGroup
from orgsync.core.issuerows import no_issues

ROW_NUMBER = "row_number"
SETTLED: Final = pl.Schema({ROW_NUMBER: pl.Int64, "learner_id": pl.Int64, "manager_id": pl.Int64})
"""Rows that need no plan, with their person and that person's manager."""


@dataclass(frozen=True, slots=True)
class RawFile:
    """A file as read: every cell as text, nothing interpreted, no data row lost.

    `rows` has `row_number` (Int64, as a spreadsheet shows it: the header is 1, a quoted line break does not
    add one, a blank line keeps its number but is no row) and `c0`, `c1`, … (String, one for each header, cells
    exactly as written, never null but for the missing cells of a short row). A row that the careful lane could
    not take apart has its issue in `issues` and stands in `rows` with what could be read of it.
    """

    headers: tuple[str, ...]
    rows: pl.DataFrame
    issues: pl.DataFrame = field(default_factory=no_issues)
    encoding: str = "utf-8"
    delimiter: str = ","
    lane: str = "careful"
    """`fast` or `careful`: which reader took the file."""
    may_hold_controls: bool = True
    """Whether a cell may hold a C0 control, tab and line breaks included. False is known: nobody need look."""

    def cell(self, position: int) -> str:
        """Return the frame's name of the column at `position`."""
        return f"c{position}"


@dataclass(frozen=True, slots=True)
class FileColumn:
    """One header of a file, understood."""

    position: int
    header: str
    column: Column
    field: str
    """Name in the checked frame: the canonical column name, `attribute_…`, `group:…` or `license:<pool key>`."""


@dataclass(frozen=True, slots=True)
class FileLayout:
    """What the headers of a file mean. Columns that are ignored or unknown are not in `columns`."""

    columns: tuple[FileColumn, ...]
    issues: pl.DataFrame = field(default_factory=no_issues)
    is_deletion_file: bool = False
    carries_results: bool = False
    """Whether this is a results file of ours coming back, whose result columns are replaced."""
    is_download: bool = False
    """Whether this is a download of learners coming back."""

    @property
    def is_defused(self) -> bool:
        """Whether the file carries our formula defence, which is undone cell by cell."""
        return self.carries_results or self.is_download

    @property
    def fields(self) -> tuple[str, ...]:
        """Distinct fields in file order."""
        return tuple(dict.fromkeys(column.field for column in self.columns))

    @property
    def attribute_fields(self) -> tuple[str, ...]:
        """Fields that are attributes of a learner, built in or custom."""
        return tuple(dict.fromkeys(c.field for c in self.columns if c.column.is_attribute))

    def fields_of(self, group: ColumnGroup) -> tuple[str, ...]:
        return tuple(dict.fromkeys(c.field for c in self.columns if c.column.group is group))

    def header_of(self, field_name: str) -> str:
        """Return the header as the file writes it, for messages."""
        return next(column.header for column in self.columns if column.field == field_name)


@dataclass(frozen=True, slots=True)
class CheckedRows:
    """Rows after normalizing and validating.

    `rows` has one line per data row, in file order: `row_number`, `is_valid` (Boolean; false when the row has an
    error), and one String column per field of the layout (canonical name). Null means blank or not usable; the
    token `#CLEAR#` stands where the sender wants a value emptied. If present in the layout: addresses are trimmed
    and have a folded twin (`primary_email_key`, `existing_email_key`, `manager_email_key`); dates are ISO; choices,
    flags and licenses are lower case (`active`, `inactive`, `yes`, `no`, `true`, `false`).
    Rows in error keep whatever keys could be read, because a bad row is present, not absent.
    """

    rows: pl.DataFrame
    issues: pl.DataFrame
    settled: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SETTLED))
    """Rows that say what they said when they were applied last (`planning.settled`): they are not in `rows`."""
    settled_filled: Mapping[str, int] = field(default_factory=dict)
    """By field, how many of the settled rows have something in it."""
