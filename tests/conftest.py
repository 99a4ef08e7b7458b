"""What all tests share: a database for each process, which tests are the engine's, and names of byte parameters."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.database import empty_tables, migrated_database, using_database

# A slow machine is no fault of the code: no test asserts a time.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

ENGINE = (
    *("server/directory/", "server/test_catalogue.py", "server/undoing/test_undo.py"),
    *("server/pipeline/test_e", "server/pipeline/test_meanwhile.py", "server/pipeline/test_retention.py"),
)
"""Tests of SQL, migrations and engine, as their paths begin: run on the system's PostgreSQL too."""


def path_in_tests(path: Path) -> str:
    return path.relative_to(Path(__file__).parent).as_posix()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if path_in_tests(item.path).startswith(ENGINE):
            item.add_marker("engine")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Read no other file when only the engine's tests are asked for."""
    is_other = collection_path.is_file() and not path_in_tests(collection_path).startswith(ENGINE)
    return True if is_other and config.option.markexpr == "engine" else None


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their argument: their text is unreadable, and of packed ones another one in each process."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """Give this process a database of its own, migrated; tests that commit are cleaned up after at little cost."""
    from django.test import TransactionTestCase

    name = f"test_orgsync_{os.environ['ORGSYNC_TEST_RUN']}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with (
        django_db_blocker.unblock(),
        migrated_database(name),
        using_database(name),
        pytest.MonkeyPatch.context() as patch,
    ):
        # Django's own truncates every table there is and fills those that migrations fill again.
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty_tables)
        yield


@pytest.fixture(scope="session", autouse=True)
def no_disk_to_wait_for() -> Iterator[None]:
    """Let files of tests reach the disk when they may; servers that run as processes of their own sync theirs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield
