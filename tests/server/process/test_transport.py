"""The web process listens only where that is safe, and no client can keep it busy by saying nothing."""

import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

import pytest
from process_world import until

from orgsync.server import transport
from orgsync.server.env import ConfigurationError
from orgsync.server.serve import web_child
from orgsync.server.serveoptions import ServeOptions, check_options
from orgsync.server.tls import TlsFiles, self_signed
from orgsync.server.transport import (
    AddressNotFree,
    UnsafeTransport,
    answers,
    check_base_url,
    is_loopback,
    open_listener,
    url_of,
)

PLAIN = ServeOptions(Path("/nowhere"))

APPLICATION = """
def application(environ, start_response):
    body = f"{environ['wsgi.url_scheme']} {len(environ['wsgi.input'].read())}".encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""


@contextmanager
def web_process(folder: Path, options: ServeOptions, tls: TlsFiles | None = None) -> Iterator[str]:
    """Run the web process, as `serve` would, with a small application in place of ours; yield its address."""
    (folder / "small_app.py").write_text(APPLICATION, encoding="utf-8")
    with open_listener(options.host, 0) as listener:
        child = web_child(options, os.environ | {"PYTHONPATH": str(folder)}, listener, tls)
        argv = (*child.argv[:-1], "small_app:application")
        process = subprocess.Popen(argv, env=child.env, pass_fds=child.pass_fds, stderr=subprocess.DEVNULL)
        url = url_of(listener, options.host, is_tls=tls is not None)
        try:
            assert until(lambda: answers(url))
            yield url
        finally:
            process.terminate()
            process.wait()


def get(url: str, headers: dict[str, str]) -> tuple[int, str]:
    connection = HTTPConnection(url.removeprefix("http://"), timeout=30)
    connection.request("GET", "/", headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_needs_no_protection(host: str) -> None:
    """
    What stays on this machine may be plain.
    """
    check_options(replace(PLAIN, host=host))

    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "learning.example.com", "localhost.example.com", ""])
def test_other_addresses_are_refused_without_protection(host: str) -> None:
    """
    Tokens and personal data never go over a network in clear; the message says what to do.
    """
    with pytest.raises(UnsafeTransport, match="--tls-self-signed") as caught:
        check_options(replace(PLAIN, host=host))

    assert caught.value.host == host


def test_protection_opens_other_addresses(tmp_path: Path) -> None:
    """
    A certificate, a self-signed one, or a proxy in front will do.
    """
    files = self_signed(tmp_path, "127.0.0.1", now=datetime.now(UTC))
    everywhere = replace(PLAIN, host="0.0.0.0")

    check_options(replace(everywhere, tls_self_signed=True))
    check_options(replace(everywhere, behind_proxy=("10.0.0.0/8", "192.0.2.7")))
    check_options(replace(everywhere, tls_cert=files.certificate, tls_key=files.key))


def test_options_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    """
    Half a certificate, a key that does not fit, a proxy without address, a base URL that is none.
    """
    one = self_signed(tmp_path / "one", "127.0.0.1", now=datetime.now(UTC))
    other = self_signed(tmp_path / "other", "127.0.0.1", now=datetime.now(UTC))
    bad = [
        replace(PLAIN, tls_cert=one.certificate),
        replace(PLAIN, tls_cert=one.certificate, tls_key=other.key),
        replace(PLAIN, tls_cert=one.certificate, tls_key=one.key, tls_self_signed=True),
        replace(PLAIN, behind_proxy=("the proxy",)),
        replace(PLAIN, base_url="learning.example.com"),
    ]

    for options in bad:
        with pytest.raises(ConfigurationError):
            check_options(options)


@pytest.mark.parametrize("url", ["ftp://example.com", "https://", "https://example.com/?a=1"])
def test_base_url_must_be_complete(url: str) -> None:
    """
    Links in mail are built on it.
    """
    with pytest.raises(ConfigurationError, match="ORGSYNC_BASE_URL"):
        check_base_url(url)


def test_taken_port_is_a_clear_error() -> None:
    """
    Two servers on one port are noticed before anything starts.
    """
    with open_listener("127.0.0.1", 0) as taken, pytest.raises(AddressNotFree, match="Choose another --port"):
        open_listener("127.0.0.1", taken.getsockname()[1])


def test_web_process_answers_and_bounds_headers(tmp_path: Path) -> None:
    """
    A normal request is answered; one with an endless header, or a hundred and more, is refused.
    """
    with web_process(tmp_path, PLAIN) as url:
        normal = get(url, {})
        long, _ = get(url, {"X-Long": "x" * 9000})
        many, _ = get(url, {f"X-{number}": "x" for number in range(120)})

    assert normal == (200, "http 0")
    assert long // 100 == many // 100 == 4


@pytest.mark.parametrize(("proxies", "scheme"), [((), "http"), (("127.0.0.1",), "https"), (("192.0.2.1",), "http")])
def test_forwarded_headers_count_only_from_the_proxy(tmp_path: Path, proxies: tuple[str, ...], scheme: str) -> None:
    """
    A client on this machine cannot pretend that it came over TLS, unless it is the configured proxy.
    """
    with web_process(tmp_path, replace(PLAIN, behind_proxy=proxies)) as url:
        answer = get(url, {"X-Forwarded-Proto": "https"})

    assert answer == (200, f"{scheme} 0")


def test_web_process_speaks_tls(tmp_path: Path) -> None:
    """
    With the server's own certificate a client that trusts its authority gets an answer.
    """
    files = self_signed(tmp_path, "127.0.0.1", now=datetime.now(UTC))
    trusting = ssl.create_default_context(cafile=str(files.authority))

    with web_process(tmp_path, PLAIN, files) as url:
        host, _, port = url.removeprefix("https://").partition(":")
        with (
            socket.create_connection((host, int(port))) as plain,
            trusting.wrap_socket(plain, server_hostname=host) as secure,
        ):
            secure.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            answer = secure.makefile("rb").read()

    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"https 0")


@pytest.mark.parametrize(
    "beginning",
    [b"GET / HTTP/1.1\r\nHost: x", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab"],
    ids=["in its headers", "in its body"],
)
def test_client_that_falls_silent_gives_its_thread_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beginning: bytes
) -> None:
    """
    As many silent clients as there are threads do not keep the next client from its answer.
    """
    if not sys.platform.startswith("linux"):
        pytest.skip("needs Linux: elsewhere a connection does not inherit its listener's time limit")
    monkeypatch.setattr(transport, "SILENCE_LIMIT", 1)

    with web_process(tmp_path, replace(PLAIN, web_threads=2)) as url:
        host, _, port = url.removeprefix("http://").partition(":")
        silent = [socket.create_connection((host, int(port))) for _ in range(2)]
        for client in silent:
            client.sendall(beginning)

        answer = get(url, {})

        for client in silent:
            client.close()
    assert answer == (200, "http 0")
