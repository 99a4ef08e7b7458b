"""Files on other machines: a real OpenSSH server, and a double of S3."""

import getpass
import io
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import obstore
import pytest
from moto.server import ThreadedMotoServer
from obstore.store import S3Store

from orgsync.client.errors import BadUsage, ClientError
from orgsync.client.exits import ExitCode
from orgsync.client.sources import Pulled, open_source

SSHD = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")


@dataclass(frozen=True)
class Sftp:
    """A running server, the folder that it shows, and what its visitors need."""

    address: str
    folder: Path
    key: Path
    fingerprint: str
    known_hosts: Path


def make_key(path: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    return path


@pytest.fixture(scope="module")
def sftp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sftp]:
    """Start OpenSSH on the loopback address with keys of its own."""
    if SSHD is None:
        if os.environ.get("CI") == "true":
            pytest.fail("openssh-server is missing; scripts/system-packages.sh installs it.")
        pytest.skip("openssh-server is not installed; scripts/system-packages.sh installs it.")
    home = tmp_path_factory.mktemp("sshd")
    host, user = make_key(home / "host"), make_key(home / "user")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (home / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {host}\nAuthorizedKeysFile {user}.pub\nStrictModes no\n"
        "UsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\nPidFile none\n"
        "Subsystem sftp internal-sftp\n"
    )
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    server = subprocess.Popen([SSHD, "-D", "-e", "-f", home / "config"], stderr=subprocess.PIPE, text=True)
    try:
        assert server.stderr is not None
        for line in server.stderr:
            if "Server listening" in line:
                break
        reading = threading.Thread(target=server.stderr.read, daemon=True)
        reading.start()
        public = Path(f"{host}.pub").read_text().split()
        known = home / "known_hosts"
        known.write_text(f"[127.0.0.1]:{port} {public[0]} {public[1]}\n")
        printed = subprocess.run(["ssh-keygen", "-lf", f"{host}.pub"], check=True, capture_output=True, text=True)
        folder = home / "out"
        folder.mkdir()
        address = f"sftp://{getpass.getuser()}@127.0.0.1:{port}{folder}"
        yield Sftp(address, folder, user, printed.stdout.split()[1], known)
    finally:
        server.terminate()
        server.wait(timeout=10)
        reading.join()
        server.stderr.close()


def pull(folder: Path, **table: object) -> tuple[Pulled, str]:
    target = io.BytesIO()
    said = open_source({"kind": "file", **table}, base=folder).pull(target)
    return said, target.getvalue().decode()


