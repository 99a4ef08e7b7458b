"""`orgsync admin erase`, `erasures` and `lift-erasure`."""

from pathlib import Path

import click

from orgsync.server.commands.ready import database_ready
from orgsync.server.commands.running import DATA_DIR

ORGANIZATION = click.option("--organization", help="Name of the organization, where there is more than one.")
BY = click.option("--by", metavar="OWNER", required=True, help="Address of the owner who decides.")


@click.command()
@DATA_DIR
@ORGANIZATION
@BY
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.argument("email")
def erase(*, data_dir: Path, organization: str | None, by: str, yes: bool, email: str) -> None:
    """Erase the person who has the address EMAIL, for good: it cannot be undone.

    Directory, timeline, mails, plans and results lose the person; source files that name them are deleted. A later
    file that names them creates nobody.
    """
    with database_ready(data_dir, organization) as actions:
        learner = actions.find_to_erase(email)
        if not yes:
            who = "somebody who is no longer in the directory" if learner is None else f"learner {learner.id}, {email}"
            click.confirm(f"Erase {who}, for good?", abort=True, err=True)
        erasure = actions.erase(email, by)
        files = ", ".join(f"{count} {what}" for what, count in sorted(erasure.counts["files"].items())) or "none"
        click.echo(f"Erasure {erasure.pk}: {sum(erasure.counts['rows'].values())} rows deleted; files: {files}.")


@click.command()
@DATA_DIR
@ORGANIZATION
def erasures(*, data_dir: Path, organization: str | None) -> None:
    """List the erasures: number, day, learner, rows, and whether it is lifted. They name nobody."""
    with database_ready(data_dir, organization) as actions:
        for erasure in actions.list_erasures():
            state = f"lifted {erasure.lifted_at:%Y-%m-%d}" if erasure.lifted_at else "holds"
            rows = sum(erasure.counts.get("rows", {}).values())
            line = [str(erasure.pk), f"{erasure.at:%Y-%m-%d %H:%M}", f"learner {erasure.learner_id}", f"{rows} rows"]
            click.echo("\t".join([*line, state]))


@click.command("lift-erasure")
@DATA_DIR
@ORGANIZATION
@BY
@click.argument("erasure", type=int)
def lift_erasure(*, data_dir: Path, organization: str | None, by: str, erasure: int) -> None:
    """Let files create the person of ERASURE again. What was erased does not come back."""
    with database_ready(data_dir, organization) as actions:
        actions.lift_erasure(erasure, by)
    click.echo(f"Erasure {erasure} is lifted.")
