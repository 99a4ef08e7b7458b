"""Where a webhook may lead: to the open internet, and to the networks that the operators named; nowhere else."""

import socket
import ssl
import threading
import time
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
import trustme

from orgsync.server.env import ConfigurationError
from orgsync.server.hooks import guarded
from orgsync.server.hooks.guarded import NotReached, Refused, address_for, is_public, parse_networks, post, target_of
from tests.server.hooks.receiver import receiving

LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.5.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "2002:0a00:0001::1",
        "64:ff9b::a00:1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "::7f00:1",
        "::a00:1",
        "5f00::1",
        "3fff::1",
        "2001:db8::1",
        "100::1",
        "fe80::5efe:a00:1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "fd00:ec2::254",
    ],
)
def test_addresses_that_are_not_of_the_open_internet(address: str) -> None:
    """
    Private, loopback, link-local, metadata, shared, multicast; wrapped in IPv6 too.
    """
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_of_the_open_internet(address: str) -> None:
    """
    These are let through.
    """
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "https:///nowhere",
        "https://user:password@example.com/",
        "https://example.com/#part",
        "https://example.com/a b",
        "https://exämple.com/",
        "https://example.com:99999/",
        "https://[::1",
        "https://example.com/\r\nX-Evil: 1",
        "https://example.com/" + "x" * 2_000,
    ],
)
def test_urls_that_are_none(url: str) -> None:
    """
    Refused before anything is resolved.
    """
    with pytest.raises(Refused):
        target_of(url)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "0x7f000001", "2130706433", "127.1", "169.254.169.254"]
)
def test_our_own_networks_are_closed(host: str) -> None:
    """
    However the address is written.
    """
    with pytest.raises((Refused, NotReached)):
        address_for(target_of(f"https://{host}/"), ())


def test_one_closed_address_of_several_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A name with a public and a private address is refused as a whole.
    """
    entries = [(0, 0, 0, "", ("8.8.8.8", 443)), (0, 0, 0, "", ("10.0.0.1", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_named: entries)

    with pytest.raises(Refused, match=r"10\.0\.0\.1"):
        address_for(target_of("https://example.com/"), ())


def test_connection_goes_to_the_address_that_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The name is resolved once: what it says the second time, a rebinding, is never asked.
    """
    real, asked = socket.getaddrinfo, []

    def once(host: str, *args: Any, **named: Any) -> Any:
        asked.append(host)
        return real("127.0.0.1" if host == "hooks.example.com" else host, *args, **named)

    monkeypatch.setattr(socket, "getaddrinfo", once)
    with receiving() as receiver:
        answer = post(f"http://hooks.example.com:{receiver.port}/", "{}", {}, allowed=LOOPBACK)

    assert answer.status == 204
    assert asked.count("hooks.example.com") == 1
    assert receiver.got[0][1]["host"] == f"hooks.example.com:{receiver.port}"


def test_plain_http_goes_to_named_networks_alone() -> None:
    """
    A public address needs https.
    """
    with pytest.raises(Refused, match="https"):
        address_for(target_of("http://8.8.8.8/"), LOOPBACK)


def test_redirects_are_not_followed() -> None:
    """
    The answer is the answer.
    """
    with receiving() as receiver:
        receiver.answers = [(302, {"Location": f"http://127.0.0.1:{receiver.port}/elsewhere"})]
        answer = post(receiver.url, "{}", {}, allowed=LOOPBACK)

    assert (answer.status, len(receiver.got)) == (302, 1)


def test_https_names_the_host_and_asks_for_a_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A certificate that nobody vouches for is refused; one for the name, from a trusted authority, is taken.
    """
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)

    with receiving_tls(context) as port:
        with pytest.raises(NotReached, match="encrypted"):
            post(f"https://localhost:{port}/", "{}", {}, allowed=(*LOOPBACK, ip_network("::1/128")))
        monkeypatch.setattr(ssl, "create_default_context", lambda: trusting)
        answer = post(f"https://127.0.0.1:{port}/".replace("127.0.0.1", "localhost"), "{}", {}, allowed=LOOPBACK)

    assert answer.status == 204


def receiving_tls(context: ssl.SSLContext) -> Any:
    from contextlib import contextmanager
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    @contextmanager
    def running() -> Any:
        server = HTTPServer(("127.0.0.1", 0), Handler)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    return running()


def test_slow_drip_ends_with_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Whoever sends one byte again and again, each in time, is cut off all the same.
    """
    monkeypatch.setattr(guarded, "TOTAL_SECONDS", 0.3)
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def drip() -> None:
        peer, _ = listener.accept()
        with peer:
            peer.sendall(b"HTTP/1.1 200 OK\r\n")
            while not stop.wait(0.05):
                try:
                    peer.sendall(b"X: y\r\n")
                except OSError:
                    return

    thread = threading.Thread(target=drip)
    thread.start()
    began = time.monotonic()
    with pytest.raises(NotReached, match="no whole answer"):
        post(f"http://127.0.0.1:{listener.getsockname()[1]}/", "{}", {}, allowed=LOOPBACK)
    stop.set()
    thread.join()
    listener.close()

    assert time.monotonic() - began < 10


def test_mistyped_network_stops_the_server() -> None:
    """
    The variable is named.
    """
    with pytest.raises(ConfigurationError, match="ORGSYNC_WEBHOOK_NETWORKS"):
        parse_networks(["10.0.0.0/99"])
