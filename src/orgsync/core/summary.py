"""The counts of a job, and its issues as short lists for people and programs."""

from dataclasses import dataclass

import polars as pl

from orgsync.core.issuerows import group_issues, rows_with
from orgsync.core.model import RowStatus, Severity
from orgsync.core.rows import ROW_NUMBER


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of the rows of a file. Each person counts once:

    updated + deleted + unchanged + error + skipped = total + leavers that no row names.
    """

    updated: int = 0
    """Rows that created or changed a person; `created` are among them."""
    deleted: int = 0
    """People deactivated, removed or erased, with leavers that no row names."""
    warning: int = 0
    """Rows with at least one warning, whatever became of them."""
    total: int = 0
    """Data rows."""
    error: int = 0
    created: int = 0
    unchanged: int = 0
    skipped: int = 0
    """Rows that were left out, those that wait for approval included."""


def summarize(outcome: pl.DataFrame, issues: pl.DataFrame, leavers: pl.DataFrame) -> Summary:
    """Count the rows of `outcome` (`row_number`, `status`; every data row) and the `leavers` no row names."""
    counted = dict(outcome.group_by("status").len().rows())

    def rows(*statuses: RowStatus) -> int:
        return sum(counted.get(status.value, 0) for status in statuses)

    return Summary(
        updated=rows(RowStatus.CREATED, RowStatus.UPDATED),
        deleted=rows(RowStatus.DEACTIVATED, RowStatus.REMOVED, RowStatus.ERASED) + leavers.height,
        warning=rows_with(issues, Severity.WARNING).len(),
        total=outcome.height,
        error=rows(RowStatus.ERROR),
        created=rows(RowStatus.CREATED),
        unchanged=rows(RowStatus.UNCHANGED),
        skipped=rows(RowStatus.SKIPPED, RowStatus.HELD),
    )


def wire_messages(issues: pl.DataFrame, limit: int = 100) -> list[dict[str, str | int | None]]:
    """Return issues as plain dicts: all those of the file, then the first `limit` kinds found in rows.

    Repeats are grouped: `row` is the first row with that issue, `count` the number of them; errors come
    before warnings, frequent before rare. An issue of a header has row 1, where headers stand; one of the
    file as a whole has none. Keys: `level`, `code`, `message`, `row`, `column`, `count`.
    """
    is_of_file = pl.col(ROW_NUMBER).is_null()
    of_file = issues.filter(is_of_file).with_columns(
        first_row=pl.when(pl.col("column").is_not_null()).then(pl.lit(1)), count=pl.lit(1)
    )
    of_rows = group_issues(issues.filter(~is_of_file)).head(limit)
    return [*_messages(of_file), *_messages(of_rows)]


def _messages(grouped: pl.DataFrame) -> list[dict[str, str | int | None]]:
    return [
        {
            "level": line["severity"],
            "code": line["code"],
            "message": line["message"],
            "row": line["first_row"],
            "column": line["column"],
            "count": line["count"],
        }
        for line in grouped.iter_rows(named=True)
    ]
