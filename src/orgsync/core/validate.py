"""Check every row and bring usable cells into their final form; all findings in one pass."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from orgsync.core import rules, rules_file
from orgsync.core.columns import CLEAR_TOKEN, CellKind, ColumnGroup
from orgsync.core.dates import iso_dates
from orgsync.core.frames import names_where
from orgsync.core.groupnames import group_limits, group_names, unreadable
from orgsync.core.issuerows import issue_rows, no_issues, rows_with
from orgsync.core.issues import INVALID_DATE, INVALID_GROUP_LIST, INVALID_VALUE, IssueKind
from orgsync.core.model import Severity
from orgsync.core.normalize import fold_keys, normalize
from orgsync.core.rows import ROW_NUMBER, CheckedRows, FileColumn, FileLayout, RawFile

EMAIL_KEYS: Final = {
    "primary_email_address": "primary_email_key",
    "existing_email_address": "existing_email_key",
    "manager_primary_email_address": "manager_email_key",
}
"""The folded twin of each address field; null where the address is null or to be cleared."""

_CHOICES: Final = (CellKind.CHOICE, CellKind.FLAG, CellKind.YES_NO)
_CLEARS_ALL_GROUPS: Final = "groups"
_LIMIT_CHOICES: Final = ("yes", "no", "group:A,group:B")


def check_rows(
    raw: RawFile, layout: FileLayout, *, date_formats: Sequence[str] = (), settled: pl.DataFrame | None = None
) -> CheckedRows:
    """Normalize and validate all rows of a file.

    Beside what `CheckedRows` promises, `rows` has `has_scientific_id` (Boolean: the unique user id looks like
    1.2E+05; whether that is an error depends on who matches) and `other_email_key`, `other_user_id` (String:
    second key of a row whose two columns of one field differ). `issues` holds the findings of reader and
    headers too, those of the whole file first, then by row. `date_formats` are the organization's, as for
    `strptime`. A row that the reader could not take apart gets no further findings: its cells mean nothing.
    Rows of `settled` were found sound before: they only count where the whole file is looked at.
    """
    rest, together = _rest_of(raw, layout, settled)
    normalized = normalize(rest, layout)
    columns = _one_per_field(layout)
    rows = _with_keys(normalized.rows, columns)
    parsed = _parsed_lists(rows, columns)
    findings = [
        normalized.issues,
        *_cell_findings(rows, columns, may_hold_controls=raw.may_hold_controls),
        rules_file.find_near_duplicates(rows if together is None else together, columns),
        rules_file.find_added_and_removed(rows, columns, parsed),
        _bad_lists(rows, columns, parsed),
    ]
    rows, found = _read_choices(rows, columns)
    findings.append(found)
    rows, found = _read_dates(rows, columns, date_formats)
    findings.append(found)
    of_file = rules_file.find_lossy_encoding(normalized.rows if together is None else together)
    issues = _all_issues(raw, layout, findings, of_file)
    finished = _finished(rows, columns, parsed, issues)
    return (
        CheckedRows(finished, issues)
        if settled is None
        else CheckedRows(finished, issues, settled, _filled_more(raw, rest, columns))
    )


def _filled_more(raw: RawFile, rest: RawFile, columns: Sequence[FileColumn]) -> dict[str, int]:
    """Count by field the rows of `raw` that have something in it and are not in `rest`, which is a part of it."""
    everywhere, there = _filled(raw, columns), _filled(rest, columns)
    return {field: count - there[field] for field, count in everywhere.items()}


def _filled(raw: RawFile, columns: Sequence[FileColumn]) -> dict[str, int]:
    filled = {c.field: pl.col(raw.cell(c.position)).str.contains(r"\S").sum() for c in columns}
    return raw.rows.select(**filled).row(0, named=True) if columns else {}


def _rest_of(raw: RawFile, layout: FileLayout, settled: pl.DataFrame | None) -> tuple[RawFile, pl.DataFrame | None]:
    """Return the rows to check, and of all rows the columns that are judged together (None: all rows are checked)."""
    if settled is None:
        return raw, None
    rest = raw.rows.join(settled, on=ROW_NUMBER, how="anti", maintain_order="left")
    judged = tuple(column for column in layout.columns if rules_file.is_judged_together(column))
    return replace(raw, rows=rest), normalize(raw, replace(layout, columns=judged)).rows


def _one_per_field(layout: FileLayout) -> list[FileColumn]:
    first: dict[str, FileColumn] = {}
    for column in layout.columns:
        first.setdefault(column.field, column)
    return list(first.values())


def _with_keys(rows: pl.DataFrame, columns: Sequence[FileColumn]) -> pl.DataFrame:
    """Add the folded twins of addresses, and whether the id looks like a rewritten number."""
    fields = {column.field for column in columns}
    keys = {
        key: fold_keys(rows[field].set(rows[field] == CLEAR_TOKEN, None))
        for field, key in EMAIL_KEYS.items()
        if field in fields
    }
    has_id = "unique_user_id" in fields
    scientific = pl.col("unique_user_id").str.contains(rules.SCIENTIFIC) if has_id else pl.lit(None, pl.Boolean)
    return rows.with_columns(**keys, has_scientific_id=scientific.fill_null(value=False))


def _cell_findings(rows: pl.DataFrame, columns: Sequence[FileColumn], *, may_hold_controls: bool) -> list[pl.DataFrame]:
    return [
        rules.find_rows_without_key(rows),
        rules.find_cleared_identity(rows, columns),
        rules.find_too_long(rows, columns),
        rules.find_control_characters(rows, columns) if may_hold_controls else no_issues(),
        rules.find_invalid_emails(rows, columns),
        rules.find_scientific_new_ids(rows, columns),
        rules.find_more_than_domain(rows, columns),
    ]


def _parsed_lists(rows: pl.DataFrame, columns: Sequence[FileColumn]) -> dict[str, pl.DataFrame]:
    """Parse each group list and group permission of the file, by field."""
    readers = {CellKind.GROUP_LIST: group_names, CellKind.GROUP_LIMIT: group_limits}
    return {
        column.field: readers[column.column.kind](_without_token(rows, column))
        for column in rules.of_kind(columns, *readers)
    }


def _without_token(rows: pl.DataFrame, column: FileColumn) -> pl.Series:
    """Return the cells to parse: the token that empties a cell is a value only where a set can be emptied."""
    cells = rows[column.field]
    return cells.filter(cells != CLEAR_TOKEN)


def _bad_lists(rows: pl.DataFrame, columns: Sequence[FileColumn], parsed: dict[str, pl.DataFrame]) -> pl.DataFrame:
    found = [no_issues()]
    for column in columns:
        if column.field in parsed:
            bad = rows.filter(_is_bad_list(column.field, parsed))
            is_list = column.column.kind is CellKind.GROUP_LIST
            found.append(_issues_of(bad, INVALID_GROUP_LIST if is_list else INVALID_VALUE, column))
    return pl.concat(found)


def _is_bad_list(field: str, parsed: dict[str, pl.DataFrame]) -> pl.Expr:
    cannot_be_read = pl.col(field).is_in(unreadable(parsed[field]).implode())
    return cannot_be_read if field == _CLEARS_ALL_GROUPS else cannot_be_read | (pl.col(field) == CLEAR_TOKEN)


def _read_choices(rows: pl.DataFrame, columns: Sequence[FileColumn]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Lower-case cells that must be one of a list; a cell that is none of them becomes null and an issue.

    The token that empties a cell is none of them: there is no third state to go to.
    """
    chosen = rules.of_kind(columns, *_CHOICES)
    written = names_where(rows, lambda cells: cells.str.to_lowercase() != cells, (column.field for column in chosen))
    lowered = rows.with_columns(pl.col(name).str.to_lowercase() for name in written)
    checks = {c: ~pl.col(c.field).is_in([choice.lower() for choice in c.column.choices]) for c in chosen}
    bad = dict(rules.failing(lowered, checks))
    found = [_choice_issues(rows_of, column) for column, rows_of in bad.items()]
    usable = [pl.when(~checks[column]).then(pl.col(column.field)) for column in bad]
    limits = [_lower_answer(column.field) for column in rules.of_kind(columns, CellKind.GROUP_LIMIT)]
    return lowered.with_columns(*usable, *limits), pl.concat([no_issues(), *found])


