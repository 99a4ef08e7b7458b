"""The checks that look at a whole column, or at several group columns of a row together."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from orgsync.core.columns import CLEAR_TOKEN, GROUP_PREFIX, CellKind, ColumnGroup
from orgsync.core.issuerows import file_issues, issue_rows, no_issues
from orgsync.core.issues import GROUP_ADDED_AND_REMOVED, LOSSY_ENCODING, NEAR_DUPLICATE_VALUE, FileIssue
from orgsync.core.normalize import fold_key, fold_keys
from orgsync.core.rows import ROW_NUMBER, FileColumn

_NAME_FIELDS: Final = ("preferred_first_name", "preferred_last_name")
_LOST_LETTERS: Final = r"\p{L}\?|\?\p{L}|^\?{2,}$"
_ROWS_NAMED: Final = 5


def is_judged_together(column: FileColumn) -> bool:
    """Say whether the cells of a column are judged by those of other rows: names and custom attributes."""
    return column.field in _NAME_FIELDS or column.column.group is ColumnGroup.CUSTOM


def find_lossy_encoding(rows: pl.DataFrame) -> pl.DataFrame:
    """Find names in which “?” stands for a letter that was lost on the way; one issue of the whole file."""
    names = [field for field in _NAME_FIELDS if field in rows.columns]
    if not names:
        return no_issues()
    # Hardly any name has the sign at all, and to look for letters beside it is slow.
    signs = rows.filter(pl.any_horizontal(pl.col(field).str.contains("?", literal=True) for field in names))
    lost = signs.filter(pl.any_horizontal(pl.col(field).str.contains(_LOST_LETTERS) for field in names))
    if lost.is_empty():
        return no_issues()
    first = ", ".join(str(number) for number in lost[ROW_NUMBER].head(_ROWS_NAMED))
    return file_issues([FileIssue(LOSSY_ENCODING, LOSSY_ENCODING.wording.format(rows=first))])


def find_near_duplicates(rows: pl.DataFrame, columns: Sequence[FileColumn]) -> pl.DataFrame:
    """Find spellings of a custom attribute that differ only in case or blanks.

    One issue for each rarer spelling, at its first row, compared with the most frequent one (the first
    written of equally frequent ones).
    """
    custom = [column for column in columns if column.column.group is ColumnGroup.CUSTOM]
    return pl.concat([no_issues(), *(_near_duplicates(rows, column) for column in custom)])


def _near_duplicates(rows: pl.DataFrame, column: FileColumn) -> pl.DataFrame:
    spellings = (
        rows.lazy()
        .select(ROW_NUMBER, value=pl.col(column.field))
        .filter(pl.col("value").is_not_null() & (pl.col("value") != CLEAR_TOKEN))
        .group_by("value")
        .agg(pl.col(ROW_NUMBER).min(), count=pl.len())
        .sort(["count", ROW_NUMBER], descending=[True, False])
        .collect()
    )
    compact = fold_keys(spellings["value"].str.replace_all(r"\s+", ""))
    pairs = spellings.with_columns(other=pl.col("value").first().over(compact)).filter(
        pl.col("value") != pl.col("other")
    )
    message = pl.format(
        NEAR_DUPLICATE_VALUE.wording.format(column=column.header, value="{}", other="{}"), "value", "other"
    )
    return issue_rows(pairs.sort(ROW_NUMBER), NEAR_DUPLICATE_VALUE, column=column.header, message=message)


def find_added_and_removed(
    rows: pl.DataFrame, columns: Sequence[FileColumn], parsed: dict[str, pl.DataFrame]
) -> pl.DataFrame:
    """Find groups that one row both adds and removes, by lists or by yes/no columns.

    `parsed` has the frame of `group_names` for each list field of the file.
    """
    yes_no = [c for c in columns if c.column.group is ColumnGroup.GROUPS and c.column.kind is CellKind.YES_NO]
    added = [*_listed(rows, parsed, "add_to_groups"), *_answered(rows, yes_no, "yes")]
    removed = [*_listed(rows, parsed, "remove_from_groups"), *_answered(rows, yes_no, "no")]
    if not added or not removed:
        return no_issues()
    both = pl.concat(added).join(pl.concat(removed), on=[ROW_NUMBER, "group_key"], how="semi")
    message = pl.format(GROUP_ADDED_AND_REMOVED.wording.format(group="{}"), "group_name")
    distinct = both.unique([ROW_NUMBER, "group_key"], keep="first", maintain_order=True)
    return issue_rows(distinct, GROUP_ADDED_AND_REMOVED, message=message)


def _listed(rows: pl.DataFrame, parsed: dict[str, pl.DataFrame], field: str) -> list[pl.DataFrame]:
    """Return (`row_number`, `group_name`, `group_key`) of a list field, or nothing when the file lacks it."""
    if field not in parsed:
        return []
    named = parsed[field].drop_nulls("group_name")
    lists = rows.select(ROW_NUMBER, cell=pl.col(field)).drop_nulls("cell")
    return [lists.join(named, on="cell").select(ROW_NUMBER, "group_name", "group_key")]


def _answered(rows: pl.DataFrame, yes_no: Sequence[FileColumn], answer: str) -> list[pl.DataFrame]:
    """Return the same for the `group:<name>` columns that hold `answer`."""
    found = []
    for column in yes_no:
        name = column.field[len(GROUP_PREFIX) :].strip()
        answered = rows.filter(pl.col(column.field).str.to_lowercase() == answer)
        found.append(answered.select(ROW_NUMBER, group_name=pl.lit(name), group_key=pl.lit(fold_key(name))))
    return found
