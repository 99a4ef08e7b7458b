"""The real product on several hosts: web processes behind a balancer, workers, one PostgreSQL, one S3."""

import os
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.error import URLError
from urllib.request import urlopen

from tests.chaos.product import LIMITS, ORGSYNC, PARTS, family_of, make_world
from tests.scale.cluster import Cluster
from tests.scale.hosts import Host
from tests.scale.pooler import Pooler
from tests.scale.proxy import Proxy

if TYPE_CHECKING:
    import psycopg

WEB_PORT: Final = 8080
S3_PORT: Final = 5000
PATIENCE: Final = 600.0
BUCKET: Final = "orgsync"


@dataclass(eq=False)
class Fleet:
    """What runs where. Parts that end are started again by `keep_up`, as a service manager does."""

    folder: Path
    hosts: dict[str, Host]
    cluster: Cluster
    gateway: str = "127.0.0.1"
    smtp_port: int = 0
    pooler: Pooler | None = None
    queue_goes: str = "direct"
    """Where workers look for work behind a pooler: `direct`, or `pooler`, where they have to poll."""
    source: Path | None = None
    """The code to run, where it is not this one."""
    database_url: str = ""
    """Given where it is not simply the cluster's."""
    workers: int = 1
    extra: dict[str, str] = field(default_factory=dict)
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    joining: dict[str, Host] = field(default_factory=dict)
    """Hosts that come later."""
    proxy: Proxy = field(init=False)
    _stack: ExitStack = field(default_factory=ExitStack)

    @property
    def port(self) -> int:
        return self.proxy.port

    def named(self, role: str) -> list[Host]:
        """Return the hosts whose name begins like this."""
        return [host for name, host in self.hosts.items() if name.startswith(role)]

    def environment(self, host: str = "admin") -> dict[str, str]:
        """Return what a process on that host is given: nothing of any other installation."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ORGSYNC_", "AWS_"))}
        plain = self.database_url or self.cluster.url
        given = {
            "ORGSYNC_DATA_DIR": str(self.folder / host),
            "ORGSYNC_DATABASE_URL": self.pooler.url if self.pooler and host != "admin" else plain,
            "ORGSYNC_SECRET_KEY": "only for this run, and long enough for it: 0123456789",
            "ORGSYNC_BASE_URL": "http://orgsync.example.com",
            "PYTHONUNBUFFERED": "1",
        }
        if self.pooler:
            given["ORGSYNC_QUEUE_DATABASE_URL"] = plain if self.queue_goes == "direct" else self.pooler.url
        if self.smtp_port:
            given["ORGSYNC_SMTP_URL"] = f"smtp://{self.gateway}:{self.smtp_port}?tls=none"
        if "s3" in self.hosts:
            given |= self._bucket()
        else:
            given["ORGSYNC_STORAGE_URL"] = ""
        if self.source is not None:
            given["PYTHONPATH"] = str(self.source / "src")
        return kept | LIMITS | given | self.extra

    def start(self) -> None:
        """Start everything that is no database, and wait until every web host answers."""
        if "s3" in self.hosts:
            self._start_s3()
        if self.pooler:
            self.pooler.start()
            self._stack.callback(self.pooler.stop)
        self._migrate()
        self.proxy = self._stack.enter_context(Proxy([(host.address, WEB_PORT) for host in self.named("web")]))
        self.keep_up()
        for host in self.named("web"):
            self.wait_for(host)

    def keep_up(self) -> None:
        """Start what is not running."""
        for host in (*self.named("web"), *self.named("work")):
            process = self.running.get(host.name)
            if process is None or process.poll() is not None:
                self.running[host.name] = self._launch(host)

    def stop_host(self, name: str) -> None:
        """Ask what runs on a host to end in order, and wait for it."""
        process = self.running.pop(name)
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop(self) -> None:
        for process in self.running.values():
            process.terminate()
        for name in list(self.running):
            self.stop_host(name)
        self._stack.close()

    def kill_everything(self) -> None:
        """Kill all there is on one host after the other, and start it again."""
        for process in self.running.values():
            process.kill()
            process.wait()
        time.sleep(1)
        self.keep_up()

    def make_world(self, *names: str) -> list[dict[str, Any]]:
        return make_world(self.environment(), *names)

    def orgsync(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        argv = [*ORGSYNC, *arguments]
        return subprocess.run(argv, env=self.environment(), capture_output=True, text=True, check=False)

    def connect(self) -> "psycopg.Connection[Any]":
        return self.cluster.connect()

    def processes(self, part: str, host: str = "") -> list[int]:
        """Return the ids of our processes of that part (`PARTS`, or `database`), on one host or on any."""
        if part == "database":
            return [self.cluster.process.pid] if self.cluster.process else []
        roots = {process.pid for name, process in self.running.items() if name.startswith(host)}
        return [pid for pid, (_, command) in family_of(roots).items() if PARTS[part] in command]

    def wait_for(self, host: Host) -> None:
        """Wait until a web host says that it is ready."""
        deadline = time.monotonic() + PATIENCE
        while not _is_ready(host):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{host.name} is not ready: {self.log(host.name)[-2000:]}")
            time.sleep(0.3)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def _migrate(self) -> None:
        environment = self.environment() | {"DJANGO_SETTINGS_MODULE": "orgsync.server.settings"}
        command = [sys.executable, "-m", "django", "migrate", "--no-input", "--verbosity", "0"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])

    def _launch(self, host: Host) -> "subprocess.Popen[bytes]":
        if host.name.startswith("web"):
            listen = ["--host", host.address, "--port", str(WEB_PORT), "--behind-proxy", "127.0.0.1"]
            command = [*ORGSYNC, "web", *listen]
        else:
            command = [*ORGSYNC, "worker", "--workers", str(self.workers)]
        with (self.folder / f"{host.name}.log").open("ab") as log:
            return subprocess.Popen(
                host.command(command), env=self.environment(host.name), stdout=log, stderr=subprocess.STDOUT
            )

    def _bucket(self) -> dict[str, str]:
        return {
            "ORGSYNC_STORAGE_URL": f"s3://{BUCKET}/files",
            "AWS_ENDPOINT_URL": f"http://{self.hosts['s3'].address}:{S3_PORT}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": "eu-central-1",
        }

    def _start_s3(self) -> None:
        """Start the double; it keeps everything in memory, so that nobody may kill it."""
        host = self.hosts["s3"]
        argv = [sys.executable, "-m", "moto.server", "-H", host.address, "-p", str(S3_PORT)]
        process = subprocess.Popen(host.command(argv), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        deadline = time.monotonic() + PATIENCE
        while not _make_bucket(f"http://{host.address}:{S3_PORT}"):
            if time.monotonic() > deadline:
                raise RuntimeError("the S3 double does not answer")
            time.sleep(0.3)


def _is_ready(host: Host) -> bool:
    try:
        with urlopen(f"http://{host.address}:{WEB_PORT}/readyz", timeout=10) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def _make_bucket(endpoint: str) -> bool:
    # Slow to import, and needed only where there is a bucket.
    import boto3
    from botocore.exceptions import BotoCoreError

    secrets = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    client = boto3.client("s3", endpoint_url=endpoint, region_name="eu-central-1", **secrets)
    try:
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    except BotoCoreError:
        return False
    return True
