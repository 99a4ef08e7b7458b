"""Take bytes in: straight to storage, hashed and counted on the way, in memory that does not grow."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest

from orgsync.core.errors import OrgSyncError
from orgsync.server.uploads.storage import Storage, storage
from orgsync.server.uploads.stored import FileWriter

if TYPE_CHECKING:
    _AnyUpload: TypeAlias = UploadedFile[Any]
else:
    _AnyUpload = UploadedFile

DEFAULT_NAME: Final = "upload.csv"
_LINE_END: Final = re.compile(rb"\r\n\Z|\n\Z|\r\Z")
_LONGEST_END: Final = 2  # bytes


class FileTooLarge(OrgSyncError):
    """The file is over the limit; nothing of it was kept."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"The file is larger than the limit of {limit:,} bytes.")


@dataclass(frozen=True, slots=True)
class Received:
    """A whole file in storage that no media row speaks of yet."""

    public_id: str
    storage_key: str
    file_name: str
    size: int
    sha256: bytes
    content_sha256: bytes
    sealed_key: bytes | None = None
    """The key that the bytes are encrypted with, wrapped; None: they are plain."""


class Digest:
    """SHA-256 of the bytes, and of the bytes without their last line end, in one pass."""

    def __init__(self) -> None:
        self.size = 0
        self._hash = hashlib.sha256()
        self._tail = b""

    def update(self, chunk: bytes | memoryview) -> None:
        self.size += len(chunk)
        if len(chunk) < _LONGEST_END:
            chunk, self._tail = self._tail + chunk, b""
        self._hash.update(self._tail)
        self._hash.update(memoryview(chunk)[:-_LONGEST_END])
        self._tail = bytes(chunk[-_LONGEST_END:])

    def sha256(self) -> bytes:
        return self._with(self._tail)

    def content_sha256(self) -> bytes:
        """Return the hash without one final CRLF, LF or CR: what "the same file" is judged by."""
        return self._with(_LINE_END.sub(b"", self._tail))

    def _with(self, tail: bytes) -> bytes:
        whole = self._hash.copy()
        whole.update(tail)
        return whole.digest()


class Receiver:
    """One file on its way in. Call `finish` or `abandon`."""

    def __init__(self, into: Storage, file_name: str, *, limit: int | None, now: datetime) -> None:
        self.public_id = secrets.token_hex(20)
        self._key = f"{now:%Y/%m/%d}/{self.public_id}"
        self._name = clean_file_name(file_name)
        self._limit = limit
        self._digest = Digest()
        self._storage = into
        self._writer = FileWriter(into, self._key)

    def write(self, chunk: bytes | memoryview, /) -> None:
        """Store a chunk; raise FileTooLarge, nothing kept, as soon as the limit is passed."""
        if self._limit is not None and self._digest.size + len(chunk) > self._limit:
            self.abandon()
            raise FileTooLarge(self._limit)
        self._digest.update(chunk)
        self._writer.write(chunk)

    def finish(self) -> Received:
        """Make the file durable and say what it is."""
        self._writer.finish()
        return Received(
            public_id=self.public_id,
            storage_key=self._key,
            file_name=self._name,
            size=self._digest.size,
            sha256=self._digest.sha256(),
            content_sha256=self._digest.content_sha256(),
            sealed_key=self._writer.sealed_key,
        )

    def abandon(self) -> None:
        self._writer.abandon()


class StoredUpload(_AnyUpload):
    """What a form's file field holds: a file that lies in storage already.

    It is removed when the request ends, unless `keep` was called.
    """

    def __init__(self, received: Received, into: Storage, field_name: str | None, content_type: str | None) -> None:
        super().__init__(None, received.file_name, content_type, received.size)
        self.field_name = field_name
        self.received = received
        self._storage = into
        self._is_kept = False

    def keep(self) -> Received:
        """Take the file over: the caller stores its media row."""
        self._is_kept = True
        return self.received

    def close(self) -> None:
        if not self._is_kept:
            self._storage.delete(self.received.storage_key)


class StorageUploadHandler(FileUploadHandler):
    """Django's way into storage, for files that come by a form."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self._receiver: Receiver | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._receiver = Receiver(
            storage(), self.file_name or DEFAULT_NAME, limit=settings.MAX_UPLOAD_BYTES, now=datetime.now(UTC)
        )

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:  # noqa: ARG002 - Django's signature
        if self._receiver is None:
            return raw_data
        self._receiver.write(raw_data)
        return None

    def file_complete(self, file_size: int) -> _AnyUpload | None:  # noqa: ARG002 - Django's signature
        if self._receiver is None:
            return None
        receiver, self._receiver = self._receiver, None
        return StoredUpload(receiver.finish(), storage(), self.field_name, self.content_type)

    def upload_interrupted(self) -> None:
        if self._receiver is not None:
            self._receiver.abandon()
            self._receiver = None


def clean_file_name(name: str) -> str:
    """Return the last part of a path without characters that do not print, at most 200 long."""
    last = re.split(r"[/\\]", name)[-1]
    printable = "".join(character for character in last if character.isprintable()).strip(" .")
    return printable[-200:] or DEFAULT_NAME
