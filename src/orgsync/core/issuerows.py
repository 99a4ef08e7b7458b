"""Issues as frames with the columns of `ISSUE_SCHEMA`, one row each.

`message` is finished text, made from the kind's wording, so that no reader has to know the parameters.
"""

import re
from typing import Final

import polars as pl

from orgsync.core.issues import FileIssue, IssueKind
from orgsync.core.model import Severity

ISSUE_SCHEMA: Final = pl.Schema(
    {
        "row_number": pl.Int64,  # as a spreadsheet shows it; null for an issue of the whole file
        "severity": pl.String,
        "code": pl.String,
        "column": pl.String,  # header as written in the file; null when the row as a whole is meant
        "message": pl.String,
    }
)


def no_issues() -> pl.DataFrame:
    """Return an empty frame of issues."""
    return pl.DataFrame(schema=ISSUE_SCHEMA)


def issue_rows(
    rows: pl.DataFrame, kind: IssueKind, *, column: str | pl.Expr | None = None, message: str | pl.Expr
) -> pl.DataFrame:
    """Make one issue of `kind` for each row of `rows` (which has `row_number`)."""
    column_value = column if isinstance(column, pl.Expr) else pl.lit(column, dtype=pl.String)
    text = message if isinstance(message, pl.Expr) else pl.lit(message)
    return rows.select(
        row_number=pl.col("row_number").cast(pl.Int64),
        severity=pl.lit(kind.severity.value),
        code=pl.lit(kind.code),
        column=column_value,
        message=text.cast(pl.String),
    )


def worded(kind: IssueKind, **fields: pl.Expr) -> pl.Expr:
    """Fill the kind's wording row by row, each field from an expression."""
    names = re.findall(r"\{(\w+)\}", kind.wording)
    parts = re.sub(r"\{\w+\}", "{}", kind.wording)
    return pl.format(parts, *(fields[name].cast(pl.String).fill_null("") for name in names))


def file_issues(found: list[FileIssue]) -> pl.DataFrame:
    """Turn issues of the whole file into a frame; their `row_number` is null."""
    return pl.DataFrame(
        [(None, issue.kind.severity.value, issue.kind.code, issue.column, issue.message) for issue in found],
        schema=ISSUE_SCHEMA,
        orient="row",
    )


def rows_with(issues: pl.DataFrame, severity: Severity) -> pl.Series:
    """Return the distinct row numbers that carry an issue of `severity`."""
    chosen = issues.filter(pl.col("row_number").is_not_null() & (pl.col("severity") == severity.value))
    return chosen["row_number"].unique()


def group_issues(issues: pl.DataFrame) -> pl.DataFrame:
    """Group repeats: severity, code, column, message (the first), first_row, count; most frequent first."""
    return (
        issues.group_by("severity", "code", "column", maintain_order=True)
        .agg(message=pl.col("message").first(), first_row=pl.col("row_number").min(), count=pl.len())
        .sort("severity", "count", descending=[False, True], maintain_order=True)
    )
