"""Stored files as they are to be read, be they encrypted or plain: the one place that knows the difference."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from orgsync.server.filekeys import KEY, master_keys
from orgsync.server.uploads.segments import SEGMENT, BrokenSegments, SegmentWriter, read_segments, span_of, stored_size
from orgsync.server.uploads.storage import ObjectWriter, Storage


class Stored(Protocol):
    """What has to be known to read a file: its row, or what was just received."""

    @property
    def storage_key(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def sealed_key(self) -> bytes | memoryview | None: ...


class FileWriter:
    """One file on its way into storage, encrypted when there is a master key; as `ObjectWriter`."""

    def __init__(self, into: Storage, storage_key: str) -> None:
        self._object: ObjectWriter = into.create(storage_key)
        self._segments: SegmentWriter | None = None
        self.write = self._object.write
        self.sealed_key: bytes | None = None
        """The file's own key as it is to be kept in its row; None: the file is plain."""
        keys = master_keys()
        if keys.newest is not None:
            key = secrets.token_bytes(KEY)
            self.sealed_key = keys.wrap(key, storage_key)
            self._segments = SegmentWriter(key, self._object.write)
            self.write = self._segments.write

    def finish(self) -> None:
        """Make the file appear, whole and durable."""
        if self._segments is not None:
            self._segments.finish()
        self._object.finish()

    def abandon(self) -> None:
        self._object.abandon()


def open_stored(storage: Storage, file: Stored, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """
    Stream a file, or its bytes from `start` up to but not including `end`.

    Raises at once FileNotFoundError, MasterKeyMissing, WrongFileKey, and BrokenSegments when an encrypted file has not
    the size that it was written with; BrokenSegments also rises at the first byte that is not as it was written.
    """
    if file.sealed_key is None:
        return storage.open(file.storage_key, start=start, end=end)
    key = master_keys().unwrap(bytes(file.sealed_key), file.storage_key)
    if storage.size(file.storage_key) != stored_size(file.size):
        raise BrokenSegments
    stop = file.size if end is None else min(end, file.size)
    if start >= stop:
        return iter(())
    span = span_of(start, stop, file.size)
    chunks = storage.open(file.storage_key, start=span.start, end=span.end)
    opened = read_segments(key, chunks, size=file.size, first=span.first)
    return _cut(opened, skip=start - span.first * SEGMENT, length=stop - start)


def plain_path(storage: Storage, file: Stored) -> Path | None:
    """Return where the file lies on this machine, readable as it is; None when it has to be copied first."""
    return storage.local_path(file.storage_key) if file.sealed_key is None else None


def _cut(chunks: Iterator[bytes], *, skip: int, length: int) -> Iterator[bytes]:
    """Yield `length` bytes after the first `skip`, which lie in the first chunk."""
    for chunk in chunks:
        piece = chunk[skip : skip + length]
        yield piece
        length -= len(piece)
        skip = 0
