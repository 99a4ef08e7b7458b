"""The options that name a server and a token, and the connection that they open."""

import functools
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orgsync.client.address import SERVER_VARIABLE, Address, read_address
from orgsync.client.config import (
    CONFIG_NAME,
    CONFIG_VARIABLE,
    LINKEDIN,
    ORGSYNC,
    Config,
    TargetConfig,
    find_config,
    load_config,
)
from orgsync.client.credentials import CREDENTIAL_VARIABLE, Token, find_token, is_open_to_others
from orgsync.client.duration import Duration
from orgsync.client.errors import BadUsage
from orgsync.client.screen import Screen
from orgsync.client.statefolder import target_name
from orgsync.core.model import Mode

if TYPE_CHECKING:
    from stamina.instrumentation import RetryDetails

    from orgsync.client.acknowledged.store import Store
    from orgsync.client.api import Api
    from orgsync.client.watch import Pace

Guard = Mapping[str, Mapping[str, Any]]
"""Numbers by guard, as `[guard]` has them."""
JSON_KEY = "orgsync.json"
"""Set in `click.Context.meta` when the command is to answer in JSON, also about its failure."""


class Connection:
    """A server, and how to reach it; nothing is opened yet and no token looked for."""

    def __init__(
        self,
        target: TargetConfig,
        find: Callable[[], Token],
        *,
        config: Config | None = None,
        guard: Guard | None = None,
    ) -> None:
        self.target = target
        self.server: Address = read_address(target.server, allows_plain_http=target.allow_http)
        self.config = config
        self.guard: Guard = guard or {}
        self._find = find

    @property
    def is_linkedin(self) -> bool:
        return self.target.is_linkedin

    @cached_property
    def token(self) -> Token:
        """The access token. Raise BadUsage when none can be found."""
        return self._find()

    def open(self, screen: Screen) -> "Api":
        """Return the connection; each retry is told on `screen`."""
        from orgsync.client.api import Api  # noqa: PLC0415  half a second that --help must not wait for

        tell_retries(screen)
        return Api(str(self.server), self.token, ca=self.target.ca, sends_extras=not self.is_linkedin)

    def pace(self, limit: float) -> "Pace":
        """Return how often to ask this server about a job, for `limit` seconds."""
        from orgsync.client.watch import GENTLE_FIRST_WAIT, Pace  # noqa: PLC0415

        return Pace(first=GENTLE_FIRST_WAIT, limit=limit) if self.is_linkedin else Pace(limit=limit)

    def with_target(self, target: TargetConfig) -> "Connection":
        """Return the same connection with other settings of its target."""
        return Connection(target, self._find, config=self.config, guard=self.guard)

    def store(self) -> "Store":
        """Return what is remembered of this target."""
        from orgsync.client.acknowledged.store import open_store  # noqa: PLC0415

        return open_store(str(self.server), self.target.name)


def connection_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add --config, --server, the ways to give a token, --ca and --allow-http; pass them on as `connection`."""

    @config_option
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
        config: Path | None,
        server: str | None,
        token: str | None,
        token_file: Path | None,
        token_stdin: bool,
        ca: Path | None,
        allow_http: bool,
        **others: Any,
    ) -> None:
        loaded = find_and_load(config, is_needed=config is not None or not server)
        if loaded and server and not _is_of(loaded, server):
            if config is not None:
                raise BadUsage(
                    f"{config} is for {loaded.target.server}, and --server names {server}; drop one of them."
                )
            loaded = None
        target = chosen_target(loaded, server=server, ca=ca, allow_http=allow_http)
        find = functools.partial(_find_token, target, token, token_file, reads_stdin=token_stdin)
        if sum((token is not None, token_file is not None, token_stdin)) > 1:
            find()  # raises at once, before anything else is done
        command(connection=Connection(target, find, config=loaded, guard=loaded.guard if loaded else None), **others)

    return with_connection


def config_option(command: Callable[..., None]) -> Callable[..., None]:
    """Add --config and pass it on as a path, or None."""
    return click.option(
        "--config",
        "-c",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Configuration; orgsync.toml by default. [env: ORGSYNC_CONFIG]",
    )(command)


def find_and_load(named: Path | None, *, is_needed: bool) -> Config | None:
    """Read the configuration: None where there is none and none is needed."""
    try:
        file = find_config(named)
    except BadUsage:
        if named or os.environ.get(CONFIG_VARIABLE):
            raise
        if is_needed:
            raise BadUsage(
                f"No server: use --server, set {SERVER_VARIABLE}, or make an {CONFIG_NAME}: orgsync init"
            ) from None
        return None
    return load_config(file)


def chosen_target(config: Config | None, *, server: str | None, ca: Path | None, allow_http: bool) -> TargetConfig:
    """Return the configured target, or the one that --server names, with what the options say.

    A configuration for another server is passed over: its kind, state and limits are not meant.
    """
    if config and (not server or _is_of(config, server)):
        target = config.target
    else:
        address = read_address(server or "", allows_plain_http=True)
        is_linkedin = address.is_linkedin
        # LinkedIn itself reads every file as changes; whoever wants leavers found by absence says so.
        mode = Mode.CHANGES if is_linkedin else None
        target = TargetConfig(LINKEDIN if is_linkedin else ORGSYNC, str(address), mode=mode)
    return replace(target, ca=ca or target.ca, allow_http=allow_http or target.allow_http)


def _is_of(config: Config, server: str) -> bool:
    return read_address(server, allows_plain_http=True).text == config.target.server.rstrip("/")


def _find_token(target: TargetConfig, given: str | None, file: Path | None, *, reads_stdin: bool) -> Token:
    """Take the token that was named, else that of the environment, the configuration or `orgsync token`."""
    is_named = given is not None or file is not None or reads_stdin
    if not is_named and CREDENTIAL_VARIABLE not in os.environ:
        if target.token_file is None:
            from orgsync.client.tokenstore import TokenStore  # noqa: PLC0415

            stored = TokenStore(target_name(target.server, target.name)).get()
            if stored:
                return stored.token
        file = target.token_file
    if file and file.exists() and is_open_to_others(file):
        Screen().warn(f"other users of this machine can read {file}; run: chmod 600 {file}")
    return find_token(given=given, file=file, stdin=sys.stdin if reads_stdin else None)


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


def tell_retries(screen: Screen) -> None:
    """Say on the screen that a call is tried again. What stamina would do by itself could end up on stdout."""
    from stamina.instrumentation import set_on_retry_hooks  # noqa: PLC0415

    def tell(details: "RetryDetails") -> None:
        screen.say(f"{details.caused_by} Trying again in {details.wait_for:.0f} s.")

    set_on_retry_hooks([tell])
