"""`orgsync doctor`: is everything there that a nightly run needs?"""

from dataclasses import asdict

import click

from orgsync.client.connection import Connection, connection_options, json_option
from orgsync.client.report import show_json


@click.command()
@connection_options
@json_option
@click.pass_context
def doctor(context: click.Context, *, connection: Connection, as_json: bool) -> None:
    """Check configuration, state, disk, server, TLS, clock, and the token with its scope and expiry. Sends no file.

    The exit code is that of the first thing that fails; warnings fail nothing.
    """
    from orgsync.client.doctor import examine, exit_code_of  # noqa: PLC0415  needs httpx2

    findings = examine(connection)
    code = exit_code_of(findings)
    if as_json:
        show_json({"findings": [asdict(finding) for finding in findings], "exit_code": code})
    else:
        for finding in findings:
            click.echo(f"{finding.state:<5} {finding.what:<8} {finding.text}")
    context.exit(code)
