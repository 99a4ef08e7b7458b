"""`orgsync check`: everything that the server's own reader and validator find, offline."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orgsync.client.connection import json_option
from orgsync.client.report import show_json

if TYPE_CHECKING:
    from orgsync.core.checking import CheckedFile


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@click.option(
    "--annotate",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="OUT.csv",
    help="Also write the file with Status, Code and Messages for each row.",
)
@click.option(
    "--date-format",
    "date_formats",
    multiple=True,
    metavar="FORMAT",
    help="A date format of your organization, such as %d.%m.%Y; may be given several times.",
)
@click.pass_context
def check(
    context: click.Context, file: Path, *, as_json: bool, annotate: Path | None, date_formats: tuple[str, ...]
) -> None:
    """Find everything that is wrong with FILE without sending it.

    What only the directory can tell, such as an address that somebody else has, is found by the server. FILE may be
    an Excel workbook (extra “excel”): the CSV that it would make is checked, as a server takes CSV only.
    Exit codes: 0 nothing stops a row, 1 rows in error, 4 the file would be refused.
    """
    from orgsync.client import findings  # noqa: PLC0415  needs polars
    from orgsync.client.workbooks import checkable  # noqa: PLC0415
    from orgsync.core.checking import check_file  # noqa: PLC0415

    content, note = checkable(file)
    if note:
        click.echo(f"Note: {note}", err=True)
    checked = check_file(content, date_formats=date_formats)
    if annotate:
        _annotate(checked, annotate)
    if as_json:
        show_json(findings.facts(checked, file))
    else:
        groups = findings.found_groups(checked)
        if groups:
            (findings.show_table if sys.stdout.isatty() else findings.show_lines)(groups)
        click.echo(findings.count_line(checked))
    context.exit(findings.exit_code_of(checked))


def _annotate(checked: "CheckedFile", target: Path) -> None:
    from orgsync.client.replacing import replacing  # noqa: PLC0415

    with replacing(target) as output:
        checked.annotate(output)
    click.echo(f"Wrote {target}.", err=True)
