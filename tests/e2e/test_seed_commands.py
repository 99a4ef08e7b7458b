"""The documented commands against a running server, over TLS."""

import hashlib
import json
import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPSConnection
from pathlib import Path

import pytest
import seed_commands as seed
from running_server import Server

PEOPLE = b"primary_email_address,first_name\r\nanna@example.com,Anna\r\n"


@pytest.fixture
def upload_csv(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_bytes(PEOPLE)
    return path


@pytest.mark.parametrize(
    ("command", "jobs"), [(seed.AUTOMATIC_UPLOAD, 1), (seed.MANUAL_UPLOAD, 0)], ids=["automatic", "manual"]
)
def test_upload_command_works_byte_for_byte(server: Server, upload_csv: Path, command: str, jobs: int) -> None:
    """Both upload commands store the file; only the automatic one starts a job."""
    answer = run(server, command, {"</path/to/upload.csv>": str(upload_csv)})

    urn = json.loads(answer)["location"]
    assert answer == f'{{"location": "{urn}"}}'
    assert stored_bytes(server, urn) == PEOPLE
    assert len(job_rows(server, urn)) == jobs


def test_manual_mode_from_upload_to_download(server: Server, upload_csv: Path, tmp_path: Path) -> None:
    """The three mended commands start the job, show it, and bring a file back."""
    urn = upload(server, upload_csv)
    media_hash = urn.removeprefix("urn:li:media:")

    job_id = json.loads(run(server, seed.PROCESS, {"<CSV_FILE_HASH>": media_hash}))["value"]
    job = json.loads(run(server, seed.TRACK, {"<JOB_ID>": job_id}))
    run(server, seed.DOWNLOAD, {"<RESULT_FILE_HASH>": media_hash}, folder=tmp_path)

    assert (job["Id"], job["status"], job["sourceMedia"]) == (int(job_id), "QUEUED", urn)
    assert (tmp_path / "results.csv").read_bytes() == PEOPLE


@pytest.mark.parametrize(
    "command",
    [seed.PROCESS_AS_PRINTED, seed.TRACK_AS_PRINTED, seed.DOWNLOAD_AS_PRINTED],
    ids=["process", "track", "download"],
)
def test_curl_itself_refuses_the_misprints(server: Server, command: str) -> None:
    """The three commands that we mend never leave the machine as printed."""
    assert curl(server, command, {}).returncode in {2, 3}


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        (b"a,b\r\n1,2\r\n", b"a,b\r\n1,2"),
        (b"a,b\n1,2\n", b"a,b\n1,2\n"),
        (b"a,b\r1,2\r", b"a,b\r1,2\r"),
        (b"a,b\n1,2", b"a,b\n1,2"),
        (b"a,b\n1,--", b"a,b\n1,--"),
        (b"", b""),
    ],
    ids=["CRLF", "LF", "CR", "neither", "dashes", "empty"],
)
def test_powershell_body_is_kept_without_its_boundary(server: Server, content: bytes, kept: bytes) -> None:
    """The script's body arrives exactly, but for a final CRLF that the wire cannot tell from its own."""
    headers, body = seed.powershell_request(content, server.token)

    status, answer = post(server, "/media/upload?media_type=enterprise_csv_upload&auto_notify=true", headers, body)

    assert status == 201
    assert stored_bytes(server, json.loads(answer)["location"]) == kept


# No package that tests may install brings PowerShell: where there is none, the bodies above stand for it.
if shutil.which("pwsh"):

    def test_powershell_script_works_as_printed(server: Server, upload_csv: Path) -> None:
        """The script itself, where there is a PowerShell to run it."""
        script = seed.POWERSHELL.replace(seed.HOST, server.url)
        script = script.replace("<Auth token>", server.token).replace("<File path>", str(upload_csv))
        environment = os.environ | {"SSL_CERT_FILE": str(server.authority)}

        command = ["pwsh", "-NoProfile", "-Command", script]
        done = subprocess.run(command, check=True, env=environment, capture_output=True, text=True)

        assert "urn:li:media:" in done.stdout


def test_chunked_body_is_refused_with_411(server: Server) -> None:
    """A body sent in chunks, without a length, would arrive empty; it is refused instead."""
    head = raw_head(server, server.token, "Content-Type: text/csv\r\nTransfer-Encoding: chunked")

    assert raw_answer(server, head + b"\r\n\r\n3\r\na,b\r\n0\r\n\r\n").startswith(b"HTTP/1.1 411 ")


def test_oversized_upload_is_refused_before_it_is_sent(server: Server) -> None:
    """Content-Length alone is enough for a 413, which comes before a single byte of the body."""
    head = raw_head(server, server.token, "Content-Type: text/csv\r\nContent-Length: 99000000")

    assert raw_answer(server, head + b"\r\n\r\n").startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("size", [900_000, 15_000_000], ids=["small", "large"])
