"""`orgsync status`, `orgsync watch`, `orgsync results`: what became of an upload job."""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orgsync.client.answers import UploadJob, clean_urn
from orgsync.client.connection import Connection, connection_options, json_option, timeout_option
from orgsync.client.errors import BadUsage
from orgsync.client.exits import ExitCode
from orgsync.client.report import job_lines, show_json
from orgsync.client.screen import Screen

if TYPE_CHECKING:
    from orgsync.client.api import Api

URN_START = "urn:"
TO_STDOUT = Path("-")


@click.command()
@click.argument("job")
@connection_options
@json_option
@click.pass_context
def status(context: click.Context, job: str, *, connection: Connection, as_json: bool) -> None:
    """Say where the upload job JOB stands.

    Exit codes: 0 running or done, 1 done with row errors, 3 held, 4 failed or cancelled.
    """
    with connection.open(Screen()) as api:
        found = api.job(job)
    _show(found, as_json=as_json)
    context.exit(found.exit_code if found.is_settled else ExitCode.DONE)


@click.command()
@click.argument("job")
@connection_options
@timeout_option
@json_option
@click.pass_context
def watch(context: click.Context, job: str, *, connection: Connection, timeout: float, as_json: bool) -> None:
    """Watch the upload job JOB until it is done, held, failed or cancelled.

    Exit codes: 0 done, 1 done with row errors, 3 held, 4 failed or cancelled, 6 still running after --timeout.
    """
    from orgsync.client.push import follow  # noqa: PLC0415  needs httpx2

    screen = Screen()
    with connection.open(screen) as api:
        found = follow(api, job, screen, connection.pace(timeout))
    _show(found, as_json=as_json)
    context.exit(found.exit_code)


@click.command()
@click.argument("job_or_urn", metavar="[JOB|URN]", required=False)
@connection_options
@click.option(
    "--file",
    "brought",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="RESULTS.csv",
    help="LinkedIn's automatic mode: note what a results file that came by mail accepts.",
)
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    metavar="FILE",
    default=Path("results.csv"),
    show_default=True,
    help="Where to put it; - is standard output.",
)
@json_option
@click.pass_context
def results(
    context: click.Context,
    job_or_urn: str | None,
    *,
    connection: Connection,
    brought: Path | None,
    output: Path,
    as_json: bool,
) -> None:
    """Fetch the results file of a job, or any file by its media URN.

    With --file nothing is fetched: a results file of LinkedIn's automatic mode, which came by mail, says which rows
    were accepted, and those are not sent again.
    """
    from orgsync.client.results import fetch_results  # noqa: PLC0415  needs httpx2

    if (brought is None) == (job_or_urn is None):
        raise BadUsage("Name a job, a media URN, or a file with --file.")
    if brought is not None:
        context.exit(_bring(connection, brought, as_json=as_json))
    job_or_urn = job_or_urn or ""
    if as_json and output == TO_STDOUT:
        raise BadUsage("Standard output can take the file or JSON, not both.")
    screen = Screen()
    with connection.open(screen) as api:
        media = _media_of(api, job_or_urn)
        if output == TO_STDOUT:
            _copy_to_stdout(api, media)
        else:
            fetch_results(api, media, output, screen)
    if as_json:
        show_json({"media": media, "results": str(output), "exit_code": ExitCode.DONE})
    elif output != TO_STDOUT:
        click.echo(f"Wrote {output}.")


def _bring(connection: Connection, file: Path, *, as_json: bool) -> ExitCode:
    from orgsync.client.lock import only_run  # noqa: PLC0415
    from orgsync.client.targets.linkedin.bringing import bring_results  # noqa: PLC0415  needs polars

    store = connection.store()
    with only_run(store.lock):
        found = bring_results(file, store)
    if found is None:
        raise BadUsage("No file that was sent in automatic mode waits for results here.")
    code = ExitCode.ROW_ERRORS if found.waiting else ExitCode.DONE
    if as_json:
        show_json({"accepted": found.accepted, "waiting": found.waiting, "exit_code": code})
        return code
    click.echo(f"{found.accepted:,} rows accepted; {found.waiting:,} are not, and are sent again next time.")
    if not found.judgement.has_columns:
        click.echo("The file has no column of messages or status: nothing could be told from it.")
    return code


def _media_of(api: "Api", job_or_urn: str) -> str:
    if job_or_urn.startswith(URN_START):
        return clean_urn(job_or_urn) or ""
    job = api.job(job_or_urn)
    if job.result_media is None:
        raise BadUsage(f"Job {job.id} is {job.status} and has no results file.")
    return job.result_media


def _copy_to_stdout(api: "Api", media: str) -> None:
    """Go through a nameless file, so that a download that broke off can go on where it broke."""
    with tempfile.TemporaryFile() as whole:
        api.download(media, whole, on_position=lambda _position: None)
        whole.seek(0)
        shutil.copyfileobj(whole, sys.stdout.buffer)


def _show(job: UploadJob, *, as_json: bool) -> None:
    if as_json:
        show_json({"job": dict(job.raw), "job_id": job.id, "status": job.status, "exit_code": job.exit_code})
        return
    for line in job_lines(job):
        click.echo(line)
