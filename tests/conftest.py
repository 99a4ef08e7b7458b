"""One real PostgreSQL for a whole test run; each process of the run gets a database of its own."""

import os
import tempfile
from pathlib import Path

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Start the private PostgreSQL once, in the controlling process, before Django reads its settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orgsync.server.settings")
    if "ORGSYNC_DATA_DIR" not in os.environ:
        os.environ["ORGSYNC_DATA_DIR"] = tempfile.mkdtemp(prefix="orgsync-test-")
    if os.environ.get("ORGSYNC_DATABASE_URL") or hasattr(config, "workerinput"):
        return
    from orgsync.server.embedded import EmbeddedPostgres

    server = EmbeddedPostgres.start(Path(os.environ["ORGSYNC_DATA_DIR"]) / "postgres", log=lambda _line: None)
    os.environ["ORGSYNC_DATABASE_URL"] = server.url
    config.add_cleanup(server.stop)
