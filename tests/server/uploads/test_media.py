"""Stored files with their rows: checked when read, removed when asked, swept when nobody knows them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from orgsync.server.uploads.media import (
    DamagedMedia,
    RemovedMedia,
    open_verified,
    read_verified,
    remove_media,
    sweep_media,
    verified_file,
)
from orgsync.server.uploads.models import Media
from orgsync.server.uploads.storage import storage
from tests.upload_world import NOW, PEOPLE, make_feed, make_media, make_organization


@pytest.fixture(autouse=True)
def media_folder(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    settings.DATA_DIR = tmp_path
    storage.cache_clear()
    yield tmp_path / "media"
    storage.cache_clear()


@pytest.fixture
def media(db: None) -> Media:
    return make_media(make_feed(make_organization()))


def test_file_is_read_back(media: Media) -> None:
    """As bytes, and as a file with the same bytes."""
    assert read_verified(media) == PEOPLE
    with verified_file(media) as path:
        assert path.read_bytes() == PEOPLE


@pytest.mark.parametrize("damaged", [PEOPLE[:-1], PEOPLE + b"x", PEOPLE.swapcase(), b""])
def test_damage_is_noticed(media: Media, media_folder: Path, damaged: bytes) -> None:
    """Shorter, longer or different: never passed off as what was received."""
    (media_folder / media.storage_key).write_bytes(damaged)

    with pytest.raises(DamagedMedia):
        read_verified(media)
    with pytest.raises(DamagedMedia), verified_file(media):
        pass


def test_removed_file_says_so(media: Media, media_folder: Path) -> None:
    """The row stays, the bytes go, a second removal is none."""
    assert remove_media(media, now=NOW)
    assert not remove_media(media, now=NOW + timedelta(days=1))

    media.refresh_from_db()
    assert (media.removed_at, (media_folder / media.storage_key).exists()) == (NOW, False)
    with pytest.raises(RemovedMedia):
        open_verified(media)


def test_sweep_takes_what_no_row_speaks_of(db: None, media_folder: Path) -> None:
    """An object whose transaction never came is removed after a day; one with a row is not."""
    now = timezone.now()
    media = make_media(make_feed(make_organization()), now=now)
    orphan = f"{now:%Y/%m/%d}/orphan"
    storage().put(orphan, [b"x"])

    assert sweep_media(now + timedelta(days=0.9)) == 0
    assert sweep_media(now + timedelta(days=1.1)) == 1
    assert read_verified(media) == PEOPLE
    assert not (media_folder / orphan).exists()
