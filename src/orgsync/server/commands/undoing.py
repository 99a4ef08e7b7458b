"""`orgsync admin undo`, `release` and `people`."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from orgsync.server.commands.ready import database_ready
from orgsync.server.commands.running import DATA_DIR

ORGANIZATION = click.option("--organization", help="Name of the organization, where there is more than one.")


class Moment(click.ParamType[datetime]):
    """A day, which counts to its end, or a day and a time; UTC unless it says otherwise."""

    name = "moment"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        text = str(value)
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            self.fail(f"{text} is no moment: write 2026-01-31 or 2026-01-31T18:00.", param, ctx)
        if len(text) == len("2026-01-31"):
            at += timedelta(days=1, microseconds=-1)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at


@click.command()
@DATA_DIR
@ORGANIZATION
@click.option("--by", metavar="EMAIL", required=True, help="Who decides.")
@click.option(
    "--person", metavar="EMAIL", multiple=True, help="Undo it for this person only; may be given several times."
)
@click.argument("job", type=int)
def undo(*, data_dir: Path, organization: str | None, by: str, person: tuple[str, ...], job: int) -> None:
    """Undo what JOB did, in a job of its own; the feed's next file is then held until it is released."""
    with database_ready(data_dir, organization) as actions:
        made = actions.undo(job, by, person)
        click.echo(f"Job {made} is queued: it undoes job {job}.")


@click.command()
@DATA_DIR
@ORGANIZATION
@click.argument("feed")
def release(*, data_dir: Path, organization: str | None, feed: str) -> None:
    """Let the next file of FEED, which an undo has put on hold, be applied again."""
    with database_ready(data_dir, organization) as actions:
        is_released = actions.release(feed)
    click.echo(f"The feed {feed} is released." if is_released else f"The feed {feed} is not on hold.")


@click.command()
@DATA_DIR
@ORGANIZATION
@click.option("--as-of", type=Moment(), help="2026-01-31 (its end) or 2026-01-31T18:00, UTC; without it, now.")
def people(*, data_dir: Path, organization: str | None, as_of: datetime | None) -> None:
    """Print the people of the directory as CSV, as they are or as they were at a moment."""
    with database_ready(data_dir, organization) as actions:
        for part in actions.people_as_of(as_of):
            click.echo(part, nl=False)
