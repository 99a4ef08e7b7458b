"""The least that takes an upload: read the body, keep nothing of it, answer as the wire does."""

from collections.abc import Callable, Iterable
from typing import Any, Final

_PIECE: Final = 1 << 16
_ANSWER: Final = b'{"location": "urn:li:media:nothing"}'


def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    """Read as many bytes as were announced and forget them."""
    left = int(environ.get("CONTENT_LENGTH") or 0)
    while left:
        piece = environ["wsgi.input"].read(min(left, _PIECE))
        if not piece:
            break
        left -= len(piece)
    start_response("201 Created", [("Content-Type", "application/json"), ("Content-Length", str(len(_ANSWER)))])
    return [_ANSWER]
