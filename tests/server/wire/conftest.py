"""Each test of the wire has a storage folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from orgsync.server.uploads.storage import storage
from tests.upload_world import Sender, make_sender


@pytest.fixture(autouse=True)
def media_folder(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    settings.DATA_DIR = tmp_path
    settings.STORAGE_URL = ""
    storage.cache_clear()
    yield tmp_path / "media"
    storage.cache_clear()


@pytest.fixture
def sender(db: None) -> Sender:
    return make_sender()
