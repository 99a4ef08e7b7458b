"""`orgsync admin retention` and `patience`: how long things are kept, and how long silence is borne."""

from pathlib import Path
from typing import Any

import click

from orgsync.server.commands.ready import database_ready
from orgsync.server.commands.running import DATA_DIR

ORGANIZATION = click.option("--organization", help="Name of the organization, where there is more than one.")
DAYS = click.IntRange(1, 36_500)
NEVER = "never"


class DaysOrNever(click.IntRange):
    """A number of days, or `never`, which becomes 0."""

    name = "days|never"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number; fail for anything else."""
        return 0 if value == NEVER else int(super().convert(value, param, ctx))


@click.command()
@DATA_DIR
@ORGANIZATION
@click.option("--source-days", type=DAYS, help="Source files.")
@click.option("--result-days", type=DAYS, help="Results files and plans.")
@click.option("--mail-text-days", type=DAYS, help="Texts of mails.")
@click.option("--timeline-days", type=DAYS, help="The timeline, after somebody has left.")
@click.option("--audit-days", type=DAYS, help="The audit log.")
@click.option("--anonymize-after-days", type=DaysOrNever(1, 36_500), help="When a leaver is anonymized.")
@click.option("--purge-after-days", type=DaysOrNever(1, 36_500), help="When an anonymized leaver is removed.")
def retention(*, data_dir: Path, organization: str | None, **days: int | None) -> None:
    """Show how many days things are kept, and change those that are given."""
    given = {name: number or None for name, number in days.items() if number is not None}
    with database_ready(data_dir, organization) as actions:
        for name, number in actions.set_retention(given).items():
            click.echo(f"{name}\t{NEVER if number is None else number}")


@click.command()
@DATA_DIR
@ORGANIZATION
@click.option(
    "--missing-files", type=click.IntRange(1, 100), help="Full files in a row without a person who then leaves."
)
@click.option(
    "--late-after-hours",
    type=click.IntRange(0, 8_760),
    help="Hours without a file until the admins are told; 0: never.",
)
@click.argument("feed")
def patience(
    *, data_dir: Path, organization: str | None, missing_files: int | None, late_after_hours: int | None, feed: str
) -> None:
    """Show how long FEED may be silent, on a person and altogether, and change what is given."""
    with database_ready(data_dir, organization) as actions:
        found = actions.set_patience(feed, missing_files, late_after_hours)
        click.echo(f"missing_files\t{found.missing_files}\nlate_after_hours\t{found.late_after_hours}")
