"""`orgsync admin person`, `protect`, `duplicates`, `claims` and `feed order`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from orgsync.core.planning.mergerows import WHAT
from orgsync.server.commands.ready import database_ready
from orgsync.server.commands.running import DATA_DIR
from orgsync.server.commands.wanted import Wanted

if TYPE_CHECKING:
    from orgsync.server.uploads.models import UploadJob

ORGANIZATION = click.option("--organization", help="Name of the organization, where there is more than one.")
BY = click.option("--by", metavar="EMAIL", help="Who acts; the first owner by default.")
HELD = "HELD"


class Setting(click.ParamType[tuple[str, str]]):
    """`name=value`."""

    name = "name=value"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        name, _, text = str(value).partition("=")
        if not name.strip() or not text.strip():
            self.fail(f"{value} is not name=value; an attribute is emptied with --clear.", param, ctx)
        return name.strip(), text.strip()


class PairOfIds(click.ParamType[tuple[int, int]]):
    """`3,14`."""

    name = "ids"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        first, _, second = str(value).partition(",")
        if not (first.isdecimal() and second.isdecimal()):
            self.fail(f"{value} is no pair of ids; write it as the list shows it: 3,14.", param, ctx)
        return int(first), int(second)


@click.group()
def person() -> None:
    """Change people by hand."""


@person.command()
@DATA_DIR
@ORGANIZATION
@BY
@click.option("--set", "settings", type=Setting(), multiple=True, help="Set an attribute.")
@click.option("--clear", multiple=True, metavar="NAME", help="Empty an attribute.")
@click.option("--override", multiple=True, metavar="NAME", help="Files leave this attribute alone from now on.")
@click.option(
    "--lift", multiple=True, metavar="NAME", help="Lift an override: an attribute, group:NAME, license:HEADER."
)
@click.option("--join", multiple=True, metavar="GROUP", help="Put into a group.")
@click.option("--leave", multiple=True, metavar="GROUP", help="Take out of a group; files do not put back.")
@click.option("--grant", multiple=True, metavar="HEADER", help="Give a license of this pool (license_<type>_status).")
@click.option("--revoke", multiple=True, metavar="HEADER", help="Take a license away; files do not give it again.")
@click.option("--manager", metavar="EMAIL", help="Give another manager; an empty text for none.")
@click.option("--address", metavar="EMAIL", help="Give another address.")
@click.option("--user-id", metavar="ID", help="Give another unique user id.")
@click.option("--note", default="", help="What the list of jobs shows.")
@click.argument("email", nargs=-1, required=True)
def edit(
    *,
    data_dir: Path,
    organization: str | None,
    by: str | None,
    settings: tuple[tuple[str, str], ...],
    clear: tuple[str, ...],
    override: tuple[str, ...],
    lift: tuple[str, ...],
    join: tuple[str, ...],
    leave: tuple[str, ...],
    grant: tuple[str, ...],
    revoke: tuple[str, ...],
    manager: str | None,
    address: str | None,
    user_id: str | None,
    note: str,
    email: tuple[str, ...],
) -> None:
    """Change the person with the address EMAIL at once; of several people the plan is held for a confirmation."""
    if len(email) > 1 and (address or user_id):
        raise click.UsageError("--address and --user-id are for one person.")
    wanted = Wanted(
        values={**dict(settings), **dict.fromkeys(clear)},
        new_address=address,
        new_user_id=user_id,
        manager=manager,
        joins=join,
        leaves=leave,
        licenses={**dict.fromkeys(grant, True), **dict.fromkeys(revoke, False)},
        keeps=override,
        lifts=lift,
    )
    if wanted.is_nothing:
        raise click.UsageError("Say what to change: see --help.")
    with database_ready(data_dir, organization) as actions:
        _tell(actions.people.edit(email, wanted, by=by, note=note))


@click.command()
@DATA_DIR
@ORGANIZATION
@BY
@click.option("--off", is_flag=True, help="Protect the person no longer.")
@click.argument("email", nargs=-1, required=True)
def protect(*, data_dir: Path, organization: str | None, by: str | None, off: bool, email: tuple[str, ...]) -> None:
    """Keep the person with the address EMAIL from ever leaving by a file."""
    with database_ready(data_dir, organization) as actions:
        _tell(actions.people.edit(email, Wanted(is_protected=not off), by=by, note=""))


@click.group()
def duplicates() -> None:
    """Find records that may be of one person, and settle them."""


@duplicates.command(name="list")
@DATA_DIR
@ORGANIZATION
@click.option("--after", type=PairOfIds(), default=(0, 0), metavar="IDS", help="Ids of the last pair shown before.")
@click.option("--count", type=click.IntRange(1, 1000), default=50, show_default=True)
def list_duplicates(*, data_dir: Path, organization: str | None, after: tuple[int, int], count: int) -> None:
    """List pairs of records: ids, addresses, in what they are alike."""
    with database_ready(data_dir, organization) as actions:
        for line in actions.people.list_duplicates(after=after, count=count):
            click.echo(line)


@duplicates.command()
@DATA_DIR
@ORGANIZATION
@BY
@click.option(
    "--take",
    multiple=True,
    default=WHAT,
    show_default=True,
    help="What the record that stays gets: these, an attribute, primary_email_address, unique_user_id.",
)
@click.argument("kept")
@click.argument("other")
def merge(
    *, data_dir: Path, organization: str | None, by: str | None, take: tuple[str, ...], kept: str, other: str
) -> None:
    """Keep the record with the address KEPT and remove the one with the address OTHER."""
    with database_ready(data_dir, organization) as actions:
        _tell(actions.people.merge(kept, other, take=take, by=by))


@duplicates.command()
@DATA_DIR
@ORGANIZATION
@BY
@click.argument("one")
@click.argument("other")
def different(*, data_dir: Path, organization: str | None, by: str | None, one: str, other: str) -> None:
    """Say that the records with the addresses ONE and OTHER are of two people."""
    with database_ready(data_dir, organization) as actions:
        is_new = actions.people.mark_different(one, other, by=by)
    click.echo("They are not shown as duplicates any more." if is_new else "That was said before.")


@click.group()
def claims() -> None:
    """See which feeds claim the same people, and hand people from one feed to another."""


@claims.command(name="hand-over")
@DATA_DIR
@ORGANIZATION
@click.option("--from", "source", metavar="FEED", help="The feed whose people are given away.")
@click.option("--unclaimed", is_flag=True, help="Give the active people whom no feed claims.")
@click.option("--to", required=True, metavar="FEED", help="The feed that gets them.")
def hand_people_over(*, data_dir: Path, organization: str | None, source: str | None, unclaimed: bool, to: str) -> None:
    """Let a feed claim the people of another one, or those whom no feed claims."""
    if unclaimed == (source is not None):
        raise click.UsageError("Give either --from FEED or --unclaimed.")
    with database_ready(data_dir, organization) as actions:
        count = actions.people.hand_over(to, source)
    click.echo(f"{count:,} people were handed to {to}.")


@claims.command()
@DATA_DIR
@ORGANIZATION
def overlaps(*, data_dir: Path, organization: str | None) -> None:
    """List the feeds that claim some of the same people: the higher one, the lower one, how many."""
    with database_ready(data_dir, organization) as actions:
        for higher, lower, count in actions.people.list_overlaps():
            click.echo(f"{higher}\t{lower}\t{count:,}")


@click.command()
@DATA_DIR
@ORGANIZATION
@click.argument("name")
@click.argument("rank", type=click.IntRange(0))
def order(*, data_dir: Path, organization: str | None, name: str, rank: int) -> None:
    """Give the feed NAME the place RANK: where feeds disagree, the lower number wins."""
    with database_ready(data_dir, organization) as actions:
        for feed in actions.people.order_feed(name, rank):
            click.echo(f"{feed.rank}\t{feed.name}")


def _tell(job: "UploadJob") -> None:
    if job.status == HELD:
        number = job.public_id
        click.echo(f"Nothing is changed yet: look at orgsync admin plan {number}, then orgsync admin approve {number}.")
