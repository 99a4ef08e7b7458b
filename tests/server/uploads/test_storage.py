"""Storage: whole objects or none, ranges, and what sweeps find."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import obstore
import pytest
from obstore.store import MemoryStore

from orgsync.server.uploads.storage import Storage

KEY = "2026/03/02/abc"
NOW = datetime(2026, 3, 4, tzinfo=UTC)


@pytest.fixture(params=["folder", "elsewhere"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """A local folder, and a store that is not on this machine's disk."""
    return Storage.in_folder(tmp_path / "media") if request.param == "folder" else Storage(MemoryStore())


def test_object_comes_back_as_it_was_stored(store: Storage) -> None:
    """Chunks of any size, an empty one among them, make one object."""
    store.put(KEY, [b"a" * 3_000_000, b"", b"bc"])

    assert store.size(KEY) == 3_000_002
    assert b"".join(store.open(KEY)) == b"a" * 3_000_000 + b"bc"


def test_empty_object_is_an_object(store: Storage) -> None:
    """No bytes are something else than no object."""
    store.put(KEY, [])

    assert (store.size(KEY), list(store.open(KEY))) == (0, [])


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(0, 4, b"0123"), (4, None, b"456789"), (8, 99, b"89"), (5, 5, b""), (10, None, b"")],
)
def test_range_of_an_object(store: Storage, start: int, end: int | None, expected: bytes) -> None:
    """`end` is not included and may lie behind the last byte."""
    store.put(KEY, [b"0123456789"])

    assert b"".join(store.open(KEY, start=start, end=end)) == expected


def test_missing_object_is_missed_at_once(store: Storage) -> None:
    """Whoever opens it learns before an answer has begun; deleting it is no error."""
    with pytest.raises(FileNotFoundError):
        store.open(KEY)
    store.delete(KEY)


def test_failing_source_leaves_nothing(store: Storage) -> None:
    """An object appears only when it is whole."""

    def chunks() -> Iterator[bytes]:
        yield b"x" * 20_000_000
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store.put(KEY, chunks())

    assert list(store.keys(date(2026, 3, 2), until=datetime.now(UTC) + timedelta(days=1))) == []


def test_keys_of_one_day_by_age(store: Storage) -> None:
    """A sweep asks for one day and for what is old enough."""
    store.put(KEY, [b"x"])
    store.put("2026/03/03/def", [b"x"])
    now = datetime.now(UTC)

    assert list(store.keys(date(2026, 3, 2), until=now + timedelta(minutes=1))) == [KEY]
    assert list(store.keys(date(2026, 3, 2), until=now - timedelta(minutes=1))) == []


def test_check_leaves_nothing_behind(store: Storage) -> None:
    """Asking whether storage works writes an object and takes it away."""
    store.check()

    assert [found for batch in obstore.list(store.store) for found in batch] == []


def test_only_our_user_can_read_the_folder(tmp_path: Path) -> None:
    """Folder 0700, files 0600, whatever the umask says."""
    former = os.umask(0o022)
    try:
        Storage.in_folder(tmp_path / "media").put(KEY, [b"x"])
    finally:
        os.umask(former)

    assert (tmp_path / "media").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "media" / KEY).stat().st_mode & 0o777 == 0o600


def test_accepted_object_has_reached_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file and every folder up to the root are synced before `put` returns."""
    synced: list[Path] = []
    real = os.fsync

    def note(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        real(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    root = tmp_path / "media"
    Storage.in_folder(root).put(KEY, [b"x"])

    assert synced == [root / KEY, *(root / KEY).parents[:4]]


def test_sweep_removes_what_killed_writers_left(tmp_path: Path) -> None:
    """Unfinished files older than a day go; younger ones may still be written to."""
    store = Storage.in_folder(tmp_path / "media")
    store.put(KEY, [b"x"])
    old, young = tmp_path / "media" / f"{KEY}#1", tmp_path / "media" / f"{KEY}#2"
    for path, age in ((old, timedelta(days=1)), (young, timedelta(hours=23))):
        path.write_bytes(b"half")
        os.utime(path, ((NOW - age).timestamp(),) * 2)

    assert store.sweep(NOW) == 1
    assert (old.exists(), young.exists(), store.size(KEY)) == (False, True, 1)
