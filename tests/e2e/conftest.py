"""A running server for a whole test session: real gunicorn, real TLS, a database of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from running_server import Server

from orgsync.server.serve import child_environment, web_child
from orgsync.server.serveoptions import ServeOptions
from orgsync.server.tls import self_signed
from orgsync.server.transport import answers, open_listener, url_of
from tests.database import migrated_database

START_DEADLINE = 30.0
WORLD = Path(__file__).with_name("make_world.py")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Iterator[Server]:
    """Run the web process alone: uploads are stored and queued, nobody works on them."""
    data_dir = tmp_path_factory.mktemp("server")
    with ExitStack() as stack:
        with django_db_blocker.unblock():
            database_url = stack.enter_context(migrated_database(f"orgsync_e2e_{os.getpid()}"))
        listener = stack.enter_context(closing(open_listener("127.0.0.1", 0)))
        options = ServeOptions(data_dir=data_dir, database_url=database_url)
        tls = self_signed(data_dir, "127.0.0.1", now=datetime.now(UTC))
        limits = {"ORGSYNC_UPLOADS_PER_HOUR": "10000", "ORGSYNC_MAX_UPLOAD_BYTES": "20000000"}
        environment = child_environment(options, data_dir, database_url, listener, tls) | limits
        made = subprocess.run([sys.executable, WORLD], env=environment, check=True, capture_output=True)
        child = web_child(options, environment, listener, tls)
        with subprocess.Popen(child.argv, env=environment, pass_fds=child.pass_fds) as process:
            try:
                url = url_of(listener, "127.0.0.1", is_tls=True)
                _wait_for(url)
                yield Server(url, tls.authority, database_url, data_dir, **json.loads(made.stdout))
            finally:
                process.terminate()


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + START_DEADLINE
    while not answers(url):
        if time.monotonic() > deadline:
            pytest.fail(f"{url} did not answer within {START_DEADLINE:.0f} seconds")
        time.sleep(0.05)
