"""Which server is meant, and whether a token may travel to it."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from orgsync.client.errors import BadUsage

SERVER_VARIABLE = "ORGSYNC_SERVER"


@dataclass(frozen=True, slots=True)
class Address:
    """A server's base address, checked: `https`, or `http` where the bytes do not leave this machine."""

    text: str
    is_linkedin: bool

    def __str__(self) -> str:
        return self.text


def read_address(text: str, *, allows_plain_http: bool = False) -> Address:
    """Check a server's address. Raise BadUsage when it is none, or when a token sent there could be read."""
    parts, host = _split(text)
    if parts.scheme not in {"http", "https"} or not host:
        raise BadUsage(f"{text!r} is no address of a server; write https://host or https://host:port.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise BadUsage("The address of the server holds a user, a password or a query; give only host, port and path.")
    if parts.scheme == "http" and not (allows_plain_http or is_this_machine(host)):
        raise BadUsage(f"Plain http would show the token to the network on the way to {host}; use https.")
    is_linkedin = host == "linkedin.com" or host.endswith(".linkedin.com")
    return Address(text.strip().rstrip("/"), is_linkedin)


def _split(text: str) -> tuple[SplitResult, str]:
    try:
        parts = urlsplit(text.strip())
        _ = parts.port  # raises when it is no number
    except ValueError as error:
        raise BadUsage(f"{text!r} is no address of a server: {error}") from error
    return parts, (parts.hostname or "").rstrip(".")


def is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
