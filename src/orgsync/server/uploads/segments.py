"""How one file is encrypted: in segments of 64 KiB, so that streams and byte ranges work.

Each segment is sealed by AES-256-GCM under the file's own key, with its place and a mark on the last one as nonce.
So a segment opens only in its place in its own file: what is cut off, swapped, repeated or mixed does not open.
"""

import struct
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from orgsync.core.errors import OrgSyncError

SEGMENT: Final = 64 << 10
TAG: Final = 16
"""Bytes that each segment, the last and shorter one too, is longer by when it is stored."""
_STORED: Final = SEGMENT + TAG
_NONCE: Final = struct.Struct(">xxxQB")


class BrokenSegments(OrgSyncError):
    """The stored bytes are not, whole and in order, what was encrypted under this key."""

    def __init__(self) -> None:
        super().__init__("The encrypted file is damaged: it has been changed, cut off, or mixed up with another one.")


class Span(NamedTuple):
    """Stored bytes from `start` up to but not including `end`, which begin with the segment `first`."""

    first: int
    start: int
    end: int


def stored_size(size: int) -> int:
    """Return how many bytes a file of so many takes; even an empty one has a segment, which says that it is empty."""
    return size + TAG * _count(size)


def span_of(start: int, end: int, size: int) -> Span:
    """Return which stored bytes have to be read for the bytes from `start` up to `end`; there is at least one."""
    first, last = start // SEGMENT, (end - 1) // SEGMENT
    return Span(first, first * _STORED, min((last + 1) * _STORED, stored_size(size)))


class SegmentWriter:
    """Encrypts what is written to it and hands it on. Call `finish`: the last segment is sealed only then."""

    def __init__(self, key: bytes, write: Callable[[bytes], object]) -> None:
        self._cipher = AESGCM(key)
        self._write = write
        self._held = bytearray()
        self._next = 0

    def write(self, chunk: bytes | memoryview) -> None:
        self._held += chunk
        # One segment, be it a whole one, is always held back: it may be the last.
        whole = max(0, len(self._held) - 1) // SEGMENT
        if whole:
            view = memoryview(self._held)
            self._write(b"".join(self._seal(view[at * SEGMENT : (at + 1) * SEGMENT]) for at in range(whole)))
            view.release()
            del self._held[: whole * SEGMENT]

    def finish(self) -> None:
        self._write(self._seal(self._held, is_last=True))

    def _seal(self, segment: bytes | bytearray | memoryview, *, is_last: bool = False) -> bytes:
        nonce = _NONCE.pack(self._next, is_last)
        self._next += 1
        return self._cipher.encrypt(nonce, segment, None)


def read_segments(key: bytes, chunks: Iterable[bytes], *, size: int, first: int = 0) -> Iterator[bytes]:
    """
    Decrypt stored bytes that begin with the segment `first`; `size` is that of the whole file, decrypted.

    Raises BrokenSegments before any byte that is not as it was written is handed on, and also when the bytes end
    inside a segment.
    """
    cipher, last = AESGCM(key), _count(size) - 1
    held, number = b"", first
    for chunk in chunks:
        held += chunk
        whole = len(held) // _STORED
        if whole:
            yield _opened(cipher, memoryview(held)[: whole * _STORED], number, last)
            number += whole
            held = held[whole * _STORED :]
    if held:
        yield _opened(cipher, memoryview(held), number, last)


def _opened(cipher: AESGCM, stored: memoryview, number: int, last: int) -> bytes:
    segments = (stored[at : at + _STORED] for at in range(0, len(stored), _STORED))
    try:
        return b"".join(
            cipher.decrypt(_NONCE.pack(place, place == last), segment, None)
            for place, segment in enumerate(segments, number)
        )
    except InvalidTag as error:
        raise BrokenSegments from error


def _count(size: int) -> int:
    return max(1, -(-size // SEGMENT))
