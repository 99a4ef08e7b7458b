"""`orgsync admin audit` and `orgsync admin verify-audit`."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from orgsync.server.audit.actions import Action
from orgsync.server.commands.ready import database_ready
from orgsync.server.commands.running import DATA_DIR

ORGANIZATION = click.option("--organization", help="Name of the organization, where there is more than one.")
DATES = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])


class Anchor(click.ParamType[tuple[int, bytes]]):
    """NUMBER:HASH as `verify-audit` prints it."""

    name = "number:hash"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, bytes]:
        number, _, digest = str(value).partition(":")
        try:
            found = int(number), bytes.fromhex(digest)
        except ValueError:
            self.fail(f"{value} is not NUMBER:HASH.", param, ctx)
        if len(found[1]) != 32:
            self.fail("A hash has 64 hexadecimal digits.", param, ctx)
        return found


@click.command()
@DATA_DIR
@ORGANIZATION
@click.option("--since", type=DATES, help="Only entries from this time on (UTC).")
@click.option("--action", type=click.Choice([action.value for action in Action]), help="Only entries of this action.")
@click.option("--last", type=click.IntRange(1), help="Only so many of the newest entries.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--csv", "as_csv", is_flag=True, help="A CSV file.")
def audit(
    *,
    data_dir: Path,
    organization: str | None,
    since: datetime | None,
    action: str | None,
    last: int | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Print who did what and when, the oldest first: ids, never anybody's values."""
    if as_json and as_csv:
        raise click.UsageError("--json and --csv: choose one.")
    start = since.replace(tzinfo=UTC) if since else None
    with database_ready(data_dir, organization) as actions:
        if as_csv:
            lines = actions.export_audit(since=start, action=action, last=last)
        else:
            found = actions.list_audit(since=start, action=action, last=last)
            lines = (json.dumps(line) if as_json else _shown(line) for line in found)
        for line in lines:
            click.echo(line)


@click.command()
@DATA_DIR
@ORGANIZATION
@click.option("--anchor", type=Anchor(), help="An entry that was noted elsewhere; it must still be in the log.")
def verify_audit(*, data_dir: Path, organization: str | None, anchor: tuple[int, bytes] | None) -> None:
    """Recompute the audit log's chain; exit 1 and name the first broken entry when it does not hold.

    Without --organization the logs of all organizations are looked at. The last line of a log that holds is its
    anchor: noted elsewhere, it shows later that nobody has written the log anew.
    """
    if anchor and not organization:
        raise click.UsageError("--anchor belongs to one log; name it with --organization.")
    is_whole = True
    with database_ready(data_dir, organization) as actions:
        for name, verdict in actions.verify_audit(anchor=anchor):
            if verdict.broken is not None:
                is_whole = False
                click.echo(f"{name}: BROKEN at entry {verdict.broken.number}. {verdict.broken.why}", err=True)
                continue
            click.echo(f"{name}: {verdict.kept:,} entries hold.\t{verdict.head.number}:{verdict.head.hash.hex()}")
    if not is_whole:
        click.get_current_context().exit(1)


def _shown(line: dict[str, object]) -> str:
    ids = line["ids"]
    told = " ".join(f"{key}={json.dumps(value)}" for key, value in ids.items()) if isinstance(ids, dict) else ""
    return "\t".join([str(line["number"]), str(line["at"])[:19], str(line["actor"]), str(line["action"]), told])
