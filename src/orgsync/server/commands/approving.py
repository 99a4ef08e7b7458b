"""`orgsync admin approvals`."""

from pathlib import Path

import click

from orgsync.server.commands.ready import database_ready
from orgsync.server.commands.running import DATA_DIR


@click.command()
@DATA_DIR
@click.option("--organization", help="Name of the organization, where there is more than one.")
@click.option("--people", type=click.IntRange(1, 2), help="How many people approve a held job.")
@click.option("--days", type=click.IntRange(1, 365), help="Days for which a hold and an approval count.")
def approvals(*, data_dir: Path, organization: str | None, people: int | None, days: int | None) -> None:
    """Set how held jobs are approved; without any option, show it."""
    with database_ready(data_dir, organization) as actions:
        needed, counted = actions.set_approvals(people, days)
    click.echo(f"people {needed}, days {counted}")
