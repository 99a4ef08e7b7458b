"""`orgsync admin remove-second-factor`: for an admin who has lost theirs."""

from pathlib import Path

import click

from orgsync.server.commands.ready import database_ready
from orgsync.server.commands.running import DATA_DIR


@click.command("remove-second-factor")
@DATA_DIR
@click.option("--organization", help="Name of the organization, where there is more than one.")
@click.argument("email")
def remove_second_factor(*, data_dir: Path, organization: str | None, email: str) -> None:
    """Remove authenticator apps, passkeys and recovery codes of the admin EMAIL and end their sessions.

    The password stays. Make sure first who asks: with a stolen password this opens the door.
    """
    with database_ready(data_dir, organization) as actions:
        count = actions.remove_factors(email)
    click.echo(f"{email} signs in with the password alone now; {count} factors were removed.", err=True)
