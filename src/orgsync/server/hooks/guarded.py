"""A call to an address that a customer chose: never into our own networks, never further than that address.

The name is resolved once, every address it has is looked at, and the connection goes to the very address that was
looked at: a name that changes its mind in between leads nowhere else. No proxy, no redirect, little time, few bytes.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from orgsync.core.errors import OrgSyncError
from orgsync.server.env import ConfigurationError

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
CONNECT_SECONDS: Final = 5.0
TOTAL_SECONDS: Final = 15.0
MOST_BYTES: Final = 4_096
LONGEST_URL: Final = 2_000
_NAT64: Final = ip_network("64:ff9b::/96")
_NEVER: Final = tuple(ip_network(name) for name in ("64:ff9b:1::/48", "5f00::/16", "3fff::/20", "2001:db8::/32"))
"""Not of the open internet, whatever this Python's tables know of it yet: NAT64 of one's own, routers', examples."""


class Refused(OrgSyncError):
    """The address may not be called; nothing was sent."""


class NotReached(OrgSyncError):
    """The other side could not be reached, or did not answer in time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said."""

    status: int
    body: str
    took_ms: int
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL in its parts, safe to be put together again."""

    is_https: bool
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return shown if self.port == (443 if self.is_https else 80) else f"{shown}:{self.port}"


def parse_networks(names: Sequence[str]) -> tuple[Network, ...]:
    """Read the networks of the server's setting; raise ConfigurationError."""
    try:
        return tuple(ip_network(name) for name in names)
    except ValueError as error:
        raise ConfigurationError("ORGSYNC_WEBHOOK_NETWORKS", f"{error}; use 10.1.0.0/16, 192.0.2.7/32.") from error


def target_of(url: str) -> Target:
    """Read a URL; raise Refused where it is none that a webhook may have, whatever its name leads to."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise Refused("That is no URL.") from error
    is_plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST_URL
    if parts.scheme not in {"https", "http"} or not host or not is_plain:
        raise Refused("Use an address such as https://example.com/hooks, in plain ASCII.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise Refused("The address holds a user, a password or a #: leave them out.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    is_https = parts.scheme == "https"
    return Target(is_https, host, port or (443 if is_https else 80), path)


def address_for(target: Target, allowed: Sequence[Network]) -> Address:
    """Resolve the name and return the address to connect to; raise Refused when any of its addresses is closed."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotReached(f"The name {target.host} cannot be resolved.") from error
    addresses = [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    for address in addresses:
        is_ours = any(address in network for network in allowed)
        if not is_ours and not is_public(address):
            raise Refused(f"{target.host} leads to {address}, which is no public address.")
        if not is_ours and not target.is_https:
            raise Refused("Use https: plain http goes only to networks that the server's operators allow.")
    return addresses[0]


def is_public(address: Address) -> bool:
    """Tell whether an address is one of the open internet, whatever it is wrapped in."""
    if isinstance(address, IPv6Address):
        wrapped = address.ipv4_mapped or address.sixtofour
        if wrapped is None and address in _NAT64:
            wrapped = IPv4Address(int(address) & 0xFFFFFFFF)
        if wrapped is not None:
            return is_public(wrapped)
        if address.teredo is not None or address.is_site_local or any(address in network for network in _NEVER):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def post(url: str, body: str, headers: Mapping[str, str], *, allowed: Sequence[Network]) -> Answer:
    """Send the body and return the answer, whatever its status; raise Refused or NotReached."""
    return call("POST", url, body, headers, allowed=allowed)


def call(
    method: str,
    url: str,
    body: str,
    headers: Mapping[str, str],
    *,
    allowed: Sequence[Network],
    most_bytes: int = MOST_BYTES,
) -> Answer:
    """Call and return the answer, cut after so many bytes; otherwise as `post`."""
    target = target_of(url)
    address = address_for(target, allowed)
    began = time.monotonic()
    try:
        with _connected(target, address) as connection:
            connection.request(method, target.path, body.encode(), {"Host": target.host_header, **headers})
            answer = connection.getresponse()
            text = answer.read(most_bytes).decode("utf-8", "replace").replace("\x00", "\ufffd")
    except (OSError, http.client.HTTPException) as error:
        raise NotReached(_why(error, time.monotonic() - began)) from error
    if time.monotonic() - began >= TOTAL_SECONDS:
        raise NotReached(f"There was no whole answer within {TOTAL_SECONDS:g} seconds.")
    took_ms = round(1_000 * (time.monotonic() - began))
    return Answer(answer.status, text, took_ms, answer.headers.get("Content-Type", ""))


@contextmanager
def _connected(target: Target, address: Address) -> Iterator[http.client.HTTPConnection]:
    """Connect to the address, and to no other; end everything when the time is over, however slowly it drips."""
    socket_now = socket.create_connection((str(address), target.port), timeout=CONNECT_SECONDS)
    with ExitStack() as stack:
        stack.callback(socket_now.close)
        alarm = threading.Timer(TOTAL_SECONDS, lambda: _shut(socket_now))
        alarm.daemon = True
        alarm.start()
        stack.callback(alarm.cancel)
        socket_now.settimeout(TOTAL_SECONDS)
        if target.is_https:
            context = ssl.create_default_context()
            # The handshake comes after, so that the alarm reaches it too.
            socket_now = context.wrap_socket(socket_now, server_hostname=target.host, do_handshake_on_connect=False)
            stack.callback(socket_now.close)
            socket_now.do_handshake()
        connection = http.client.HTTPConnection(target.host, target.port)
        connection.sock = socket_now
        stack.callback(connection.close)
        yield connection


def _shut(open_socket: socket.socket) -> None:
    try:
        # A TLS socket's own would say goodbye first, and wait for an answer.
        socket.socket.shutdown(open_socket, socket.SHUT_RDWR)
    except OSError:
        return  # it has ended meanwhile


def _why(error: Exception, seconds: float) -> str:
    if isinstance(error, TimeoutError) or seconds >= TOTAL_SECONDS:
        return f"There was no whole answer within {TOTAL_SECONDS:g} seconds."
    if isinstance(error, ssl.SSLError):
        return f"The encrypted connection failed ({error.reason or type(error).__name__})."
    return f"The connection failed ({type(error).__name__})."
