"""`orgsync admin sample-learning`, `verify-learning`, `sample-learner` and `learner-link`."""

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
        counts = actions.learning.add_samples()
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
        faults = actions.learning.verify(repair=repair)
    for what, count in faults.items():
        click.echo(f"{count:,} {what}", err=True)
    if faults and not repair:
        click.get_current_context().exit(1)
    click.echo("Repaired." if faults else "Progress and day sums are what the activity adds up to.")


@click.command(hidden=True)
@DATA_DIR
@ORGANIZATION
def sample_learner(*, data_dir: Path, organization: str | None) -> None:
    """Print the address of a learner who has colleagues."""
    with database_ready(data_dir, organization) as actions:
        click.echo(actions.learning.sample_learner())


@click.command()
@DATA_DIR
@ORGANIZATION
@click.option("--hours", type=click.IntRange(1, 24), default=1, show_default=True, help="How long it is good for.")
@click.argument("email")
def learner_link(*, data_dir: Path, organization: str | None, hours: int, email: str) -> None:
    """Print a link that signs the learner EMAIL in, once, in any browser: hand it to nobody else."""
    with database_ready(data_dir, organization) as actions:
        click.echo(actions.learning.learner_link(email, hours))
