"""`orgsync push` and `orgsync plan`: send a file, or say what it would change."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orgsync.client.connection import Connection, connection_options, json_option, timeout_option
from orgsync.client.errors import BadUsage
from orgsync.client.report import show_json
from orgsync.client.screen import Screen
from orgsync.core.model import Mode, RowPolicy

if TYPE_CHECKING:
    from orgsync.client.outcome import Outcome

_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_MODE = click.option(
    "--mode",
    type=click.Choice([mode.value for mode in Mode]),
    help="What the file claims to be; never wider than the feed.",
)
_FULL = click.option(
    "--full", is_flag=True, help="LinkedIn: tell all that is known of everybody, not only what changed."
)


@click.command()
@_FILE
@connection_options
@click.option("--automatic", is_flag=True, help="Upload only; the server starts by itself and mails the results.")
@_MODE
@click.option(
    "--rows",
    type=click.Choice([policy.value for policy in RowPolicy]),
    help="What rows in error do to the rest of the file.",
)
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@_FULL
@click.option(
    "--accept-plan", metavar="HASH", help="Send this one plan although a guard stops it; the plan names its hash."
)
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="RESULTS.csv",
    help="Where to put the results file; it holds personal data.",
)
@click.option(
    "--yes",
    "-y",
    is_flag=True,
    help="Answer the question before sending, never a guard. Without a terminal none is asked.",
)
@timeout_option
@json_option
@click.pass_context
def push(
    context: click.Context,
    file: Path,
    *,
    connection: Connection,
    automatic: bool,
    mode: str | None,
    rows: str | None,
    dry_run: bool,
    full: bool,
    accept_plan: str | None,
    output: Path | None,
    yes: bool,
    timeout: float,
    as_json: bool,
) -> None:
    """Check FILE, plan and guard it, send it, watch its job and fetch the results.

    LinkedIn gets only what differs from what it has accepted before; an orgsync server gets the file and plans by
    itself. A push that broke off goes on where it stopped when the same command is given again.
    Exit codes: 0 done, 1 done with row errors, 2 bad usage, 3 held or stopped by a guard, 4 file rejected,
    5 authentication, 6 network or server, 7 another push is active.
    """
    from orgsync.client.order import Order  # noqa: PLC0415
    from orgsync.client.targets.choosing import push_order  # noqa: PLC0415  needs httpx2 and polars

    automatic = automatic or (connection.target.is_automatic and not dry_run and output is None)
    _check_options(connection, rows=rows, is_automatic=automatic, is_full=full, is_dry_run=dry_run, output=output)
    order = Order(
        file,
        _with_mode(connection, mode),
        Screen(),
        timeout,
        rows=RowPolicy(rows) if rows else None,
        is_dry_run=dry_run,
        is_automatic=automatic,
        sends_everything=full,
        accepts=accept_plan,
        output=output,
        agrees=(lambda _question: True) if yes or dry_run else _ask,
    )
    _finish(context, push_order(order), as_json=as_json)


@click.command()
@_FILE
@connection_options
@_MODE
@_FULL
@timeout_option
@json_option
@click.pass_context
def plan(
    context: click.Context,
    file: Path,
    *,
    connection: Connection,
    mode: str | None,
    full: bool,
    timeout: float,
    as_json: bool,
) -> None:
    """Say what FILE would change, and change nothing.

    For LinkedIn, which can be asked nothing, the file is compared on this machine with what LinkedIn has accepted; no
    token is needed. An orgsync server is asked for its own plan. The answer in JSON has a line for each change.
    Exit codes: 0 it would go, 1 it would go but for rows in error, 3 a guard would stop it, 4 it would be refused.
    """
    from orgsync.client.order import Order  # noqa: PLC0415
    from orgsync.client.targets.choosing import plan_order  # noqa: PLC0415

    order = Order(file, _with_mode(connection, mode), Screen(), timeout, sends_everything=full)
    _finish(context, plan_order(order), as_json=as_json)


def _with_mode(connection: Connection, mode: str | None) -> Connection:
    if mode is None:
        return connection
    if connection.is_linkedin and Mode(mode) is Mode.ADDITIONS_ONLY:
        raise BadUsage("LinkedIn's files are full or changes; additions_only means nothing there.")
    return connection.with_target(replace(connection.target, mode=Mode(mode)))


def _check_options(
    connection: Connection,
    *,
    rows: str | None,
    is_automatic: bool,
    is_full: bool,
    is_dry_run: bool,
    output: Path | None,
) -> None:
    """Refuse what a server would pass over in silence, and so do something that was not meant."""
    if is_automatic and output:
        raise BadUsage("In automatic mode the server mails the results; --output cannot be had.")
    if is_automatic and is_dry_run:
        raise BadUsage("Nobody hears of the plan of a dry run in automatic mode.")
    if output and not os.access(output.parent, os.W_OK):
        raise BadUsage(f"{output} cannot be written: its folder is missing or closed.")
    if connection.is_linkedin and rows is not None:
        raise BadUsage("LinkedIn takes the good rows of every file; --rows means nothing there.")
    if is_full and not connection.is_linkedin:
        raise BadUsage("--full is for LinkedIn; an orgsync server always gets the whole file.")


def _ask(question: str) -> bool:
    """Ask the person at the terminal; where there is none, giving the command was the answer."""
    return not sys.stdin.isatty() or click.confirm(question, err=True)


def _finish(context: click.Context, outcome: "Outcome", *, as_json: bool) -> None:
    if as_json:
        show_json(outcome.facts)
    else:
        for line in outcome.lines:
            click.echo(line)
    context.exit(outcome.exit_code)
