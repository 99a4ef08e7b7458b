"""`orgsync serve`, `orgsync web`, `orgsync worker`."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from orgsync.server.serve import serve as run_all
from orgsync.server.serve import web as run_web
from orgsync.server.serve import worker as run_worker
from orgsync.server.serveoptions import ServeOptions

DATA_DIR = click.option(
    "--data-dir",
    envvar="ORGSYNC_DATA_DIR",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("orgsync-data"),
    show_default=True,
    help="Folder for database, files, mail and keys.",
)
_LISTENING = (
    click.option("--host", envvar="ORGSYNC_HOST", default="127.0.0.1", show_default=True, help="Address to listen on."),
    click.option("--port", envvar="ORGSYNC_PORT", type=click.IntRange(0, 65535), default=8080, show_default=True),
    click.option("--tls-cert", envvar="ORGSYNC_TLS_CERT", type=click.Path(path_type=Path), help="Certificate chain."),
    click.option("--tls-key", envvar="ORGSYNC_TLS_KEY", type=click.Path(path_type=Path), help="Its private key."),
    click.option(
        "--tls-self-signed", is_flag=True, help="Make a local authority and a certificate; say how to trust it."
    ),
    click.option(
        "--behind-proxy",
        envvar="ORGSYNC_BEHIND_PROXY",
        default="",
        help="Addresses of the proxies to trust, comma separated; TLS ends there.",
    ),
    click.option(
        "--web-threads", envvar="ORGSYNC_WEB_THREADS", type=click.IntRange(2, 256), default=8, show_default=True
    ),
)
_SERVICES = (
    click.option("--base-url", envvar="ORGSYNC_BASE_URL", help="Address that links in mail use."),
    click.option(
        "--smtp-url",
        envvar="ORGSYNC_SMTP_URL",
        help="smtp://user:password@host:port?tls=starttls; without it mail is written as files.",
    ),
    click.option(
        "--storage-url",
        envvar="ORGSYNC_STORAGE_URL",
        help="s3://bucket/prefix; without it files stay in the data directory.",
    ),
    click.option(
        "--database-url", envvar="ORGSYNC_DATABASE_URL", help="PostgreSQL 15 or newer; without it a private one is run."
    ),
    click.option(
        "--queue-database-url",
        envvar="ORGSYNC_QUEUE_DATABASE_URL",
        help="The workers' direct address, where --database-url is a pooler.",
    ),
)
_WORKERS = (
    click.option("--workers", type=click.IntRange(1, 64), help="Upload workers; one per core but one by default."),
)


def _with(*groups: tuple[Callable[[Any], Any], ...]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add groups of options to a command and hand them over as one `ServeOptions`."""

    def decorate(command: Callable[[ServeOptions], None]) -> Callable[..., None]:
        @functools.wraps(command)
        def call(**given: Any) -> None:
            proxies = tuple(part.strip() for part in (given.pop("behind_proxy", "") or "").split(",") if part.strip())
            command(ServeOptions(**given, behind_proxy=proxies))

        for option in reversed([option for group in groups for option in group]):
            call = option(call)
        return call

    return decorate


@click.command()
@_with((DATA_DIR,), _LISTENING, _SERVICES, _WORKERS)
def serve(options: ServeOptions) -> None:
    """Run everything on this machine: database, web and workers, as one process tree."""
    click.get_current_context().exit(run_all(options))


@click.command()
@_with((DATA_DIR,), _LISTENING, _SERVICES)
def web(options: ServeOptions) -> None:
    """Run the web process alone, beside others, on a database that exists."""
    click.get_current_context().exit(run_web(options))


@click.command()
@_with((DATA_DIR,), _SERVICES, _WORKERS)
def worker(options: ServeOptions) -> None:
    """Run workers alone, beside others, on a database that exists."""
    click.get_current_context().exit(run_worker(options))
