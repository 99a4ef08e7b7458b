"""One command runs PostgreSQL, web process and workers as one tree that heals itself and ends cleanly."""

import json
import os
import signal
import ssl
import subprocess
from collections.abc import Callable
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path

import psycopg
import pytest
from process_world import is_running, until

from orgsync.server.embedded import embedded_database
from orgsync.server.env import ConfigurationError
from orgsync.server.serve import child_environment, serve, web, worker, worker_children
from orgsync.server.serveoptions import ServeOptions
from orgsync.server.transport import AddressNotFree, answers, open_listener

Program = Callable[..., subprocess.Popen[str]]

# A site of three small files stands in for ours, so that these claims are about the tree alone.
SITE = {
    "small_settings.py": """
import os
from orgsync.server.database import django_database
SECRET_KEY = "x"
INSTALLED_APPS = ["django.contrib.contenttypes"]
DATABASES = {"default": django_database(os.environ["ORGSYNC_DATABASE_URL"], application_name="small")}
""",
    "small_app.py": """
import os, time
import psycopg
def application(environ, start_response):
    if environ["PATH_INFO"] == "/slow":
        open(os.environ["ORGSYNC_DATA_DIR"] + "/slow-begun", "w").close()
        time.sleep(2)
    try:
        with psycopg.connect(os.environ["ORGSYNC_DATABASE_URL"], connect_timeout=2) as connection:
            table = connection.execute("SELECT to_regclass('django_migrations')::text").fetchone()[0]
        status, body = "200 OK", f"{table} {os.environ['ORGSYNC_BASE_URL']}"
    except psycopg.OperationalError:
        status, body = "503 Service Unavailable", "no database"
    start_response(status, [("Content-Length", str(len(body)))])
    return [body.encode()]
""",
    "small_worker.py": """
import os, signal, sys, time
import psycopg
connection = psycopg.connect(os.environ["ORGSYNC_DATABASE_URL"], autocommit=True,
                             application_name=f"worker-{sys.argv[2]}")
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
while True:
    connection.execute("SELECT 1")
    time.sleep(0.05)
""",
}

DRIVER = """
import sys
from pathlib import Path
from orgsync.server import serve
from orgsync.server.serveoptions import ServeOptions
serve.SETTINGS_MODULE, serve.APPLICATION, serve.WORKER_MODULE = "small_settings", "small_app", "small_worker"
options = ServeOptions(Path(sys.argv[1]), port=0, workers=1, tls_self_signed=sys.argv[2] == "tls")
sys.exit(serve.serve(options))
"""


class Tree:
    """A running server: its parent process, its address and what it said until then."""

    def __init__(self, parent: subprocess.Popen[str], data_dir: Path) -> None:
        self.parent = parent
        self.data_dir = data_dir
        self.lines: list[str] = []
        assert parent.stdout is not None
        for line in parent.stdout:
            self.lines.append(line.strip())
            if line.startswith("Listening on "):
                break
        self.url = self.lines[-1].removeprefix("Listening on ")

    def server_process(self) -> int:
        return int((self.data_dir / "postgres" / "postmaster.pid").read_text(encoding="ascii").split()[0])

    def workers(self) -> set[str]:
        asked = "SELECT application_name FROM pg_stat_activity WHERE application_name LIKE 'worker-%'"
        address = json.loads((self.data_dir / "server.json").read_text(encoding="utf-8"))["database_url"]
        try:
            with psycopg.connect(address) as connection:
                return {name for (name,) in connection.execute(asked).fetchall()}
        except psycopg.OperationalError:
            return set()

    def family(self) -> set[int]:
        """Return the ids of all processes below the parent."""
        listing = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
        parents = {int(line.split()[0]): int(line.split()[1]) for line in listing.splitlines()}
        found = {self.parent.pid}
        while more := {child for child, parent in parents.items() if parent in found} - found:
            found |= more
        return found - {self.parent.pid}


