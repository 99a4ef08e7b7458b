"""`orgsync admin guard`, `guards` and `blackout`."""

from datetime import datetime
from pathlib import Path

import click

from orgsync.core.guards import GUARDS
from orgsync.server.commands.ready import database_ready
from orgsync.server.commands.running import DATA_DIR

ORGANIZATION = click.option("--organization", help="Name of the organization, where there is more than one.")
DAY = click.DateTime(["%Y-%m-%d"])
TUNABLE = click.Choice([guard.code for guard in GUARDS if guard.has_limit])


@click.command()
@DATA_DIR
@ORGANIZATION
@click.option("--feed", help="Name of the feed; without it, for all feeds that have no limits of their own.")
@click.option("--number", type=click.IntRange(0), help="More than this many …")
@click.option("--percent", type=click.FloatRange(0, 100), help="… and more than this share hold a job.")
@click.option("--cap", type=click.IntRange(0), help="More than this many hold a job, whatever the share.")
@click.argument("kind", type=TUNABLE)
def guard(
    *,
    data_dir: Path,
    organization: str | None,
    feed: str | None,
    kind: str,
    number: int | None,
    percent: float | None,
    cap: int | None,
) -> None:
    """Give the guard KIND limits of its own; without any option, the defaults again.

    More than half, and at least 3, hold a job whatever is set.
    """
    given = {"number": number, "percent": percent, "cap": cap}
    numbers = {name: value for name, value in given.items() if value is not None}
    with database_ready(data_dir, organization) as actions:
        limit = actions.set_guard(feed, kind, numbers)
    click.echo(f"{kind}: number {limit.number}, percent {limit.percent:g}, cap {limit.cap}")


@click.command()
@DATA_DIR
@ORGANIZATION
@click.option("--feed", help="Name of the feed; without it, what holds for all.")
def guards(*, data_dir: Path, organization: str | None, feed: str | None) -> None:
    """List the guards: code, limits, who has set them."""
    with database_ready(data_dir, organization) as actions:
        for line in actions.list_guards(feed):
            click.echo(f"{line.code}\t{line.limits}\t{line.set_by}")


@click.group()
def blackout() -> None:
    """Manage the days on which every job is held, whatever it would do."""


@blackout.command()
@DATA_DIR
@ORGANIZATION
@click.option(
    "--from", "first", type=DAY, required=True, help="First day, as 2026-12-20, in the organization's time zone."
)
@click.option("--until", "last", type=DAY, required=True, help="Last day.")
@click.option("--why", required=True, help="What those read who wait for a file.")
def add(*, data_dir: Path, organization: str | None, first: datetime, last: datetime, why: str) -> None:
    """Hold every job on these days."""
    with database_ready(data_dir, organization) as actions:
        added = actions.add_blackout(first.date(), last.date(), why)
    click.echo(f"Every job is held from {added.first} until {added.last}: {added.why}.")


@blackout.command("list")
@DATA_DIR
@ORGANIZATION
def list_blackouts(*, data_dir: Path, organization: str | None) -> None:
    """List the blackouts: first day, last day, why."""
    with database_ready(data_dir, organization) as actions:
        for span in actions.list_blackouts():
            click.echo(f"{span.first}\t{span.last}\t{span.why}")


@blackout.command()
@DATA_DIR
@ORGANIZATION
@click.argument("first", metavar="FIRST_DAY", type=DAY)
def remove(*, data_dir: Path, organization: str | None, first: datetime) -> None:
    """Take back the blackouts that begin on FIRST_DAY; jobs that are held stay held."""
    with database_ready(data_dir, organization) as actions:
        for span in actions.remove_blackout(first.date()):
            click.echo(f"Taken back: {span.first} until {span.last}, {span.why}.")