def test_curl_shows_the_answer_to_a_refused_upload(server: Server, tmp_path: Path, size: int) -> None:
    """A wrong token is refused while curl is still sending, and curl prints why."""
    path = tmp_path / "people.csv"
    path.write_bytes(b"x" * size)

    answer = run(server, seed.MANUAL_UPLOAD, {"</path/to/upload.csv>": str(path)}, token="wrong")

    assert json.loads(answer)["code"] == "INVALID_ACCESS_TOKEN"


def test_broken_off_upload_leaves_nothing_behind(server: Server) -> None:
    """A sender that vanishes in the middle of the file leaves neither bytes nor a row."""
    before = server.stored_files(), server.rows("SELECT count(*) FROM uploads_media")
    head = raw_head(server, server.token, "Content-Type: text/csv\r\nContent-Length: 9000000")

    with connected(server) as connection:
        connection.sendall(head + b"\r\n\r\n" + b"x" * 3_000_000)
        wait_until(lambda: server.stored_files() != before[0])
    wait_until(lambda: server.stored_files() == before[0])

    assert server.rows("SELECT count(*) FROM uploads_media") == before[1]


def test_larger_upload_arrives_unharmed(server: Server, tmp_path: Path) -> None:
    """Many chunks, some with pieces of a boundary in them, arrive as they were sent."""
    path = tmp_path / "people.csv"
    path.write_bytes((b"------------------------" + os.urandom(1000).hex().encode() + b"\r\n") * 5_000)

    urn = upload(server, path)

    assert hashlib.sha256(stored_bytes(server, urn)).digest() == hashlib.sha256(path.read_bytes()).digest()


def test_another_organization_sees_nothing(server: Server, upload_csv: Path) -> None:
    """A neighbour's token gets the same 404 for a real URN as for an invented one."""
    urn = upload(server, upload_csv)
    real = run(server, seed.PROCESS, {"<CSV_FILE_HASH>": urn.removeprefix("urn:li:media:")}, token=server.neighbour)
    invented = run(server, seed.PROCESS, {"<CSV_FILE_HASH>": "0" * 40}, token=server.neighbour)

    assert json.loads(real)["code"] == "RESOURCE_NOT_FOUND"
    assert real == invented


def upload(server: Server, path: Path) -> str:
    answer = run(server, seed.MANUAL_UPLOAD, {"</path/to/upload.csv>": str(path)})
    return str(json.loads(answer)["location"])


def run(
    server: Server, command: str, values: dict[str, str], *, token: str | None = None, folder: Path | None = None
) -> str:
    """Run a documented command and return what curl prints."""
    done = curl(server, command, values, token=token, folder=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def curl(
    server: Server, command: str, values: dict[str, str], *, token: str | None = None, folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    filled = command.replace(seed.HOST, server.url).replace("<OAUTH_TOKEN>", token or server.token)
    for placeholder, value in values.items():
        filled = filled.replace(placeholder, value)
    # The document breaks its commands over lines; the shell gets them as one.
    line = " ".join(filled.splitlines())
    environment = os.environ | {"CURL_CA_BUNDLE": str(server.authority)}
    return subprocess.run(
        ["bash", "-c", line], check=False, env=environment, cwd=folder, capture_output=True, text=True, timeout=60
    )


def post(server: Server, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    context = ssl.create_default_context(cafile=server.authority)
    with closing(HTTPSConnection(server.host, context=context, timeout=30)) as connection:
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        return response.status, response.read()


def raw_head(server: Server, token: str, headers: str) -> bytes:
    path = "/media/upload?media_type=enterprise_csv_upload"
    return f"POST {path} HTTP/1.1\r\nHost: {server.host}\r\nAuthorization: Bearer {token}\r\n{headers}".encode()


def raw_answer(server: Server, request: bytes) -> bytes:
    """Send bytes as they are and return the beginning of what comes back."""
    with connected(server) as connection:
        connection.sendall(request)
        return connection.recv(65536)


@contextmanager
def connected(server: Server) -> Iterator[ssl.SSLSocket]:
    context = ssl.create_default_context(cafile=server.authority)
    host, port = server.host.split(":")
    with (
        socket.create_connection((host, int(port)), timeout=30) as plain,
        context.wrap_socket(plain, server_hostname=host) as connection,
    ):
        yield connection


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def stored_bytes(server: Server, urn: str) -> bytes:
    [(key, size)] = server.rows(
        "SELECT storage_key, size FROM uploads_media WHERE public_id = %s", urn.removeprefix("urn:li:media:")
    )
    content = (server.data_dir / "media" / str(key)).read_bytes()
    assert len(content) == size
    return content


def job_rows(server: Server, urn: str) -> list[tuple[object, ...]]:
    query = """
        SELECT job.public_id FROM uploads_uploadjob AS job JOIN uploads_media AS media ON media.id = job.source_id
         WHERE media.public_id = %s
    """
    return server.rows(query, urn.removeprefix("urn:li:media:"))
