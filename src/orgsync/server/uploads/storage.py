"""Stored bytes by key, in a local folder or an S3 bucket behind one face.

An object appears only when it is whole. In a local folder it has reached the disk, its folder included, before
`finish` returns: an accepted upload survives a power cut.
"""

import os
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Final, Self

import obstore
from django.conf import settings
from obstore.store import LocalStore, MemoryStore, S3Store

from orgsync.server.env import ConfigurationError

CHUNK: Final = 1 << 20
"""Bytes handed on at once when reading, and held in memory when writing to a folder."""
S3_PART: Final = 8 << 20
"""Bytes of one part of an S3 upload; S3 allows 10,000 of them."""
LEFT_OVER_AFTER: Final = timedelta(days=1)


class ObjectWriter:
    """One object on its way into the store. Call `finish` or `abandon`; a dropped writer leaves nothing either."""

    def __init__(self, storage: "Storage", key: str, part_size: int) -> None:
        self._storage = storage
        self._key = key
        self._file = obstore.open_writer(storage.store, key, buffer_size=part_size)

    def write(self, chunk: bytes | memoryview) -> None:
        self._file.write(chunk)

    def finish(self) -> None:
        """Make the object appear, and durable."""
        self._file.close()
        self._storage.settle(self._key)

    def abandon(self) -> None:
        """Drop what was written; nothing of it stays."""
        if not self._file.closed():
            self._file.__exit__(RuntimeError, None, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        if error is None:
            self.finish()
        else:
            self.abandon()


class Storage:
    """A folder or bucket. Keys are `YYYY/MM/DD/<name>`, so that a sweep looks at few days, not at everything."""

    def __init__(self, store: LocalStore | S3Store | MemoryStore, root: Path | None = None) -> None:
        self.store = store
        self._root = root

    @classmethod
    def in_folder(cls, root: Path) -> Self:
        """Use a local folder, made if need be; nobody but our user may look into it."""
        root.mkdir(parents=True, exist_ok=True)
        root.chmod(0o700)
        return cls(LocalStore(root, mkdir=True), root)

    def create(self, key: str) -> ObjectWriter:
        return ObjectWriter(self, key, CHUNK if self._root else S3_PART)

    def put(self, key: str, chunks: Iterable[bytes]) -> None:
        """Store the chunks as one object; when the iterable fails, nothing is stored."""
        with self.create(key) as writer:
            for chunk in chunks:
                writer.write(chunk)

    def open(self, key: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Stream an object, or its bytes from `start` up to but not including `end`.

        Raises FileNotFoundError at once, not at the first chunk.
        """
        size = self.size(key)
        stop = size if end is None else min(end, size)
        if start >= stop:
            return iter(())
        path = self.local_path(key)
        if path is not None:
            return _read_file(path.open("rb"), start, stop)
        found = obstore.get(self.store, key, options={"range": (start, stop)})
        return map(bytes, found.stream(min_chunk_size=CHUNK))

    def size(self, key: str) -> int:
        """Return the size in bytes; raise FileNotFoundError for an unknown key."""
        return obstore.head(self.store, key)["size"]

    def delete(self, key: str) -> None:
        """Delete an object; one that is gone already is fine."""
        try:
            obstore.delete(self.store, key)
        except FileNotFoundError:
            return

    def local_path(self, key: str) -> Path | None:
        """Return where the object lies on this machine, or None when it lies elsewhere."""
        return None if self._root is None else self._root / key

    def keys(self, day: date, *, until: datetime) -> Iterator[str]:
        """Yield the keys of one day whose objects were last written at or before a time."""
        for batch in obstore.list(self.store, f"{day:%Y/%m/%d}"):
            yield from (found["path"] for found in batch if found["last_modified"] <= until)

    def sweep(self, now: datetime) -> int:
        """Remove what writers that were killed more than a day ago left in a local folder; return how many.

        A bucket drops unfinished uploads by its own lifecycle rule.
        """
        if self._root is None:
            return 0
        oldest = (now - LEFT_OVER_AFTER).timestamp()
        left_over = [path for path in self._root.rglob("*#*") if path.stat().st_mtime <= oldest]
        for path in left_over:
            path.unlink(missing_ok=True)
        return len(left_over)

    def check(self) -> None:
        """Raise the store's own error when it cannot be reached, or cannot be written to."""
        key = f"check/{os.getpid()}"
        obstore.put(self.store, key, b"")
        self.delete(key)

    def settle(self, key: str) -> None:
        """Bring a finished local object to the disk, with every folder that leads to it."""
        if self._root is None:
            return
        path = self._root / key
        path.chmod(0o600)
        _fsync(path)
        for folder in path.parents:
            _fsync(folder)
            if folder == self._root:
                return


@lru_cache(maxsize=1)
def storage() -> Storage:
    """Return the storage that the settings name. Not to be carried over a fork: it has threads of its own."""
    if not settings.STORAGE_URL:
        return Storage.in_folder(settings.DATA_DIR / "media")
    if not settings.STORAGE_URL.startswith("s3://"):
        raise ConfigurationError("ORGSYNC_STORAGE_URL", "use s3://bucket/prefix, or leave it out for a local folder.")
    return Storage(S3Store.from_url(settings.STORAGE_URL))


def _read_file(source: BinaryIO, start: int, stop: int) -> Iterator[bytes]:
    """Read a local file straight from the disk: by way of the store it takes ten times as long."""
    with source:
        source.seek(start)
        for at in range(start, stop, CHUNK):
            yield source.read(min(CHUNK, stop - at))


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
