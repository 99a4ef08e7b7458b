"""Where the server listens: loopback unless the bytes are protected on the way, and one socket for life."""

import socket
import ssl
import struct
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from orgsync.core.errors import OrgSyncError
from orgsync.server.env import ConfigurationError

SILENCE_LIMIT = 30  # seconds a client may keep a thread waiting for its next bytes
BACKLOG = 1024


class UnsafeTransport(OrgSyncError):
    """The server would send tokens and personal data in clear over a network; nothing was started."""

    def __init__(self, host: str) -> None:
        self.host = host
        super().__init__(
            f"Listening on {host} without TLS would send tokens and personal data in clear. Give --tls-cert and "
            "--tls-key, or --tls-self-signed, or --behind-proxy with the addresses of a proxy that speaks TLS; "
            "or listen on 127.0.0.1."
        )


class AddressNotFree(OrgSyncError):
    """The address cannot be listened on."""

    def __init__(self, host: str, port: int, why: str) -> None:
        self.host = host
        self.port = port
        super().__init__(f"Cannot listen on {host} port {port}: {why}. Choose another --port or --host.")


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach the address; a name other than localhost may be anywhere."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def check_proxies(addresses: tuple[str, ...]) -> None:
    """Raise ConfigurationError unless every trusted proxy is an address or a network."""
    for address in addresses:
        try:
            ip_network(address, strict=False)
        except ValueError as error:
            mend = f"{address!r} is neither an IP address nor a network such as 10.0.0.0/8."
            raise ConfigurationError("ORGSYNC_BEHIND_PROXY", mend) from error


def check_base_url(url: str) -> None:
    """Raise ConfigurationError unless the text is a complete http or https address without a query."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        mend = f"{url!r} is no address such as https://learning.example.com"
        raise ConfigurationError("ORGSYNC_BASE_URL", mend)


def check_tls_files(certificate: Path, key: Path) -> None:
    """Raise ConfigurationError unless the files hold a certificate and the key that fits it."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        mend = f"{certificate} and {key} cannot be used together: {error}"
        raise ConfigurationError("--tls-cert", mend) from error


def open_listener(host: str, port: int) -> socket.socket:
    """
    Listen on the address; port 0 takes a free one. Raises AddressNotFree.

    The socket belongs to the supervisor, so that a restart of the web process refuses nobody. A
    connection inherits the time limits set here: without them eight silent clients would hold
    all eight threads.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise AddressNotFree(host, port, error.strerror or str(error)) from error
    limit = struct.pack("ll", SILENCE_LIMIT, 0)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
    return listener


def url_of(listener: socket.socket, host: str, *, is_tls: bool) -> str:
    """Return the address to type into a browser on this machine."""
    port = listener.getsockname()[1]
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # nosec B104 # noqa: S104 - shown, not bound
    bracketed = f"[{shown}]" if ":" in shown else shown
    return f"{'https' if is_tls else 'http'}://{bracketed}:{port}"


def answers(url: str) -> bool:
    """Tell whether the server answers /healthz in good health; only its presence is asked, not its identity."""
    parts = urlsplit(url)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    host = parts.hostname or ""
    connection = (
        HTTPSConnection(host, parts.port, timeout=1, context=context)
        if parts.scheme == "https"
        else HTTPConnection(host, parts.port, timeout=1)
    )
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
