"""One real PostgreSQL for a whole test run; each process of the run gets a database of its own.

A plugin (`-p tests.database`) and not a conftest: Django reads its settings before conftests are there.
"""

import os
import tempfile
from pathlib import Path

import pytest

from orgsync.server.embedded import EmbeddedPostgres, remove_data_dir


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Start the private PostgreSQL in the controlling process; the others inherit its address."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    folder = Path(tempfile.mkdtemp(prefix="orgsync-test-"))
    os.environ.setdefault("ORGSYNC_DATA_DIR", str(folder / "data"))
    if not os.environ.get("ORGSYNC_DATABASE_URL"):
        _start_database(early_config, folder / "database")


def _start_database(config: pytest.Config, folder: Path) -> None:
    # Ordinary accounts, PostgreSQL's among them, must be able to pass.
    folder.parent.chmod(0o711)
    server = EmbeddedPostgres.start(folder, log=lambda _line: None)
    os.environ["ORGSYNC_DATABASE_URL"] = server.url
    config.add_cleanup(lambda: (server.stop(), remove_data_dir(folder)))
