"""The findings of the local check, for terminal, pipe and program."""

from pathlib import Path
from typing import Any

import click

from orgsync.client.answers import MessageGroup
from orgsync.client.exits import ExitCode
from orgsync.client.report import group_facts, group_line
from orgsync.client.visible import visible
from orgsync.core.checking import CheckedFile
from orgsync.core.columns import ColumnGroup
from orgsync.core.issues import KINDS_BY_CODE, SCIENTIFIC_ID
from orgsync.core.model import Severity


def found_groups(checked: CheckedFile) -> list[MessageGroup]:
    """Return the findings, grouped: errors first, most frequent first."""
    groups = [
        MessageGroup(
            level=group["severity"],
            code=group["code"],
            column=group["column"] or "",
            text=group["message"],
            first_row=group["first_row"],
            count=group["count"],
        )
        for group in checked.grouped().iter_rows(named=True)
    ]
    return groups + _rewritten_ids(checked)


def _rewritten_ids(checked: CheckedFile) -> list[MessageGroup]:
    """Warn of ids such as 1.2E+05. Whether they are errors depends on people whom only the directory knows."""
    rows = checked.checked.rows.filter("has_scientific_id")
    if rows.is_empty():
        return []
    header = checked.layout.header_of("unique_user_id")
    return [
        MessageGroup(
            level=Severity.WARNING.value,
            code=SCIENTIFIC_ID.code,
            column=header,
            text=SCIENTIFIC_ID.wording.format(column=header),
            first_row=rows["row_number"][0],
            count=rows.height,
        )
    ]


def exit_code_of(checked: CheckedFile) -> ExitCode:
    """Return 4 for a file that would be refused, 1 for rows in error, else 0."""
    if checked.is_refused:
        return ExitCode.REJECTED
    return ExitCode.ROW_ERRORS if checked.error_count else ExitCode.DONE


def count_line(checked: CheckedFile) -> str:
    """Return the counts in one line."""
    return (
        f"{checked.row_count:,} rows: {checked.row_count - checked.error_count:,} good, "
        f"{checked.error_count:,} in error, {checked.warning_count:,} with warnings"
    )


def facts(checked: CheckedFile, path: Path) -> dict[str, Any]:
    """Return the check as JSON."""
    return {
        "file": str(path),
        "rows": checked.row_count,
        "rows_in_error": checked.error_count,
        "rows_with_warnings": checked.warning_count,
        "is_refused": checked.is_refused,
        "is_deletion_file": checked.layout.is_deletion_file,
        "encoding": checked.raw.encoding,
        "delimiter": checked.raw.delimiter,
        "columns": [column.field for column in checked.layout.columns],
        "license_columns": list(checked.layout.fields_of(ColumnGroup.LICENSES)),
        "issues": [group_facts(group) for group in found_groups(checked)],
        "exit_code": exit_code_of(checked),
    }


def show_table(groups: list[MessageGroup]) -> None:
    """Draw the findings as a table on a terminal's standard output."""
    from rich.console import Console  # noqa: PLC0415  only terminals need it
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table("", "Issue", "Column", "Rows", "First row", "Message", "What to do")
    for group in groups:
        kind = KINDS_BY_CODE.get(group.code)
        cells = [
            group.level,
            group.code,
            visible(group.column),
            f"{group.count:,}" if group.first_row else "file",
            str(group.first_row or ""),
            visible(group.text),
            kind.mend if kind else "",
        ]
        style = "red" if group.level == "ERROR" else "yellow"
        # Text, because cells of somebody's file could hold rich's markup.
        table.add_row(Text(cells[0], style=style), *map(Text, cells[1:]))
    Console().print(table)


def show_lines(groups: list[MessageGroup]) -> None:
    """Write the findings one a line, for logs and pipes."""
    for group in groups:
        click.echo(group_line(group))
