"""`orgsync push`: check a file, send it, watch it, fetch the results."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orgsync.client.connection import Connection, connection_options, json_option, timeout_option
from orgsync.client.errors import BadUsage, RefusedHere
from orgsync.client.exits import ExitCode
from orgsync.client.report import group_line, job_lines, show_json
from orgsync.client.screen import Screen
from orgsync.core.model import Mode, RowPolicy

if TYPE_CHECKING:
    from orgsync.client.api import Asked
    from orgsync.client.push import Push, Pushed
    from orgsync.core.checking import CheckedFile


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@connection_options
@click.option("--automatic", is_flag=True, help="Upload only; the server starts by itself and mails the results.")
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in Mode]),
    help="What the file claims to be; never wider than the feed.",
)
@click.option(
    "--rows",
    type=click.Choice([policy.value for policy in RowPolicy]),
    help="What rows in error do to the rest of the file.",
)
@click.option("--dry-run", is_flag=True, help="Let the server say what would change, and change nothing.")
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="RESULTS.csv",
    help="Where to put the results file; it holds personal data.",
)
@click.option("--yes", "-y", is_flag=True, help="Do not ask before sending. Without a terminal nobody is asked.")
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
    output: Path | None,
    yes: bool,
    timeout: float,
    as_json: bool,
) -> None:
    """Check FILE, send it, watch its job and fetch the results.

    A push that broke off goes on where it stopped when the same command is given again.
    Exit codes: 0 done, 1 done with row errors, 2 bad usage, 3 held, 4 file rejected, 5 authentication,
    6 network or server, 7 another push is active.
    """
    from orgsync.client.api import Asked  # noqa: PLC0415  needs httpx2 and polars
    from orgsync.client.outgoing import measure  # noqa: PLC0415
    from orgsync.client.push import Push, send  # noqa: PLC0415
    from orgsync.core.checking import check_file  # noqa: PLC0415

    screen = Screen()
    asked = Asked(Mode(mode) if mode else None, RowPolicy(rows) if rows else None, dry_run)
    _check_options(connection, asked, is_automatic=automatic, output=output)
    checked = check_file(file)
    _tell_findings(checked, screen)
    _refuse_hopeless(checked, asked)
    if not (yes or _agrees(checked, connection)):
        screen.say("Nothing was sent.")
        context.exit(ExitCode.INTERRUPTED)
    outgoing = measure(file, row_count=checked.row_count)
    order = Push(outgoing, connection.server, connection.token, asked, automatic, output)
    with connection.open(screen) as api:
        pushed = send(order, api, screen, connection.pace(timeout))
    code = _exit_code(pushed, checked)
    if as_json:
        show_json(_facts(pushed, checked, order, code))
    else:
        _show(pushed)
    context.exit(code)


def _check_options(connection: Connection, asked: "Asked", *, is_automatic: bool, output: Path | None) -> None:
    """Refuse what a server would pass over in silence, and so do something that was not meant."""
    if is_automatic and output:
        raise BadUsage("In automatic mode the server mails the results; --output cannot be had.")
    if output and not os.access(output.parent, os.W_OK):
        raise BadUsage(f"{output} cannot be written: its folder is missing or closed.")
    if not connection.server.is_linkedin:
        return
    if asked.is_dry_run:
        raise BadUsage("LinkedIn has no dry run and would apply the file; see what it holds with: orgsync check")
    if asked.rows is not None or asked.mode not in {None, Mode.CHANGES}:
        raise BadUsage("LinkedIn reads every file as changes and takes its good rows; --mode and --rows mean nothing.")


def _tell_findings(checked: "CheckedFile", screen: Screen) -> None:
    from orgsync.client import findings  # noqa: PLC0415

    for group in findings.found_groups(checked):
        screen.say(group_line(group))
    screen.say(findings.count_line(checked))
    if checked.layout.is_deletion_file:
        screen.warn("this file asks to erase people; only a token with the scope erase may do that.")


def _refuse_hopeless(checked: "CheckedFile", asked: "Asked") -> None:
    from orgsync.core.issues import NO_ROWS_FULL  # noqa: PLC0415

    if checked.is_refused:
        raise RefusedHere("The server would refuse this file.")
    if asked.mode is Mode.FULL and not checked.row_count:
        raise RefusedHere(NO_ROWS_FULL.wording)


def _agrees(checked: "CheckedFile", connection: Connection) -> bool:
    """Ask the person at the terminal; where there is none, giving the command was the answer."""
    if not sys.stdin.isatty():
        return True
    return click.confirm(f"Send {checked.row_count:,} rows to {connection.server}?", err=True)


def _exit_code(pushed: "Pushed", checked: "CheckedFile") -> ExitCode:
    """Return the job's exit code; where nobody hears of the job, what the local check found."""
    if pushed.job:
        return pushed.job.exit_code
    return ExitCode.ROW_ERRORS if checked.error_count else ExitCode.DONE


def _show(pushed: "Pushed") -> None:
    job = pushed.job
    if job is None:
        click.echo(f"Uploaded as {pushed.media}. The server processes it by itself and mails the results.")
        return
    groups = None
    if pushed.results and not job.messages:
        from orgsync.client.resultsfile import group_results  # noqa: PLC0415

        groups = group_results(pushed.results)
    for line in job_lines(job, groups):
        click.echo(line)
    if pushed.results:
        click.echo(f"  Results: {pushed.results}")
    elif job.result_media:
        click.echo(f"  Results: orgsync results {job.id} -o results.csv")


def _facts(pushed: "Pushed", checked: "CheckedFile", order: "Push", code: ExitCode) -> dict[str, Any]:
    from orgsync.client import findings  # noqa: PLC0415

    return {
        "server": str(order.server),
        "media": pushed.media,
        "job": dict(pushed.job.raw) if pushed.job else None,
        "job_id": pushed.job.id if pushed.job else None,
        "status": pushed.job.status if pushed.job else None,
        "results": str(pushed.results) if pushed.results else None,
        "check": findings.facts(checked, order.file.path),
        "exit_code": code,
    }
