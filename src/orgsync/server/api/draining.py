"""An answer that refuses, and the rest of the body that it refuses."""

import socket
import time
from typing import Any, Final

from django.http import HttpRequest, JsonResponse, UnreadablePostError

from orgsync.server.uploads.pace import Watch

MOST: Final = 1_000_000
SECONDS: Final = 5.0
PIECE: Final = 16 * 1024


class Refusal(JsonResponse):
    """
    JSON that is sent at once; then at most 1 MB of the body is read away, for at most 5 seconds.

    A sender that writes its whole body before it reads then sees our answer instead of a broken connection.
    Whatever is left after that closes the connection.
    """

    def __init__(self, request: HttpRequest, body: dict[str, Any], *, status: int) -> None:
        self._refused = request
        super().__init__(body, status=status)

    def close(self) -> None:
        super().close()
        drain(self._refused)


def drain(request: HttpRequest) -> None:
    """Read away what is left of a body, within the limits above."""
    if not request.META.get("CONTENT_LENGTH"):
        return
    over_at = time.monotonic() + SECONDS
    left = MOST
    with Watch(connection_of(request), lambda: time.monotonic() >= over_at, silence=SECONDS):
        while left > 0:
            count = _read(request, min(PIECE, left))
            if count == 0:
                return
            left -= count


def connection_of(request: HttpRequest) -> socket.socket | None:
    """Return the socket that the application server reads the request from, where it tells."""
    found = request.META.get("gunicorn.socket")
    return found if isinstance(found, socket.socket) else None


def _read(request: HttpRequest, size: int) -> int:
    try:
        return len(request.read(size))
    except UnreadablePostError:
        return 0  # the sender has gone or fallen silent: there is nothing more to wait for
