"""The alternate request syntax of xAPI 1.0.3: a POST that carries another request in a form, for old browsers."""

import io
from typing import Final
from urllib.parse import parse_qsl, urlencode

from django.http import HttpRequest, QueryDict

from orgsync.server.api.errors import ApiError, invalid_request
from orgsync.server.api.parameters import content_length

METHOD: Final = "method"
_METHODS: Final = frozenset({"GET", "PUT", "POST", "DELETE", "HEAD"})
_HEADERS: Final = {
    "Authorization": "HTTP_AUTHORIZATION",
    "X-Experience-API-Version": "HTTP_X_EXPERIENCE_API_VERSION",
    "Content-Type": "CONTENT_TYPE",
    "If-Match": "HTTP_IF_MATCH",
    "If-None-Match": "HTTP_IF_NONE_MATCH",
}
_IGNORED: Final = frozenset({"Content-Length"})
_CONTENT: Final = "content"


def unfold(request: HttpRequest, *, most: int) -> None:
    """Make of a POST with `?method=` the request that its form holds, whose body has at most `most` bytes."""
    if request.method != "POST" or METHOD not in request.GET:
        return
    method = request.GET[METHOD].upper()
    if request.GET.keys() != {METHOD} or method not in _METHODS:
        raise invalid_request(f"{METHOD} must be one of {', '.join(sorted(_METHODS))}, and the only parameter.")
    fields = _fields(request, most)
    content = fields.pop(_CONTENT, "")
    if method in {"PUT", "POST"} and not content:
        raise invalid_request(f"{_CONTENT} must be given.")
    request.META["CONTENT_TYPE"] = "application/json"
    for name in _HEADERS.keys() & fields.keys():
        request.META[_HEADERS[name]] = fields.pop(name)
    body = content.encode()
    request.META["CONTENT_LENGTH"] = str(len(body))
    request.content_type = request.META["CONTENT_TYPE"].partition(";")[0].strip()
    request.method = method
    request.GET = QueryDict(urlencode({name: value for name, value in fields.items() if name not in _IGNORED}))
    request._stream = io.BytesIO(body)  # noqa: SLF001  what request.read() reads
    request.__dict__.pop("headers", None)


def _fields(request: HttpRequest, most: int) -> dict[str, str]:
    # A form spells most characters in three.
    length, limit = content_length(request), 3 * most
    if length > limit:
        raise ApiError(413, "TOO_LARGE", f"The form is larger than {limit:,} bytes.")
    if request.content_type != "application/x-www-form-urlencoded":
        raise invalid_request("The form must be application/x-www-form-urlencoded.")
    try:
        pairs = parse_qsl(request.read(length).decode(), keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError as error:
        raise invalid_request("The form must be URL-encoded UTF-8.") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise invalid_request("A field stands twice.")
    return fields
