"""Stored bytes by key, in a local folder or an S3 bucket behind one face.

An object appears only when it is whole. In a local folder it has reached the disk, its folder included, before
`finish` returns: an accepted upload survives a power cut.
"""

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Self

import obstore
import structlog
from django.conf import settings
from obstore.exceptions import BaseError as StoreError
from obstore.store import LocalStore, MemoryStore, S3Store
from requests import RequestException

from orgsync.core.errors import OrgSyncError
from orgsync.server.env import ConfigurationError
from orgsync.server.uploads.s3unfinished import Bucket, abort_unfinished

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

log = structlog.get_logger(__name__)

CHUNK: Final = 1 << 20
"""Bytes handed on at once when reading, and held in memory when writing to a folder."""
S3_PART: Final = 8 << 20
"""Bytes of one part of an S3 upload; S3 allows 10,000 of them."""
LEFT_OVER_AFTER: Final = timedelta(days=1)
_PATIENT: "Final[ClientConfig]" = {"connect_timeout": timedelta(seconds=5), "timeout": timedelta(minutes=2)}
_RETRIES: "Final[RetryConfig]" = {"max_retries": 4, "retry_timeout": timedelta(seconds=20)}
"""Whoever uploads learns within half a minute that storage is away; a job waits for it by other means."""
_IMPATIENT: "Final[ClientConfig]" = {"connect_timeout": timedelta(seconds=2), "timeout": timedelta(seconds=5)}
"""Somebody waits for the answer of /readyz."""


class StorageAway(OrgSyncError):
    """An object could not be written: the bucket does not answer, the disk is full; nothing of it was kept."""

    def __init__(self, error: Exception) -> None:
        self.kind = type(error).__name__
        super().__init__(f"The storage of files cannot be written to ({self.kind}); try again.")


STORAGE_ERRORS: Final = (StorageAway, StoreError)
"""What rises while storage is away, in writing and in reading."""


class ObjectWriter:
    """One object on its way into the store. Call `finish` or `abandon`; a dropped writer leaves nothing either.

    `write` and `finish` raise StorageAway.
    """

    def __init__(self, storage: "Storage", key: str, part_size: int) -> None:
        self._storage = storage
        self._key = key
        self._file = obstore.open_writer(storage.store, key, buffer_size=part_size)

    def write(self, chunk: bytes | memoryview) -> None:
        try:
            self._file.write(chunk)
        except (StoreError, OSError) as error:
            raise StorageAway(error) from error

    def finish(self) -> None:
        """Make the object appear, and durable."""
        try:
            self._file.close()
            self._storage.settle(self._key)
        except (StoreError, OSError) as error:
            raise StorageAway(error) from error

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

    def __init__(
        self, store: LocalStore | S3Store | MemoryStore, root: Path | None = None, probe: S3Store | None = None
    ) -> None:
        self.store = store
        self._root = root
        self._probe = probe or store
        self._bucket: Bucket | None = None

    @classmethod
    def in_folder(cls, root: Path) -> Self:
        """Use a local folder, made if need be; nobody but our user may look into it."""
        root.mkdir(parents=True, exist_ok=True)
        root.chmod(0o700)
        return cls(LocalStore(root, mkdir=True), root)

    @classmethod
    def in_bucket(cls, url: str) -> Self:
        """Use a bucket, `s3://bucket/prefix`.

        Keys, region and address come from the usual AWS variables, or from the machine's role.
        """
        # Options of ours would have obstore overlook this variable.
        is_plain = os.environ.get("AWS_ALLOW_HTTP", "").lower() in {"1", "true"}
        patient: ClientConfig = {**_PATIENT, "allow_http": is_plain}
        impatient: ClientConfig = {**_IMPATIENT, "allow_http": is_plain}
        storage = cls(
            S3Store.from_url(url, client_options=patient, retry_config=_RETRIES),
            probe=S3Store.from_url(url, client_options=impatient, retry_config={"max_retries": 0}),
        )
        storage._bucket = Bucket.from_environment(url)
        return storage

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
        """Remove what writers that were killed more than a day ago left behind; return how many.

        A bucket that we reach by the machine's role drops unfinished uploads by its own lifecycle rule only.
        """
        oldest = now - LEFT_OVER_AFTER
        if self._bucket is not None:
            return self._sweep_bucket(self._bucket, oldest)
        if self._root is None:
            return 0
        left_over = [path for path in self._root.rglob("*#*") if path.stat().st_mtime <= oldest.timestamp()]
        for path in left_over:
            path.unlink(missing_ok=True)
        return len(left_over)

    def _sweep_bucket(self, bucket: Bucket, oldest: datetime) -> int:
        try:
            return abort_unfinished(bucket, before=oldest, now=datetime.now(UTC))
        except RequestException as error:
            # An account without the right to list uploads: the rest of the sweep goes on all the same.
            log.warning("bucket_not_swept", error=type(error).__name__)
            return 0

    def check(self) -> None:
        """Raise the store's own error when it cannot be reached, or cannot be written to."""
        key = f"check/{os.getpid()}"
        obstore.put(self._probe, key, b"")
        obstore.delete(self._probe, key)

    def settle(self, key: str) -> None:
        """Bring a finished local object to the disk, with every folder that leads to it."""
        if self._root is None:
            return
        path = self._root / key
        path.chmod(0o600)
        bring_to_disk(path)
        for folder in path.parents:
            bring_to_disk(folder)
            if folder == self._root:
                return


@lru_cache(maxsize=1)
def storage() -> Storage:
    """Return the storage that the settings name. Not to be carried over a fork: it has threads of its own."""
    if not settings.STORAGE_URL:
        return Storage.in_folder(settings.DATA_DIR / "media")
    if not settings.STORAGE_URL.startswith("s3://"):
        raise ConfigurationError("ORGSYNC_STORAGE_URL", "use s3://bucket/prefix, or leave it out for a local folder.")
    return Storage.in_bucket(settings.STORAGE_URL)


def bring_to_disk(path: Path) -> None:
    """Return when a file's bytes, or a folder's entries, have reached the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_file(source: BinaryIO, start: int, stop: int) -> Iterator[bytes]:
    """Read a local file straight from the disk: by way of the store it takes ten times as long."""
    with source:
        source.seek(start)
        for at in range(start, stop, CHUNK):
            yield source.read(min(CHUNK, stop - at))
