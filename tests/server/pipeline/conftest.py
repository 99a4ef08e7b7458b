"""Every test here starts with an organization that is gone afterwards; its transactions are real ones."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from orgsync.server.uploads.storage import storage
from tests.database import empty_tables
from tests.server.pipeline.pipeline_world import World, make_world


@pytest.fixture
def db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Let tests commit; Django's own way of emptying every table after each of them would be dear."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def own_folder(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """Keep the files of tests that run beside this one out of sight."""
    settings.DATA_DIR = tmp_path
    storage.cache_clear()
    yield
    storage.cache_clear()


@pytest.fixture
def make(db: None) -> Iterator[Callable[..., World]]:
    """Return `make_world`; every table is emptied at the end."""
    made: list[World] = []

    def make(*arguments: Any) -> World:
        made.append(make_world(*arguments))
        return made[-1]

    yield make
    # A test may have broken the connection.
    connection.close()
    if made:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs")
        empty_tables()


@pytest.fixture
def world(make: Callable[..., World]) -> World:
    return make()
