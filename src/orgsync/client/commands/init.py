"""`orgsync init`: write a commented orgsync.toml."""

import sys
from pathlib import Path

import click

from orgsync.client.config import CONFIG_NAME, LINKEDIN, LINKEDIN_SERVER, ORGSYNC
from orgsync.client.errors import BadUsage


@click.command()
@click.option("--target", "kind", type=click.Choice([LINKEDIN, ORGSYNC]), help="Where people go.")
@click.option("--server", metavar="URL", help="Address of the orgsync server.")
@click.option("--name", default="", help="Tells two targets apart that have one address, as two LinkedIn accounts.")
@click.option(
    "--learn",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="DOWNLOAD.csv",
    help="Users as CSV from LinkedIn's Admin Center: license and attribute headers are learned from it.",
)
@click.option("--source", metavar="FILE", help="The employee file; a pattern such as export/people-*.csv may be given.")
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), default=Path(CONFIG_NAME), show_default=True
)
@click.option("--force", is_flag=True, help="Replace an older file.")
def init(
    *,
    kind: str | None,
    server: str | None,
    name: str,
    learn: Path | None,
    source: str | None,
    output: Path,
    force: bool,
) -> None:
    """Write a commented orgsync.toml; what is not given as an option is asked for on a terminal."""
    from orgsync.client.configfile import Answers, learned_headers, write_config  # noqa: PLC0415  needs polars

    if output.exists() and not force:
        raise BadUsage(f"{output} is there already; --force replaces it.")
    kind = kind or _asked("Where do people go?", LINKEDIN, [LINKEDIN, ORGSYNC])
    if kind == ORGSYNC and not server:
        server = _asked("Address of the server", "https://127.0.0.1:8080")
    source = source or _asked("Employee file", "people.csv")
    learned = learned_headers(learn) if learn else None
    write_config(Answers(kind, server or LINKEDIN_SERVER, name, source, learned), output)
    click.echo(f"Wrote {output}.")
    if learned:
        found = ", ".join((*learned.licenses, *learned.attributes)) or "no license and no attribute"
        click.echo(f"Learned from {learn}: {found}.")
    for step in ("orgsync token set", "orgsync doctor", "orgsync plan FILE", "orgsync run"):
        click.echo(f"  next: {step}")


def _asked(question: str, default: str, allowed: list[str] | None = None) -> str:
    """Ask on a terminal; elsewhere the default is the answer, so that scripts never hang."""
    if not sys.stdin.isatty():
        return default
    kind = click.Choice(allowed) if allowed else None
    return str(click.prompt(question, default=default, type=kind, err=True))
