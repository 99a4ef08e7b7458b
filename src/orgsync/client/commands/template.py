"""`orgsync template`: a file with the right headers to start from."""

import sys
from pathlib import Path

import click

FILES = {"users": "users", "admins": "users_and_permissions", "deletion": "deletion"}
"""Names of the templates on the command line and in the catalogue."""


@click.command()
@click.argument("kind", type=click.Choice(list(FILES)))
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Where to put it."
)
def template(kind: str, output: Path | None) -> None:
    """Write a template with the right headers and one example row to standard output, or to a file."""
    from orgsync.client.replacing import replacing  # noqa: PLC0415
    from orgsync.core.template import TemplateKind, template_csv  # noqa: PLC0415  needs polars

    content = template_csv(TemplateKind(FILES[kind]))
    if output is None:
        sys.stdout.buffer.write(content)
        return
    with replacing(output) as target:
        target.write(content)
    click.echo(f"Wrote {output}.", err=True)
