"""`orgsync serve`: one command that runs PostgreSQL, the web process and the workers as one tree."""

import os
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from orgsync.core.errors import OrgSyncError
from orgsync.server.embedded import EmbeddedPostgres
from orgsync.server.embedded.errors import DataDirectoryInUse
from orgsync.server.embedded.launcher import make_data_dir
from orgsync.server.env import ConfigurationError, env_optional_secret
from orgsync.server.serveoptions import ServeOptions, check_options
from orgsync.server.supervise import (
    Child,
    Foundation,
    StopRequested,
    Supervisor,
    run_to_end,
    stop_by_exception,
)
from orgsync.server.tls import TlsFiles, self_signed, trust_text
from orgsync.server.transport import answers, open_listener, url_of

SETTINGS_MODULE = "orgsync.server.settings"
APPLICATION = "orgsync.server.wsgi:application"
WORKER_MODULE = "orgsync.server.worker"
MIGRATING_MODULE = "orgsync.server.migrating"
MIGRATION_LOCK = 0x6F726773796E63  # any number that is ours: "orgsync" in ASCII
GRACEFUL_TIMEOUT = 20  # seconds a request may take to end once the server is asked to stop
GRACE = 25.0
EARLY_DEATHS = 3
PATIENCE = 15.0  # seconds; an admin command holds the data directory no longer


class ServerDidNotStart(OrgSyncError):
    """A part of the server gave up before it was ever ready; its own message stands above."""

    def __init__(self, part: str) -> None:
        self.part = part
        super().__init__(f"{part} does not start; its own message stands above.")


