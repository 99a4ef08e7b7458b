"""`orgsync token`: keep the access token where the nightly run finds it and nobody else does."""

import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click

from orgsync.client.connection import chosen_target, config_option, find_and_load, json_option
from orgsync.client.credentials import Token
from orgsync.client.errors import BadUsage
from orgsync.client.report import show_json
from orgsync.client.statefolder import target_name
from orgsync.client.tokenstore import TokenStore

_SERVER = click.option("--server", envvar="ORGSYNC_SERVER", metavar="URL", help="Server, where no configuration is.")


@click.group()
def token() -> None:
    """Store the access token of the configured target, look where it is, or remove it."""


@token.command("set")
@config_option
@_SERVER
@click.option("--in-keyring", "place", flag_value="keyring", help="Into the operating system's keyring.")
@click.option("--in-file", "place", flag_value="file", help="Into a file of mode 600; for servers and containers.")
@click.option("--expires", type=click.DateTime(["%Y-%m-%d"]), help="Day on which it expires, as the panel showed it.")
@click.option("--days", type=click.IntRange(1, 3650), help="Or the days from today for which it is good.")
def set_token(
    *, config: Path | None, server: str | None, place: str | None, expires: datetime | None, days: int | None
) -> None:
    """Store a token; it is asked for, or read from standard input. With its expiry, runs warn days ahead."""
    store = TokenStore(_name(config, server))
    text = click.prompt("Access token", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()
    where = store.put(Token(text), expires=_expiry(expires, days), in_keyring=_uses_keyring(place))
    click.echo(f"Stored in {where}.")


@token.command()
@config_option
@_SERVER
@json_option
def show(*, config: Path | None, server: str | None, as_json: bool) -> None:
    """Say where the token is, by which digits it can be told from others, and when it expires; never the token."""
    stored = TokenStore(_name(config, server)).get()
    if stored is None:
        raise BadUsage("No token is stored for this target: orgsync token set")
    expires = stored.expires.isoformat() if stored.expires else None
    if as_json:
        show_json({"token": stored.token.fingerprint(), "place": stored.place, "expires": expires})
    else:
        click.echo(f"Token {stored.token.fingerprint()} in {stored.place}; expires: {expires or 'not known'}")


@token.command()
@config_option
@_SERVER
def remove(*, config: Path | None, server: str | None) -> None:
    """Remove the stored token. It stays good at the server until it is revoked there."""
    removed = TokenStore(_name(config, server)).remove()
    click.echo("Removed." if removed else "There was none.")


def _name(config: Path | None, server: str | None) -> str:
    loaded = find_and_load(config, is_needed=config is not None or not server)
    target = chosen_target(loaded, server=server, ca=None, allow_http=True)
    return target_name(target.server, target.name)


def _expiry(expires: datetime | None, days: int | None) -> date | None:
    if expires and days:
        raise BadUsage("Give --expires or --days, not both.")
    if days:
        return datetime.now(UTC).date() + timedelta(days=days)
    return expires.date() if expires else None


def _uses_keyring(place: str | None) -> bool:
    """Return the choice; without one the keyring is taken where there is one."""
    if place is not None:
        return place == "keyring"
    try:
        import keyring  # noqa: PLC0415  an extra
        from keyring.backends import fail  # noqa: PLC0415
    except ModuleNotFoundError:
        return False
    return not isinstance(keyring.get_keyring(), fail.Keyring)
