"""Stored files and their rows: record, find, read with a check, remove."""

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, BinaryIO, Final

from django.db import transaction

from orgsync.core.errors import OrgSyncError
from orgsync.core.model import Mode, RowPolicy
from orgsync.server.directory.models import Feed
from orgsync.server.filekeys import WrongFileKey
from orgsync.server.orgs.models import Organization
from orgsync.server.tokens.models import AccessToken
from orgsync.server.uploads.models import Media, MediaKind
from orgsync.server.uploads.receive import Received, Receiver
from orgsync.server.uploads.segments import BrokenSegments
from orgsync.server.uploads.storage import CHUNK, LEFT_OVER_AFTER, storage
from orgsync.server.uploads.stored import open_stored, plain_path

SWEPT_DAYS: Final = 7


class DamagedMedia(OrgSyncError):
    """The stored bytes are not those that were received: size or SHA-256 differ."""

    def __init__(self, public_id: str) -> None:
        self.public_id = public_id
        super().__init__(f"The stored file {public_id} is damaged: its size or SHA-256 differ from what was received.")


class RemovedMedia(OrgSyncError):
    """Retention has removed the bytes; the row stays."""

    def __init__(self, public_id: str) -> None:
        self.public_id = public_id
        super().__init__(f"The stored file {public_id} has been removed.")


def record_media(
    received: Received,
    *,
    feed: Feed,
    kind: MediaKind = MediaKind.SOURCE,
    token: AccessToken | None = None,
    content_encoding: str = "",
    mode: Mode | None = None,
    rows: RowPolicy | None = None,
    is_dry_run: bool = False,
    expected_rows: int | None = None,
) -> Media:
    """Store the row of a received file; it belongs to the feed's organization."""
    return Media.objects.create(
        organization_id=feed.organization_id,
        feed=feed,
        token=token,
        kind=kind,
        public_id=received.public_id,
        file_name=received.file_name,
        storage_key=received.storage_key,
        size=received.size,
        sha256=received.sha256,
        content_sha256=received.content_sha256,
        sealed_key=received.sealed_key,
        content_encoding=content_encoding,
        asked_mode=mode or "",
        asked_rows=rows or "",
        asked_dry_run=is_dry_run,
        expected_rows=expected_rows,
    )


def write_file(file_name: str, write: Callable[[Receiver], object], *, now: datetime) -> Received:
    """Have `write` write a file of our own making (results, plan) straight into storage; it is durable afterwards.

    No row speaks of it yet (`record_media`). What is never recorded is removed by the sweep.
    """
    receiver = Receiver(storage(), file_name, limit=None, now=now)
    try:
        write(receiver)
        return receiver.finish()
    except BaseException:
        receiver.abandon()
        raise


def write_whole(file_name: str, whole: BinaryIO, *, now: datetime) -> Received:
    """Bring a file that was made elsewhere, because it had to be sought in, into storage; as `write_file`."""

    def write(receiver: Receiver) -> None:
        whole.seek(0)
        while chunk := whole.read(CHUNK):
            receiver.write(chunk)

    return write_file(file_name, write, now=now)


def store_media(chunks: Iterable[bytes], *, feed: Feed, kind: MediaKind, file_name: str, now: datetime) -> Media:
    """Write a file of our own making (edits) and its row. Call it outside a long transaction if you can.

    The bytes are durable before the row is written. When the surrounding transaction is rolled back they are
    removed by the sweep.
    """

    def write(receiver: Receiver) -> None:
        for chunk in chunks:
            receiver.write(chunk)

    return record_media(write_file(file_name, write, now=now), feed=feed, kind=kind)


def find_media(organization: Organization, feed: Feed, public_id: str, kinds: Iterable[MediaKind]) -> Media | None:
    """Return one file of a feed while its bytes are there; anybody else's, or a removed one, is None."""
    return Media.objects.filter(
        organization=organization, feed=feed, public_id=public_id, kind__in=list(kinds), removed_at=None
    ).first()


def open_verified(media: Media) -> Iterator[bytes]:
    """
    Stream a file; after its last chunk raise DamagedMedia when size or SHA-256 are not as received.

    RemovedMedia and FileNotFoundError are raised at once, not at the first chunk; an encrypted file whose segments do
    not open is damaged too.
    """
    return _verified(media, open_part(media))


def open_part(media: Media, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """Stream the bytes from `start` up to but not including `end`, whose SHA-256 nobody knows; else as `open_verified`.

    Of an encrypted file each byte is checked all the same.
    """
    if media.removed_at is not None:
        raise RemovedMedia(media.public_id)
    try:
        return _undamaged(media, open_stored(storage(), media, start=start, end=end))
    except (BrokenSegments, WrongFileKey) as error:
        raise DamagedMedia(media.public_id) from error


def read_verified(media: Media) -> bytes:
    """Return a whole file; raises as `open_verified`."""
    return b"".join(open_verified(media))


@contextmanager
def verified_file(media: Media) -> Iterator[Path]:
    """Give the path of a file whose bytes have been checked; raises as `open_verified`.

    It is the stored file itself or a copy that is gone afterwards: read it, never write to it.
    """
    path = plain_path(storage(), media)
    if path is not None:
        for _ in open_verified(media):
            pass
        yield path
        return
    with verified_copy(media) as copy:
        yield named(copy)


def verified_copy(media: Media) -> IO[bytes]:
    """Return a copy of a file without a name: it never outlives this process. Raises as `open_verified`."""
    copy = tempfile.TemporaryFile(prefix="orgsync-media-")  # noqa: SIM115  whoever asked closes it
    try:
        for chunk in open_verified(media):
            copy.write(chunk)
        copy.seek(0)
    except BaseException:
        copy.close()
        raise
    return copy


def named(copy: IO[bytes]) -> Path:
    """Return a path under which this process, and no other, can open a file without a name."""
    return Path(f"/dev/fd/{copy.fileno()}")


def remove_media(media: Media, *, now: datetime) -> bool:
    """Remove the bytes and note when; the row stays. Return False when that was done before."""
    storage().delete(media.storage_key)
    still_there = Media.objects.filter(organization_id=media.organization_id, id=media.pk, removed_at=None)
    return still_there.update(removed_at=now) == 1


def sweep_media(now: datetime) -> int:
    """Remove objects older than a day that no row of any organization speaks of; return how many.

    They come from processes that ended between the last byte and the commit. One query a day looked at.
    """
    store = storage()
    removed = store.sweep(now)
    for days in range(SWEPT_DAYS + 1):
        keys = set(store.keys((now - timedelta(days=days)).date(), until=now - LEFT_OVER_AFTER))
        # Global by design: an object without a row belongs to nobody.
        known = Media.objects.filter(storage_key__in=keys).values_list("storage_key", flat=True)
        orphans = keys.difference(known)
        for key in orphans:
            store.delete(key)
        removed += len(orphans)
    return removed


def discard(received: Received) -> None:
    """Remove a received file that gets no row."""
    storage().delete(received.storage_key)


@contextmanager
def kept_if_recorded(received: Received) -> Iterator[Received]:
    """Run the block in a transaction; when it fails, remove the received file as well."""
    try:
        with transaction.atomic():
            yield received
    except BaseException:
        discard(received)
        raise


def _undamaged(media: Media, chunks: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from chunks
    except BrokenSegments as error:
        raise DamagedMedia(media.public_id) from error


def _verified(media: Media, chunks: Iterator[bytes]) -> Iterator[bytes]:
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
        yield chunk
    if size != media.size or digest.digest() != bytes(media.sha256):
        raise DamagedMedia(media.public_id)