def say(text: str) -> None:
    """Write a line to standard output at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def serve(options: ServeOptions, *, log: Callable[[str], None] = say) -> int:
    """
    Run everything until a stop signal; return 0 after draining.

    The address is logged once it answers. Raises OrgSyncError when something keeps the server
    from starting; nothing is left running then.
    """
    with _running(options, log) as (data_dir, stack):
        listener, tls = _listen(options, data_dir, stack, log)
        database_url, foundation = _database(options, data_dir, stack, log)
        environment = child_environment(options, data_dir, database_url, listener, tls)
        migrate(environment)
        children = [web_child(options, environment, listener, tls), *worker_children(options, environment)]
        _supervise(children, listener, url_of(listener, options.host, is_tls=tls is not None), log, foundation)
    return 0


def web(options: ServeOptions, *, log: Callable[[str], None] = say) -> int:
    """Run the web process alone, on a database that exists and is migrated; otherwise as `serve`."""
    with _running(options, log) as (data_dir, stack):
        listener, tls = _listen(options, data_dir, stack, log)
        environment = child_environment(options, data_dir, _given_database(options), listener, tls)
        children = [web_child(options, environment, listener, tls)]
        _supervise(children, listener, url_of(listener, options.host, is_tls=tls is not None), log)
    return 0


def worker(options: ServeOptions, *, log: Callable[[str], None] = say) -> int:
    """Run the workers alone, on a database that exists and is migrated; otherwise as `serve`."""
    with _running(options, log) as (data_dir, _):
        environment = child_environment(options, data_dir, _given_database(options))
        Supervisor(worker_children(options, environment), log=log, grace=GRACE).run()
    return 0


def child_environment(
    options: ServeOptions,
    data_dir: Path,
    database_url: str,
    listener: socket.socket | None = None,
    tls: TlsFiles | None = None,
) -> dict[str, str]:
    """Return the environment of every child: ours, with what the options say on top."""
    given = {
        "DJANGO_SETTINGS_MODULE": SETTINGS_MODULE,
        "ORGSYNC_DATA_DIR": str(data_dir),
        "ORGSYNC_DATABASE_URL": database_url,
        "ORGSYNC_QUEUE_DATABASE_URL": options.queue_database_url or env_optional_secret("ORGSYNC_QUEUE_DATABASE_URL"),
        "ORGSYNC_BASE_URL": options.base_url,
        "ORGSYNC_SMTP_URL": options.smtp_url,
        "ORGSYNC_STORAGE_URL": options.storage_url,
        "ORGSYNC_BEHIND_PROXY": ",".join(options.behind_proxy),
        "ORGSYNC_WEB_THREADS": str(options.web_threads),
    }
    if listener is not None:
        own_url = url_of(listener, options.host, is_tls=tls is not None)
        # Behind a proxy TLS ends there: what counts is how the world reaches us, which the base URL says.
        given["ORGSYNC_BASE_URL"] = options.base_url or os.environ.get("ORGSYNC_BASE_URL") or own_url
    wanted = {name: value for name, value in given.items() if value is not None}
    # An option counts more than a file that a variable names.
    kept = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in wanted}
    return kept | wanted


def migrate(environment: Mapping[str, str]) -> None:
    """Bring the database to this release, one server at a time; raise ServerDidNotStart if it cannot."""
    argv = (sys.executable, "-m", MIGRATING_MODULE)
    address = environment.get("ORGSYNC_QUEUE_DATABASE_URL") or environment["ORGSYNC_DATABASE_URL"]
    try:
        # A lock of the session, in no transaction: an index made concurrently waits for every transaction that is open.
        with psycopg.connect(address, connect_timeout=10, autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
            code = run_to_end(Child("migrations", argv, environment))
    except psycopg.OperationalError as error:
        raise ConfigurationError("ORGSYNC_DATABASE_URL", f"the database does not answer: {error}") from error
    if code:
        raise ServerDidNotStart("The migration of the database")


def web_child(
    options: ServeOptions, environment: Mapping[str, str], listener: socket.socket, tls: TlsFiles | None
) -> Child:
    """Return the web process: gunicorn on the socket that we hold."""
    arguments = {
        "--bind": f"fd://{listener.fileno()}",
        "--worker-class": "gthread",
        "--threads": str(options.web_threads),
        "--graceful-timeout": str(GRACEFUL_TIMEOUT),
        "--keep-alive": "5",
        "--limit-request-line": "8190",
        "--limit-request-fields": "100",
        "--limit-request-field_size": "8190",
        # By itself gunicorn would believe the headers of any client on this machine.
        "--forwarded-allow-ips": ",".join(options.behind_proxy),
        "--log-level": "warning",
        "--logger-class": "orgsync.server.monitoring.gunicornlog.PlainLogger",
    }
    if os.access("/dev/shm", os.W_OK):  # nosec B108 # noqa: S108 - the kernel's own, used for a heart-beat only
        arguments["--worker-tmp-dir"] = "/dev/shm"  # nosec B108 # noqa: S108
    if tls is not None:
        arguments |= {"--certfile": str(tls.certificate), "--keyfile": str(tls.key)}
    flat = [part for pair in arguments.items() for part in pair]
    argv = (sys.executable, "-m", "gunicorn", "--no-control-socket", *flat, APPLICATION)
    return Child("web", argv, environment, pass_fds=(listener.fileno(),))


def worker_children(options: ServeOptions, environment: Mapping[str, str]) -> list[Child]:
    """Return one process per core but one for uploads, and one for mail, webhooks and periodic tasks."""
    count = options.workers or max(1, (os.cpu_count() or 1) - 1)
    command = (sys.executable, "-m", WORKER_MODULE, "--queue")
    uploads = [Child(f"uploads-{number}", (*command, "uploads"), environment) for number in range(1, count + 1)]
    return [*uploads, Child("light", (*command, "light"), environment)]


@contextmanager
def _running(options: ServeOptions, log: Callable[[str], None]) -> Iterator[tuple[Path, ExitStack]]:
    """Check the options, then clean up whatever was entered, in reverse, when we are done or stopped."""
    check_options(options)
    try:
        with stop_by_exception(), ExitStack() as stack:
            yield make_data_dir(options.data_dir), stack
    except StopRequested:
        log("Stopped before everything was up.")


def _listen(
    options: ServeOptions, data_dir: Path, stack: ExitStack, log: Callable[[str], None]
) -> tuple[socket.socket, TlsFiles | None]:
    listener = stack.enter_context(open_listener(options.host, options.port))
    if options.tls_cert and options.tls_key:
        return listener, TlsFiles(options.tls_cert.absolute(), options.tls_key.absolute(), options.tls_cert)
    if not options.tls_self_signed:
        return listener, None
    files = self_signed(data_dir, options.host, now=datetime.now(UTC))
    log(trust_text(files.authority, options.base_url or url_of(listener, options.host, is_tls=True)))
    return listener, files


def _database(
    options: ServeOptions, data_dir: Path, stack: ExitStack, log: Callable[[str], None]
) -> tuple[str, Foundation | None]:
    if given := _database_url(options):
        return given, None
    if options.queue_database_url or env_optional_secret("ORGSYNC_QUEUE_DATABASE_URL"):
        mend = "makes sense only beside ORGSYNC_DATABASE_URL; the private database needs none."
        raise ConfigurationError("ORGSYNC_QUEUE_DATABASE_URL", mend)
    postgres = stack.enter_context(_start_postgres(data_dir, log))
    return postgres.url, Foundation("PostgreSQL", postgres.is_alive, postgres.restart)


def _start_postgres(data_dir: Path, log: Callable[[str], None]) -> EmbeddedPostgres:
    """Start the private database; an admin command that uses the data directory right now is waited for."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return EmbeddedPostgres.start(data_dir, log=log)
        except DataDirectoryInUse:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.2)


def _given_database(options: ServeOptions) -> str:
    given = _database_url(options)
    if given is None:
        mend = "is not set; a web process or worker of its own needs the address of the database."
        raise ConfigurationError("ORGSYNC_DATABASE_URL", mend)
    return given


def _database_url(options: ServeOptions) -> str | None:
    return options.database_url or env_optional_secret("ORGSYNC_DATABASE_URL")


def _supervise(
    children: list[Child],
    listener: socket.socket,
    url: str,
    log: Callable[[str], None],
    foundation: Foundation | None = None,
) -> None:
    supervisor = Supervisor(children, log=log, foundation=foundation, grace=GRACE)
    watch = _Watch(supervisor, url, log)
    # Our own copy of the socket is closed first: once the web process has closed its one,
    # nobody is left waiting for an answer that never comes.
    supervisor.run(each_tick=watch.look, before_drain=listener.close)


@dataclass(slots=True)
class _Watch:
    """Wait for the first healthy answer and say so; give up when the web process keeps dying before it."""

    supervisor: Supervisor
    url: str
    log: Callable[[str], None]
    was_healthy: bool = False

    def look(self) -> None:
        if self.was_healthy:
            return
        if self.supervisor.deaths("web") >= EARLY_DEATHS:
            raise ServerDidNotStart("The web process")
        if answers(self.url):
            self.was_healthy = True
            self.log(f"Listening on {self.url}")
