"""Read away what is left of a refused body, within limits."""

import socket
import time
from typing import Final

from django.http import HttpRequest, UnreadablePostError

from orgsync.server.uploads.pace import Watch

MOST: Final = 1_000_000
SECONDS: Final = 5.0
PIECE: Final = 16 * 1024


def drain(request: HttpRequest) -> None:
    """
    Read at most 1 MB of the body, for at most 5 seconds.

    A sender that writes its whole body before it reads then sees our answer instead of a broken connection.
    Whatever is left closes the connection.
    """
    over_at = time.monotonic() + SECONDS
    left = MOST
    with Watch(connection_of(request), lambda: time.monotonic() >= over_at):
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
        return 0  # the sender has gone: nobody is left to answer
