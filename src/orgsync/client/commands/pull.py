"""`orgsync pull`: read the source to a local file."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from orgsync.client.connection import config_option, json_option, tell_retries
from orgsync.client.report import show_json
from orgsync.client.screen import Screen

if TYPE_CHECKING:
    from orgsync.client.sources import Pulled


@click.command()
@config_option
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    default="pulled.csv",
    show_default=True,
    metavar="FILE",
    help="Where the rows go; it is replaced when all of them are there.",
)
@json_option
def pull(config: Path | None, output: Path, *, as_json: bool) -> None:
    """Read the source of `[source]` and write its rows as CSV; nothing is sent.

    Values are written out in full: ids keep their zeros, dates are ISO. A pull that breaks off leaves the last file
    as it was.
    """
    from orgsync.client.config import load_table  # noqa: PLC0415
    from orgsync.client.replacing import replacing  # noqa: PLC0415
    from orgsync.client.sources import open_source  # noqa: PLC0415
    from orgsync.client.sources.shrinking import rows_of, shrunken  # noqa: PLC0415

    folder, table = load_table(config, "source")
    source = open_source(table, base=folder)
    tell_retries(Screen())
    before = rows_of(output)
    with replacing(output) as target:
        pulled = source.pull(target)
    warnings = (*pulled.notes, *shrunken(before, pulled.rows))
    for warning in warnings:
        Screen().warn(warning)
    if as_json:
        show_json(_facts(pulled, output, before, warnings))
    else:
        click.echo(f"Pulled {pulled.rows:,} rows, {len(pulled.columns)} columns from {pulled.origin} into {output}.")


def _facts(pulled: "Pulled", output: Path, before: int | None, warnings: tuple[str, ...]) -> dict[str, object]:
    return {
        "rows": pulled.rows,
        "columns": list(pulled.columns),
        "origin": pulled.origin,
        "output": str(output),
        "rows_before": before,
        "warnings": list(warnings),
    }