@pytest.fixture
def start_tree(
    data_dir: Path, program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Tree]:
    """Start a whole server on a data directory of its own."""
    for name, text in SITE.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    for name in ("ORGSYNC_DATABASE_URL", "ORGSYNC_QUEUE_DATABASE_URL", "ORGSYNC_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return lambda tls="plain": Tree(program(DRIVER, data_dir, tls), data_dir)


def get(url: str, path: str) -> str:
    connection = HTTPConnection(url.removeprefix("http://"), timeout=60)
    connection.request("GET", path)
    text = connection.getresponse().read().decode()
    connection.close()
    return text


def test_tree_comes_up_and_ends_cleanly(start_tree: Callable[..., Tree], data_dir: Path) -> None:
    """
    A migrated database, a web process and both kinds of worker; after SIGTERM the exit code is 0 and nothing is left.
    """
    tree = start_tree()
    page = get(tree.url, "/")
    has_workers = until(lambda: tree.workers() == {"worker-uploads", "worker-light"})
    family = tree.family()

    tree.parent.send_signal(signal.SIGTERM)

    assert tree.parent.wait() == 0
    assert page == f"django_migrations {tree.url}"
    assert has_workers
    assert not [process_id for process_id in family if is_running(process_id)]
    assert not (data_dir / "server.json").exists()


def test_request_under_way_is_answered_while_draining(start_tree: Callable[..., Tree], data_dir: Path) -> None:
    """
    A stop waits for the request that runs, and its database with it.
    """
    tree = start_tree()
    connection = HTTPConnection(tree.url.removeprefix("http://"), timeout=60)
    connection.request("GET", "/slow")
    assert until((data_dir / "slow-begun").exists)

    tree.parent.send_signal(signal.SIGINT)

    answer = connection.getresponse()
    assert (answer.status, answer.read()[:17]) == (200, b"django_migrations")
    connection.close()
    assert tree.parent.wait() == 0


def test_killed_database_comes_back_on_the_same_address(start_tree: Callable[..., Tree]) -> None:
    """
    After kill -9 of PostgreSQL pages answer again and both workers are back.
    """
    tree = start_tree()
    killed = tree.server_process()

    os.kill(killed, signal.SIGKILL)

    assert until(lambda: not is_running(killed))
    assert until(lambda: answers(tree.url))
    assert until(lambda: tree.workers() == {"worker-uploads", "worker-light"})
    assert tree.server_process() != killed


def test_parent_killed_hard_leaves_nothing(start_tree: Callable[..., Tree]) -> None:
    """
    After kill -9 of the parent the whole tree ends by itself.
    """
    tree = start_tree()
    family = tree.family()

    tree.parent.kill()

    assert len(family) >= 4
    assert until(lambda: not any(is_running(process_id) for process_id in family))


def test_admin_command_reaches_the_running_server(start_tree: Callable[..., Tree], data_dir: Path) -> None:
    """
    A command beside the server uses its database instead of starting another.
    """
    tree = start_tree()

    with embedded_database(data_dir) as url, psycopg.connect(url) as connection:
        workers = connection.execute("SELECT to_regclass('django_migrations')::text").fetchone()

    assert workers == ("django_migrations",)
    assert answers(tree.url)


def test_self_signed_server_says_how_to_trust_it(start_tree: Callable[..., Tree], data_dir: Path) -> None:
    """
    With --tls-self-signed the way to trust the server is told, and following it works.
    """
    tree = start_tree("tls")
    authority = data_dir / "tls" / "ca.pem"

    assert any(str(authority) in line for line in tree.lines)
    assert tree.url.startswith("https://")
    assert ssl.create_default_context(cafile=str(authority)).get_ca_certs()


def test_site_that_cannot_start_is_given_up(
    start_tree: Callable[..., Tree], program: Program, data_dir: Path, tmp_path: Path
) -> None:
    """
    A web process that dies before its first answer, again and again, ends the command with an error.
    """
    (tmp_path / "small_app.py").write_text("raise RuntimeError('broken')", encoding="utf-8")

    broken = program(DRIVER, data_dir, "plain")

    assert broken.stdout is not None
    assert "ServerDidNotStart: The web process" in broken.stdout.read()
    assert broken.wait() != 0
    assert not (data_dir / "server.json").exists()


def test_taken_port_stops_before_anything_is_made(data_dir: Path) -> None:
    """
    No database is made for a server that cannot listen.
    """
    with open_listener("127.0.0.1", 0) as taken, pytest.raises(AddressNotFree):
        serve(ServeOptions(data_dir, port=taken.getsockname()[1]))

    assert list(data_dir.iterdir()) == []


@pytest.mark.parametrize("command", [web, worker])
def test_single_parts_need_a_database(
    command: Callable[[ServeOptions], int], data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A web process or worker of its own never starts a database of its own.
    """
    monkeypatch.delenv("ORGSYNC_DATABASE_URL", raising=False)

    with pytest.raises(ConfigurationError, match="ORGSYNC_DATABASE_URL"):
        command(ServeOptions(data_dir, port=0))


def test_options_reach_the_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What is given is handed on; what is not given stays as the environment says.
    """
    monkeypatch.setenv("ORGSYNC_SMTP_URL", "smtp://mail.example.com")
    monkeypatch.delenv("ORGSYNC_STORAGE_URL", raising=False)
    options = replace(
        ServeOptions(Path("/d")), base_url="https://learning.example.com", behind_proxy=("10.0.0.1", "10.0.0.2")
    )

    environment = child_environment(options, Path("/d"), "postgresql:///x")

    assert environment["ORGSYNC_BASE_URL"] == "https://learning.example.com"
    assert environment["ORGSYNC_BEHIND_PROXY"] == "10.0.0.1,10.0.0.2"
    assert environment["ORGSYNC_SMTP_URL"] == "smtp://mail.example.com"
    assert environment["ORGSYNC_DATABASE_URL"] == "postgresql:///x"
    assert "ORGSYNC_STORAGE_URL" not in environment


def test_one_upload_worker_per_core_but_one() -> None:
    """
    By default one core is left for web and database, and there is always a worker of each kind.
    """
    by_default = [child.name for child in worker_children(ServeOptions(Path("/d")), {})]
    given = [child.name for child in worker_children(ServeOptions(Path("/d"), workers=3), {})]

    assert len(by_default) == max(1, (os.cpu_count() or 1) - 1) + 1
    assert given == ["uploads-1", "uploads-2", "uploads-3", "light"]