def _lower_answer(field: str) -> pl.Expr:
    """Lower-case a group permission's yes and no; names of groups stay as written."""
    lowered = pl.col(field).str.to_lowercase()
    return pl.when(lowered.is_in(["yes", "no"])).then(lowered).otherwise(pl.col(field))


def _choice_issues(bad: pl.DataFrame, column: FileColumn) -> pl.DataFrame:
    """Report bad choices, but for the token in an identity column, which is a finding of its own."""
    if column.column.group is ColumnGroup.IDENTITY:
        bad = bad.filter(pl.col(column.field) != CLEAR_TOKEN.lower())
    return _issues_of(bad, INVALID_VALUE, column)


def _read_dates(
    rows: pl.DataFrame, columns: Sequence[FileColumn], formats: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Turn dates into ISO; one that cannot be read becomes null and a warning."""
    found = [no_issues()]
    for column in rules.of_kind(columns, CellKind.DATE):
        cells = rows[column.field]
        dates = iso_dates(cells, formats).set(cells == CLEAR_TOKEN, CLEAR_TOKEN)
        found.append(_issues_of(rows.filter(cells.is_not_null() & dates.is_null()), INVALID_DATE, column))
        rows = rows.with_columns(dates.alias(column.field))
    return rows, pl.concat(found)


def _issues_of(bad: pl.DataFrame, kind: IssueKind, column: FileColumn) -> pl.DataFrame:
    allowed = ", ".join(column.column.choices or _LIMIT_CHOICES)
    message = kind.wording.format(column=column.header, allowed=allowed)
    return issue_rows(bad, kind, column=column.header, message=message)


def _all_issues(
    raw: RawFile, layout: FileLayout, findings: Sequence[pl.DataFrame], of_file: pl.DataFrame
) -> pl.DataFrame:
    """Put all issues together: those of the file first, then by row, in the order of the checks."""
    broken = rows_with(raw.issues, Severity.ERROR)
    ours = pl.concat(findings).filter(~pl.col(ROW_NUMBER).is_in(broken.implode()))
    together = pl.concat([layout.issues, raw.issues, of_file, ours])
    return together.sort(ROW_NUMBER, nulls_last=False, maintain_order=True)


def _finished(
    rows: pl.DataFrame,
    columns: Sequence[FileColumn],
    parsed: dict[str, pl.DataFrame],
    issues: pl.DataFrame,
) -> pl.DataFrame:
    """Null what cannot be used and add `is_valid`; the columns stand in the order that callers may rely on."""
    identity = [column.field for column in columns if column.column.group is ColumnGroup.IDENTITY]
    cleared = names_where(rows, lambda cells: cells == CLEAR_TOKEN, identity)
    usable = {field: pl.when(pl.col(field) != CLEAR_TOKEN).then(pl.col(field)) for field in cleared}
    usable |= {field: pl.when(~_is_bad_list(field, parsed)).then(pl.col(field)) for field in parsed}
    is_valid = ~pl.col(ROW_NUMBER).is_in(rows_with(issues, Severity.ERROR).implode())
    finished = rows.with_columns(**usable, is_valid=is_valid)
    return finished.select(ROW_NUMBER, "is_valid", pl.exclude(ROW_NUMBER, "is_valid"))
