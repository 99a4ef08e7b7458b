"""GET /media/upload: stream a stored file, whole or a range of bytes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.http import HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header

from orgsync.server.api.authentication import ApiRequest, bearer_token, feed_of
from orgsync.server.api.errors import ApiError, invalid_request, resource_not_found
from orgsync.server.api.parameters import check_media_type
from orgsync.server.api.urns import public_id_of
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record_look
from orgsync.server.tokens.scopes import Scope
from orgsync.server.uploads.media import find_media, open_part, open_verified
from orgsync.server.uploads.models import Media, MediaKind

_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)
_KINDS: Final = (MediaKind.SOURCE, MediaKind.RESULT)
"""A plan is no file of this call: it asks for a scope of its own."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes from `start` up to but not including `end`."""

    start: int
    end: int


@bearer_token(scope=Scope.SYNC)
def download(request: ApiRequest) -> HttpResponse | StreamingHttpResponse:
    check_media_type(request)
    text = request.GET.get("id")
    if not text:
        raise invalid_request("id must be given: the URN of the file.")
    public_id = public_id_of(text, field="id")
    media = find_media(request.organization, feed_of(request), public_id, _KINDS)
    if media is None:
        raise resource_not_found()
    asked = _range_of(request, media)
    if asked is None or asked.start == 0:
        # A download that goes on where it broke off is still the one that has been recorded.
        record_look(request.organization.pk, Action.FILE_DOWNLOADED, {"media": media.pk, "kind": media.kind})
    return _whole(media) if asked is None else _partial(media, asked)


def read_range(header: str, size: int) -> ByteRange | None:
    """
    Return the one range that a Range header asks for, cut to the file, or None when the whole file is the answer.

    None is also the answer to several ranges, another unit, and nonsense. Raises an ApiError (416) for a range
    that begins behind the last byte.
    """
    found = _RANGE.fullmatch(header.replace(" ", ""))
    if found is None or not (found[1] or found[2]):
        return None
    if found[1]:
        start = int(found[1])
        end = min(int(found[2]) + 1, size) if found[2] else size
        if found[2] and int(found[2]) < start:
            return None
    else:
        start, end = max(0, size - int(found[2])), size
    if start >= size:
        headers = {"Content-Range": f"bytes */{size}"}
        raise ApiError(416, "RANGE_NOT_SATISFIABLE", f"The file has {size} bytes.", headers=headers)
    return ByteRange(start, end)


def _range_of(request: ApiRequest, media: Media) -> ByteRange | None:
    header = request.headers.get("Range", "")
    condition = request.headers.get("If-Range")
    if not header or (condition is not None and condition != _tag(media)):
        return None
    return read_range(header, media.size)


def _whole(media: Media) -> StreamingHttpResponse:
    return _response(media, open_verified(media), media.size, 200)


def _partial(media: Media, asked: ByteRange) -> StreamingHttpResponse:
    chunks = open_part(media, start=asked.start, end=asked.end)
    response = _response(media, chunks, asked.end - asked.start, 206)
    response["Content-Range"] = f"bytes {asked.start}-{asked.end - 1}/{media.size}"
    return response


def _response(media: Media, chunks: Iterator[bytes], length: int, status: int) -> StreamingHttpResponse:
    headers = {
        "Content-Type": "application/gzip" if media.content_encoding else "text/csv",
        "Content-Disposition": content_disposition_header(True, media.file_name) or "attachment",  # noqa: FBT003 - Django's signature
        "Content-Length": str(length),
        "Accept-Ranges": "bytes",
        "ETag": _tag(media),
        "Cache-Control": "private, no-store",
    }
    return StreamingHttpResponse(chunks, status=status, headers=headers)


def _tag(media: Media) -> str:
    return f'"{bytes(media.sha256).hex()}"'
