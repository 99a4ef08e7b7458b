"""`orgsync run`: from the source to the target as one step that cron may start."""

from pathlib import Path

import click

from orgsync.client.connection import Connection, connection_options, json_option
from orgsync.client.errors import BadUsage
from orgsync.client.report import show_json


@click.command()
@connection_options
@click.option("--accept-plan", metavar="HASH", help="Go on with the run that a guard stopped; it names the hash.")
@json_option
@click.pass_context
def run(context: click.Context, *, connection: Connection, accept_plan: str | None, as_json: bool) -> None:
    """Pull, map, check, plan, push and fetch the results, as the configuration says.

    Fit for cron: a second run at the same time is refused; a run that was killed is gone on with by the next one and
    does nothing twice; [run] names a JSON log, a metrics file for Prometheus and a summary of one page.
    Exit codes: 0 done, 1 done with row errors, 2 bad configuration, 3 held or stopped by a guard, 4 file rejected,
    5 authentication, 6 network or server, 7 another run is active.
    """
    from orgsync.client.nightly.run import run_once  # noqa: PLC0415  needs polars and httpx2

    config = connection.config
    if config is None:
        raise BadUsage("A run needs a configuration for this server: orgsync init")
    for folder in {file.parent for file in (config.run.log, config.run.metrics, config.run.summary) if file}:
        Path(folder).mkdir(parents=True, exist_ok=True)
    code, lines = run_once(connection, config, accepts=accept_plan)
    if as_json:
        show_json({"summary": lines, "exit_code": code})
    else:
        for line in lines:
            click.echo(line)
    context.exit(code)
