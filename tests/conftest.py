"""One real PostgreSQL for a whole test run; each process of the run gets a database of its own."""

import os
import tempfile
from pathlib import Path

import pytest

ENGINE = ("server/directory/", "server/pipeline/", "server/test_catalogue.py", "test_cases.py")
"""Tests of SQL, migrations and engine: run on the system's PostgreSQL too."""


def pytest_configure(config: pytest.Config) -> None:
    """Start the private PostgreSQL once, in the controlling process, before Django reads its settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orgsync.server.settings")
    if hasattr(config, "workerinput"):
        return
    folder = Path(tempfile.mkdtemp(prefix="orgsync-test-"))
    os.environ.setdefault("ORGSYNC_DATA_DIR", str(folder / "data"))
    if not os.environ.get("ORGSYNC_DATABASE_URL"):
        _start_database(config, folder / "database")


def _start_database(config: pytest.Config, folder: Path) -> None:
    from orgsync.server.embedded import EmbeddedPostgres, remove_data_dir

    # Ordinary accounts, PostgreSQL's among them, must be able to pass.
    folder.parent.chmod(0o711)
    server = EmbeddedPostgres.start(folder, log=lambda _line: None)
    os.environ["ORGSYNC_DATABASE_URL"] = server.url
    config.add_cleanup(lambda: (server.stop(), remove_data_dir(folder)))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.relative_to(Path(__file__).parent).as_posix().startswith(ENGINE):
            item.add_marker("engine")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their argument: their text is unreadable, and of packed ones another one in each process."""
    return argname if isinstance(val, bytes) else None
