"""`orgsync admin sandbox` and `reset-sandbox`."""

from pathlib import Path

import click

from orgsync.server.commands.ready import database_ready
from orgsync.server.commands.running import DATA_DIR

ORGANIZATION = click.option("--organization", help="Name of the organization, where there is more than one.")
BY = click.option("--by", metavar="EMAIL", help="Whose it is; the first owner by default.")
PEOPLE = click.IntRange(50, 10_000)


@click.command()
@DATA_DIR
@ORGANIZATION
@BY
@click.option("--people", type=PEOPLE, default=500, show_default=True, help="People of the sample company.")
@click.argument("name")
def sandbox(*, data_dir: Path, organization: str | None, by: str | None, people: int, name: str) -> None:
    """Make the organization NAME as a sandbox with the sample company; its jobs run once a server does."""
    with database_ready(data_dir, organization) as actions:
        click.echo(f"{actions.make_sandbox(name, by, people)} is a sandbox.")


@click.command()
@DATA_DIR
@click.option("--organization", required=True, help="Name of the sandbox.")
@BY
@click.option("--people", type=PEOPLE, default=500, show_default=True, help="People to fill it with again.")
@click.option("--empty", is_flag=True, help="Leave it empty.")
@click.confirmation_option(prompt="Remove everything that the sandbox holds?")
def reset_sandbox(*, data_dir: Path, organization: str, by: str | None, people: int, empty: bool) -> None:
    """Remove what a sandbox holds, but its admins, settings and audit log, and fill it anew."""
    with database_ready(data_dir, organization) as actions:
        actions.reset_sandbox(by, None if empty else people)
        click.echo(f"{organization} is {'empty' if empty else 'as new'}.")
