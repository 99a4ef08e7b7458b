"""`orgsync admin sample-learning`."""

from pathlib import Path

import click

from orgsync.server.commands.guarding import ORGANIZATION
from orgsync.server.commands.ready import database_ready
from orgsync.server.commands.running import DATA_DIR


@click.command()
@DATA_DIR
@ORGANIZATION
def sample_learning(*, data_dir: Path, organization: str | None) -> None:
    """Add sample courses, assign them, and let people learn: for demos and sandboxes. A server must be running."""
    with database_ready(data_dir, organization) as actions:
        counts = actions.sample_learning()
    click.echo(", ".join(f"{count:,} {what}" for what, count in counts.items()))


@click.command()
@DATA_DIR
@ORGANIZATION
@click.option("--repair", is_flag=True, help="Add up anew what is wrong.")
def verify_learning(*, data_dir: Path, organization: str | None, repair: bool) -> None:
    """Add up the activity anew and compare; exit 1 when progress or day sums say anything else.

    Nobody can record anything meanwhile.
    """
    with database_ready(data_dir, organization) as actions:
        faults = actions.verify_learning(repair=repair)
    for what, count in faults.items():
        click.echo(f"{count:,} {what}", err=True)
    if faults and not repair:
        click.get_current_context().exit(1)
    click.echo("Repaired." if faults else "Progress and day sums are what the activity adds up to.")
