"""Wrap the keys of stored files anew under the newest master key. The files themselves are not touched."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from django.db import connection

from orgsync.server.filekeys import ID, MasterKeyMissing, MasterKeys, WrongFileKey

_BATCH: Final = 1_000
_OTHERS: Final = f"""
    SELECT id, storage_key, sealed_key
      FROM uploads_media
     WHERE id > %s AND sealed_key IS NOT NULL AND removed_at IS NULL AND substring(sealed_key FOR {ID}) <> %s
     ORDER BY id
     LIMIT {_BATCH}
"""  # noqa: S608 - numbers of ours
# Only the key that was read: erasing may have put another file in its place meanwhile.
_REPLACE: Final = """
    UPDATE uploads_media AS media SET sealed_key = given.after
      FROM unnest(%s::bigint[], %s::bytea[], %s::bytea[]) AS given (id, before, after)
     WHERE media.id = given.id AND media.sealed_key = given.before
"""
_COUNT: Final = f"""
    SELECT count(*) FILTER (WHERE sealed_key IS NULL),
           count(*) FILTER (WHERE sealed_key IS NOT NULL AND NOT substring(sealed_key FOR {ID}) = ANY (%s))
      FROM uploads_media WHERE removed_at IS NULL
"""  # noqa: S608 - numbers of ours


class Rotated(NamedTuple):
    """How many files' keys were wrapped anew, and how many could not be: their master key is missing or they broke."""

    wrapped: int
    unreadable: int


class FileCounts(NamedTuple):
    """How many stored files are plain, and how many are encrypted under a master key that is not given."""

    plain: int
    locked: int


def rotate(keys: MasterKeys) -> Rotated:
    """Wrap every file's key under the newest master key; safe at any time and to run again. All organizations."""
    wrapped = unreadable = 0
    for batch in _batches(keys):
        found = [(media_id, before, _wrapped(keys, storage_key, before)) for media_id, storage_key, before in batch]
        anew = [row for row in found if row[2] is not None]
        unreadable += len(found) - len(anew)
        with connection.cursor() as cursor:
            cursor.execute(_REPLACE, [list(column) for column in zip(*anew, strict=True)] or [[], [], []])
            wrapped += cursor.rowcount
    return Rotated(wrapped, unreadable)


def count_files(keys: MasterKeys) -> FileCounts:
    """Count what is stored without a key, and what these master keys do not open; over all organizations."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [keys.ids])
        return FileCounts(*cursor.fetchone())


def _batches(keys: MasterKeys) -> Iterator[list[tuple[int, str, bytes]]]:
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_OTHERS, [after, keys.newest])
            batch = [(media_id, storage_key, bytes(key)) for media_id, storage_key, key in cursor.fetchall()]
        if not batch:
            return
        yield batch
        after = batch[-1][0]


def _wrapped(keys: MasterKeys, storage_key: str, sealed_key: bytes) -> bytes | None:
    try:
        return keys.wrap(keys.unwrap(sealed_key, storage_key), storage_key)
    except (MasterKeyMissing, WrongFileKey):
        return None