def test_the_newest_file_comes_from_an_sftp_server(sftp: Sftp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a key from a file or the environment, and the server known by its fingerprint or from known_hosts."""
    monkeypatch.setenv("SFTP_KEY", sftp.key.read_text())
    for name, age in (("hr-1.csv", 100), ("hr-2.csv", 10), ("other.txt", 0)):
        (sftp.folder / name).write_text(f"id,name\n007,{name}\n")
        os.utime(sftp.folder / name, (time.time() - age,) * 2)
    table: dict[str, Any] = {"path": f"{sftp.address}/hr-*.csv", "key": str(sftp.key)}

    said, text = pull(tmp_path, **table, pick="newest", host_key=sftp.fingerprint)
    by_environment = {**table, "key": "env:SFTP_KEY", "known_hosts": str(sftp.known_hosts)}
    _, together = pull(tmp_path, **by_environment, pick="all")

    assert text == "id,name\r\n007,hr-2.csv\r\n"
    assert said.origin.endswith("/hr-2.csv")
    assert together == "id,name\r\n007,hr-1.csv\r\n007,hr-2.csv\r\n"


def test_a_server_with_another_key_is_not_spoken_to(sftp: Sftp, tmp_path: Path) -> None:
    """Whoever answers in its place would learn what we ask for; the right fingerprint is shown for comparison."""
    empty = tmp_path / "known_hosts"
    empty.touch()
    table = {"path": f"{sftp.address}/hr.csv", "key": str(sftp.key)}

    with pytest.raises(ClientError) as unknown:
        pull(tmp_path, **table, known_hosts=str(empty))
    with pytest.raises(ClientError) as wrong:
        pull(tmp_path, **table, host_key="SHA256:AAAA")

    assert sftp.fingerprint in str(unknown.value)
    assert unknown.value.exit_code == wrong.value.exit_code == ExitCode.AUTHENTICATION


def test_what_is_wrong_at_the_sftp_server_is_said(sftp: Sftp, tmp_path: Path) -> None:
    """The key, the file, the server: each with its exit code."""
    known = {"host_key": sftp.fingerprint}
    stranger = make_key(tmp_path / "stranger")

    with pytest.raises(BadUsage, match="no private key that can be used"):
        pull(tmp_path, path=f"{sftp.address}/hr.csv", key=f"{stranger}.pub", **known)
    with pytest.raises(ClientError) as refused:
        pull(tmp_path, path=f"{sftp.address}/hr.csv", key=str(stranger), **known)
    with pytest.raises(BadUsage, match="No file is at sftp"):
        pull(tmp_path, path=f"{sftp.address}/gone-*.csv", key=str(sftp.key), **known)
    with pytest.raises(BadUsage, match="has no folder"):
        pull(tmp_path, path=f"{sftp.address}/gone/hr.csv", key=str(sftp.key), **known)
    with pytest.raises(ClientError) as away:
        pull(tmp_path, path="sftp://a@127.0.0.1:1/hr.csv", key=str(sftp.key), **known)

    assert refused.value.exit_code == ExitCode.AUTHENTICATION
    assert away.value.exit_code == ExitCode.UNREACHABLE


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("sftp://hr.example.com/", "write sftp://"),
        ("sftp://ana:x@hr.example.com/hr.csv", "use password"),
        ("https://hr.example.com/hr.csv", 'kind = "rest"'),
        ("s3://bucket", "write s3://"),
    ],
)
def test_an_address_that_cannot_be_meant_is_refused(path: str, words: str, tmp_path: Path) -> None:
    """Before anything is opened."""
    with pytest.raises(BadUsage) as refused:
        pull(tmp_path, path=path)

    assert words in str(refused.value)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Start a double of S3 with one bucket; return its address."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    monkeypatch.setenv("S3_KEY", "secret-of-the-tests")
    keys = {"aws_access_key_id": "tester", "aws_secret_access_key": "secret-of-the-tests"}
    boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", **keys).create_bucket(Bucket="people")
    store = S3Store(
        "people",
        endpoint=endpoint,
        region="us-east-1",
        access_key_id="tester",
        secret_access_key="secret-of-the-tests",
        client_options={"allow_http": True},
    )
    for name in ("exports/2026-01.csv", "exports/2026-02.csv", "exports/old/2025.csv"):
        obstore.put(store, name, f"id,name\n007,{name}\n".encode())
    yield endpoint
    server.stop()


def test_files_come_from_a_bucket(bucket: str, tmp_path: Path) -> None:
    """The same way as from a folder."""
    table = {
        "endpoint": bucket,
        "region": "us-east-1",
        "access_key_id": "tester",
        "secret_access_key": "env:S3_KEY",
    }

    _, text = pull(tmp_path, path="s3://people/exports/2026-02.csv", **table)
    said, together = pull(tmp_path, path="s3://people/exports/*.csv", pick="all", **table)

    assert text == "id,name\r\n007,exports/2026-02.csv\r\n"
    assert together.splitlines()[1:] == ["007,exports/2026-01.csv", "007,exports/2026-02.csv"]
    assert said == Pulled(2, ("id", "name"), "2 files at s3://people/exports/*.csv")
    with pytest.raises(BadUsage, match="No file is at s3"):
        pull(tmp_path, path="s3://people/exports/*.xlsx", **table)
