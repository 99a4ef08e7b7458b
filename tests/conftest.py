"""What all tests share: which of them are the engine's, and names of byte parameters."""

from pathlib import Path

import pytest
from hypothesis import settings

# A slow machine is no fault of the code: no test asserts a time.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

ENGINE = (
    *("server/directory/", "server/test_catalogue.py", "server/undoing/test_undo.py"),
    *("server/pipeline/test_e", "server/pipeline/test_meanwhile.py", "server/pipeline/test_retention.py"),
)
"""Tests of SQL, migrations and engine, as their paths begin: run on the system's PostgreSQL too."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.relative_to(Path(__file__).parent).as_posix().startswith(ENGINE):
            item.add_marker("engine")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their argument: their text is unreadable, and of packed ones another one in each process."""
    return argname if isinstance(val, bytes) else None
