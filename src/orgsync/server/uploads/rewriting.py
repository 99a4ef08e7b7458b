"""Stored files without one person: plans and results are written anew, source files that name the person go."""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Final

import polars as pl

from orgsync.core import planfile
from orgsync.core.csvfile import read_csv
from orgsync.core.errors import UnreadableFile
from orgsync.core.forgetting import Keys, names_person, plan_without, without_person, write_raw
from orgsync.server.uploads.media import DamagedMedia, open_verified, verified_file, write_whole
from orgsync.server.uploads.models import Media, MediaKind
from orgsync.server.uploads.receive import Received
from orgsync.server.uploads.storage import storage


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What is to become of one stored file that names the person."""

    media: Media
    received: Received | None
    """The file without the person, durable, but not yet named by any row; None: the file goes."""


def rewrite_files(organization_id: int, keys: Keys, *, after: int = 0, now: datetime) -> Iterator[Rewritten]:
    """
    Yield every stored file of the organization that names the person, with its successor; nothing is replaced yet.

    Only files recorded after the media with the id `after`. A file that cannot be read any more counts as one that
    names the person, and goes: nobody can say that it does not.
    """
    kept = Media.objects.select_related("feed").filter(organization_id=organization_id, removed_at=None, id__gt=after)
    for media in kept.order_by("id"):
        try:
            found = _REWRITE[MediaKind(media.kind)](media, keys, now)
        except (UnreadableFile, DamagedMedia, FileNotFoundError):
            found = Rewritten(media, None)
        if found is not None:
            yield found


def replace_files(files: Sequence[Rewritten], *, now: datetime) -> None:
    """Point the rows of the files to their successors, in the caller's transaction; two statements.

    The rows of files that go keep size, hash and name, and say when the bytes were removed.
    """
    successors = [_succeeded(file.media, file.received) for file in files if file.received is not None]
    Media.objects.bulk_update(successors, ["storage_key", "size", "sha256", "content_sha256", "sealed_key"])
    gone = [file.media for file in files if file.received is None]
    for organization_id in {media.organization_id for media in gone}:
        removed = Media.objects.filter(organization_id=organization_id, id__in=[media.pk for media in gone])
        removed.update(removed_at=now)


def old_keys(files: Iterable[Rewritten]) -> list[str]:
    """Return the storage keys of what the files replace; to be asked before `replace_files`."""
    return [file.media.storage_key for file in files]


@contextmanager
def kept_if_committed(files: list[Rewritten]) -> Iterator[None]:
    """Run the block; when it fails, remove the successors that `files` holds by then."""
    try:
        yield
    except BaseException:
        delete_objects(file.received.storage_key for file in files if file.received is not None)
        raise


def delete_objects(keys: Iterable[str]) -> None:
    """Delete stored bytes; those that are gone already are fine."""
    for key in keys:
        storage().delete(key)


def _rewrite_source(media: Media, keys: Keys, now: datetime) -> Rewritten | None:  # noqa: ARG001  as the others
    with verified_file(media) as path:
        raw = read_csv(path, content_encoding=media.content_encoding)
    return Rewritten(media, None) if names_person(raw, keys) else None


def _rewrite_results(media: Media, keys: Keys, now: datetime) -> Rewritten | None:
    with verified_file(media) as path:
        raw = read_csv(path)
    if not names_person(raw, keys):
        return None
    with tempfile.TemporaryFile() as target:
        write_raw(without_person(raw, keys), target)
        return Rewritten(media, write_whole(media.file_name, target, now=now))


def _rewrite_plan(media: Media, keys: Keys, now: datetime) -> Rewritten | None:
    plan = planfile.read_plan(b"".join(open_verified(media)))
    rest = plan_without(plan, keys)
    if rest.equals(plan):
        return None
    with tempfile.TemporaryFile() as target:
        _write_plan(rest, target)
        return Rewritten(media, write_whole(media.file_name, target, now=now))


_REWRITE: Final = {
    MediaKind.SOURCE: _rewrite_source,
    MediaKind.RESULT: _rewrite_results,
    MediaKind.PLAN: _rewrite_plan,
}


def _write_plan(plan: pl.DataFrame, target: BinaryIO) -> None:
    plan.write_parquet(target, row_group_size=planfile.ROW_GROUP)


def _succeeded(media: Media, received: Received) -> Media:
    media.storage_key = received.storage_key
    media.size = received.size
    media.sha256 = received.sha256
    media.content_sha256 = received.content_sha256
    media.sealed_key = received.sealed_key
    return media
