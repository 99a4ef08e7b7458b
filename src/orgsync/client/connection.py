"""The options that name a server and a token, and the connection that they open."""

import functools
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orgsync.client.address import SERVER_VARIABLE, Address, read_address
from orgsync.client.credentials import CREDENTIAL_VARIABLE, Token, find_token, is_open_to_others
from orgsync.client.duration import Duration
from orgsync.client.errors import BadUsage
from orgsync.client.screen import Screen

if TYPE_CHECKING:
    from stamina.instrumentation import RetryDetails

    from orgsync.client.api import Api
    from orgsync.client.watch import Pace

JSON_KEY = "orgsync.json"
"""Set in `click.Context.meta` when the command is to answer in JSON, also about its failure."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A server and a token, both checked; nothing is opened yet."""

    server: Address
    token: Token
    ca: Path | None

    def open(self, screen: Screen) -> "Api":
        """Return the connection; each retry is told on `screen`."""
        from orgsync.client.api import Api  # noqa: PLC0415  half a second that --help must not wait for

        _tell_retries(screen)
        return Api(str(self.server), self.token, ca=self.ca)

    def pace(self, limit: float) -> "Pace":
        """Return how often to ask this server about a job, for `limit` seconds."""
        from orgsync.client.watch import GENTLE_FIRST_WAIT, Pace  # noqa: PLC0415

        return Pace(first=GENTLE_FIRST_WAIT, limit=limit) if self.server.is_linkedin else Pace(limit=limit)


def connection_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add --server, the ways to give a token, --ca and --allow-http; pass them on as `connection`."""

    @click.option(
        "--server", envvar=SERVER_VARIABLE, metavar="URL", help="Address of the server. [env: ORGSYNC_SERVER]"
    )
    @click.option(
        "--token", metavar="TOKEN", help=f"Access token; other users see it, {CREDENTIAL_VARIABLE} is better."
    )
    @click.option("--token-file", type=click.Path(path_type=Path), help="File that holds the token (mode 600).")
    @click.option("--token-stdin", is_flag=True, help="Read the token from standard input.")
    @click.option(
        "--ca",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="The one certificate authority to trust (PEM).",
    )
    @click.option("--allow-http", is_flag=True, help="Send the token over plain http to another machine.")
    @functools.wraps(command)
    def with_connection(
        *,
        server: str | None,
        token: str | None,
        token_file: Path | None,
        token_stdin: bool,
        ca: Path | None,
        allow_http: bool,
        **others: Any,
    ) -> None:
        if not server:
            raise BadUsage(f"No server: use --server or set {SERVER_VARIABLE}.")
        address = read_address(server, allows_plain_http=allow_http)
        found = find_token(given=token, file=token_file, stdin=sys.stdin if token_stdin else None)
        if token_file and is_open_to_others(token_file):
            Screen().warn(f"other users of this machine can read {token_file}; run: chmod 600 {token_file}")
        command(connection=Connection(address, found, ca), **others)

    return with_connection


def json_option(command: Callable[..., None]) -> Callable[..., None]:
    """Add --json and pass it on as `as_json`."""
    return click.option(
        "--json", "as_json", is_flag=True, callback=_remember_json, help="Answer in JSON on standard output."
    )(command)


def timeout_option(command: Callable[..., None]) -> Callable[..., None]:
    """Add --timeout and pass it on in seconds."""
    return click.option(
        "--timeout", type=Duration(), default="2h", show_default=True, help="How long to watch a job that runs on."
    )(command)


def _remember_json(context: click.Context, _option: click.Parameter, value: bool) -> bool:  # noqa: FBT001
    context.meta[JSON_KEY] = value
    return value


def _tell_retries(screen: Screen) -> None:
    """Say on the screen that a call is tried again. What stamina would do by itself could end up on stdout."""
    from stamina.instrumentation import set_on_retry_hooks  # noqa: PLC0415

    def tell(details: "RetryDetails") -> None:
        screen.say(f"{details.caused_by} Trying again in {details.wait_for:.0f} s.")

    set_on_retry_hooks([tell])
