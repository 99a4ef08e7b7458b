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
