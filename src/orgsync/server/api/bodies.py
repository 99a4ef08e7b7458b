"""The body of an upload: whatever form it comes in, into one stored file."""

import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, UnreadablePostError

from orgsync.server.api.draining import connection_of
from orgsync.server.api.errors import ApiError, busy, invalid_request
from orgsync.server.api.parameters import content_length
from orgsync.server.uploads.boundary import BrokenMultipart, file_parts
from orgsync.server.uploads.media import discard
from orgsync.server.uploads.pace import LARGE_PIECE, Pace, Watch
from orgsync.server.uploads.receive import DEFAULT_NAME, FileTooLarge, Received, Receiver
from orgsync.server.uploads.storage import storage

ENVELOPE: Final = 16 * 1024
"""Bytes that boundaries and headers may take beyond the file itself."""
RETRY_AFTER: Final = 5

_TOO_SLOW: Final = "The body came at less than 10 kB a second for 30 seconds."
_NO_BYTES_CAME: Final = (TimeoutError, BlockingIOError, ssl.SSLWantReadError)
"""How a read of a socket says that its time is over: with a time-out of ours, or with the listener's own."""

_slots = threading.BoundedSemaphore(max(1, settings.WEB_THREADS // 2))


class Body:
    """The bytes of a request as they come; raises an ApiError when they come too slowly or end too early."""

    def __init__(self, request: HttpRequest, length: int, pace: Pace) -> None:
        self._request = request
        self._left = length
        self._pace = pace

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, at most `size`; none at the end."""
        wanted = min(size, self._left, self._pace.piece)
        if wanted == 0:
            return b""
        self._pace.wait()
        chunk = self._read(wanted)
        if not chunk:
            raise invalid_request("The body ended before Content-Length was reached.")
        self._pace.receive(len(chunk))
        self._left -= len(chunk)
        return chunk

    def _read(self, size: int) -> bytes:
        try:
            return self._request.read(size)
        except UnreadablePostError as error:
            if isinstance(error.__cause__, _NO_BYTES_CAME):
                raise ApiError(408, "REQUEST_TIMEOUT", _TOO_SLOW) from error
            raise invalid_request("The connection broke off in the middle of the body.") from error


def check_body(request: HttpRequest) -> None:
    """Refuse a body by its headers alone: without length, of another type, or too large."""
    length = content_length(request)
    if request.content_type not in {"multipart/form-data", "text/csv"}:
        raise ApiError(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type must be multipart/form-data or text/csv.")
    content_encoding(request)
    if length > settings.MAX_UPLOAD_BYTES + ENVELOPE:
        raise _too_large()


def content_encoding(request: HttpRequest) -> str:
    """Return `gzip` or nothing; a form is never packed as a whole."""
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    if encoding in {"", "identity"}:
        return ""
    if encoding != "gzip" or request.content_type != "text/csv":
        raise ApiError(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Encoding may only be gzip, and only of a text/csv body.")
    return encoding


@contextmanager
def upload_slot() -> Iterator[None]:
    """Hold one of the threads that may take uploads; the other half always answers other calls."""
    if not _slots.acquire(blocking=False):
        raise busy("Too many uploads at once; try again.", RETRY_AFTER)
    try:
        yield
    finally:
        _slots.release()


def receive_body(request: HttpRequest, *, now: datetime) -> Received:
    """Stream the one file of the request into storage; raise an ApiError, nothing kept, when there is not just one."""
    pace = Pace(time.monotonic)
    body = Body(request, content_length(request), pace)
    with Watch(connection_of(request), pace.is_too_slow):
        try:
            if request.content_type == "text/csv":
                return _receive(DEFAULT_NAME, iter(lambda: body.read(LARGE_PIECE), b""), now)
            return _receive_part(request, body, now)
        except FileTooLarge as error:
            raise _too_large() from error
        except BrokenMultipart as error:
            raise invalid_request(str(error)) from error
        except SuspiciousOperation as error:
            raise invalid_request("The multipart body cannot be read.") from error


def _receive_part(request: HttpRequest, body: Body, now: datetime) -> Received:
    boundary = (request.content_params or {}).get("boundary", "").strip()
    if not boundary:
        raise invalid_request("Content-Type names no boundary.")
    received: Received | None = None
    try:
        for part in file_parts(body, boundary):
            _check_first(received)
            received = _receive(part.name, part.chunks, now)
    except BaseException:
        if received is not None:
            discard(received)
        raise
    if received is None:
        raise invalid_request("The form holds no file part.")
    return received


def _check_first(received: Received | None) -> None:
    if received is not None:
        raise invalid_request("The form holds a second file part; send one file.")


def _receive(name: str, chunks: Iterable[bytes], now: datetime) -> Received:
    receiver = Receiver(storage(), name, limit=settings.MAX_UPLOAD_BYTES, now=now)
    try:
        for chunk in chunks:
            receiver.write(chunk)
    except BaseException:
        receiver.abandon()
        raise
    return receiver.finish()


def _too_large() -> ApiError:
    return ApiError(413, "TOO_LARGE", f"The file is larger than the limit of {settings.MAX_UPLOAD_BYTES:,} bytes.")
