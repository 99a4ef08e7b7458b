"""`orgsync forget`: remove what is remembered of the target on this machine."""

import sys

import click

from orgsync.client.connection import Connection, connection_options, json_option
from orgsync.client.exits import ExitCode
from orgsync.client.lock import only_run
from orgsync.client.report import show_json


@click.command()
@connection_options
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@json_option
@click.pass_context
def forget(context: click.Context, *, connection: Connection, yes: bool, as_json: bool) -> None:
    """Remove the acknowledged state of the target, which holds addresses, and everything that is on the way.

    The next push to LinkedIn is then a first one: it tells of everybody, and finds no leavers. The token stays; see
    orgsync token remove.
    """
    store = connection.store()
    question = f"Forget everything about {connection.server} in {store.folder}?"
    if not yes and sys.stdin.isatty() and not click.confirm(question, err=True):
        click.echo("Nothing was removed.")
        context.exit(ExitCode.INTERRUPTED)
    with only_run(store.run_lock), only_run(store.lock):
        removed = store.forget()
    if as_json:
        show_json({"folder": str(store.folder), "removed": list(removed)})
        return
    click.echo(f"Removed from {store.folder}: {', '.join(removed) or 'nothing was there'}.")
