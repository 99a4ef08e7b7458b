"""The file that goes out: its size and SHA-256, and a reader that says how far it is."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """A file as it was when it was measured. A change after that is noticed by the server, by the SHA-256."""

    path: Path
    size: int
    sha256: str
    row_count: int | None = None
    """Data rows that our own reader found; None when the file was not read."""


def measure(path: Path, *, row_count: int | None = None) -> OutgoingFile:
    """Read the file once, in pieces, for its size and SHA-256."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            digest.update(piece)
            size += len(piece)
    return OutgoingFile(path, size, digest.hexdigest(), row_count)


class CountingFile(io.FileIO):
    """A file that reports its position in bytes after each read, for a progress bar."""

    def __init__(self, path: Path, on_position: Callable[[int], None]) -> None:
        super().__init__(path, "rb")
        self._on_position = on_position

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(-1 if size is None else size)
        self._on_position(self.tell())
        return piece or b""
