"""`orgsync approve`, `reject` and `undo`: a person's word on a job, given from here."""

import click

from orgsync.client.connection import Connection, connection_options, json_option
from orgsync.client.errors import BadUsage
from orgsync.client.report import show_json
from orgsync.client.screen import Screen

_JOB = click.argument("job")


@click.command()
@_JOB
@connection_options
@click.option("--additions-only", is_flag=True, help="Apply now what takes nothing away; the rest stays held.")
@json_option
def approve(job: str, *, connection: Connection, additions_only: bool, as_json: bool) -> None:
    """Approve the plan that the orgsync server holds JOB with; it is then applied.

    The token needs the scope jobs:approve, and is never one of the job's own feed.
    """
    _decide(connection, job, "approve", {"additionsOnly": additions_only}, as_json=as_json)


@click.command()
@_JOB
@connection_options
@click.option("--why", default="", help="Kept in the job's history.")
@json_option
def reject(job: str, *, connection: Connection, why: str, as_json: bool) -> None:
    """Reject JOB, which the orgsync server holds; nothing of it is applied."""
    _decide(connection, job, "reject", {"why": why}, as_json=as_json)


@click.command()
@_JOB
@connection_options
@click.option("--dry-run", is_flag=True, help="Only say what the undo would do.")
@json_option
def undo(job: str, *, connection: Connection, dry_run: bool, as_json: bool) -> None:
    """Undo what the orgsync server did with JOB, in a job of its own; the feed's next file is then held.

    The token needs the scope jobs:undo, and is never one of the job's own feed. LinkedIn undoes nothing: there, push
    an older file.
    """
    _decide(connection, job, "undo", {"dryRun": dry_run}, as_json=as_json)


def _decide(connection: Connection, job: str, word: str, body: dict[str, object], *, as_json: bool) -> None:
    if connection.is_linkedin:
        raise BadUsage(f"LinkedIn holds nothing and undoes nothing; {word} is for an orgsync server.")
    with connection.open(Screen()) as api:
        told = api.decide(job, word, body)
    if as_json:
        show_json(told)
    else:
        click.echo(str(told.get("message") or f"Job {told.get('id')}: {told.get('status')}"))
