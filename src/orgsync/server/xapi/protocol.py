"""What every call of the Experience API shares: its headers, who may call, and how refusals are told."""

import base64
import binascii
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from orgsync.core.jsontext import UnreadableJson, read_json
from orgsync.core.xapi.shapes import StatementRefused
from orgsync.server.api.draining import Refusal
from orgsync.server.api.errors import ApiError, invalid_request
from orgsync.server.api.parameters import content_length
from orgsync.server.learning.documents import DocumentRefused
from orgsync.server.learning.statements import StatementConflict
from orgsync.server.xapi.alternate import unfold
from orgsync.server.xapi.multipart import MIXED, Part, split_mixed

VERSIONS: Final = ("1.0.3", "2.0.0")
VERSION_HEADER: Final = "X-Experience-API-Version"
MAX_BODY: Final = 4 * 1024 * 1024
NO_STORE: Final = {"Cache-Control": "no-store"}
Answer = Callable[..., HttpResponseBase]


class XapiRequest(HttpRequest):
    """A request of the Experience API; `version` is the one of `VERSIONS` by which it is answered."""

    version: str


def xapi(view: Answer, *, any_version: bool = False) -> Answer:
    """Give a view the standard's headers, accept Basic beside Bearer, and tell refusals as the standard does."""

    @wraps(view)
    def answered(request: XapiRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.version = VERSIONS[0]
        try:
            unfold(request, most=MAX_BODY)
            request.version = VERSIONS[0] if any_version else _version(request)
            _accept_basic(request)
            response = view(request, *args, **kwargs)
        except ApiError as error:
            response = _refusal(request, error.status, error.message, error.headers)
        except (StatementRefused, DocumentRefused) as error:
            response = _refusal(request, 400, str(error), {})
        except StatementConflict as error:
            response = _refusal(request, 409, str(error), {})
        response[VERSION_HEADER] = request.version
        response["X-Experience-API-Consistent-Through"] = timezone.now().isoformat().replace("+00:00", "Z")
        return response

    answered.csrf_exempt = True  # type: ignore[attr-defined]  # no browser adds the header by itself
    return answered


def version_of(request: HttpRequest) -> str:
    """Return by which of `VERSIONS` the request is answered."""
    return str(getattr(request, "version", VERSIONS[0]))


def read_body(request: HttpRequest) -> tuple[Any, list[Part]]:
    """Return the JSON of the body, and the attachments that came with it.

    A key that stands twice, or a number that is none, is refused.
    """
    length = content_length(request)
    if length > MAX_BODY:
        raise ApiError(413, "TOO_LARGE", f"The body is larger than the limit of {MAX_BODY:,} bytes.")
    kind = (request.content_type or "").lower()
    if kind not in {"application/json", MIXED}:
        raise invalid_request(f"Content-Type must be application/json or {MIXED}.")
    text, parts = request.read(length), list[Part]()
    if kind == MIXED:
        text, parts = split_mixed(text, (request.content_params or {}).get("boundary", ""))
    try:
        return read_json(text, object_pairs_hook=_without_twins, parse_constant=_no_constant), parts
    except UnreadableJson as error:
        raise invalid_request("The body must be JSON.") from error


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("A key stands twice.")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON.")


def _version(request: HttpRequest) -> str:
    asked = request.headers.get(VERSION_HEADER, "").strip()
    found = next((known for known in VERSIONS if asked == known[:3] or asked.startswith(f"{known[:3]}.")), None)
    if found is None:
        raise invalid_request(f"{VERSION_HEADER} must be {' or '.join(VERSIONS)}.")
    return found


def _accept_basic(request: HttpRequest) -> None:
    """Read a token that comes as the password of Basic: platforms that know no other way ask for a user and a key."""
    scheme, _, value = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
    if scheme.lower() != "basic":
        return
    try:
        _, _, password = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        password = ""  # nosec B105
    request.META["HTTP_AUTHORIZATION"] = f"Bearer {password}"
    request.__dict__.pop("headers", None)


def _refusal(request: HttpRequest, status: int, message: str, headers: dict[str, str]) -> JsonResponse:
    response = Refusal(request, {"message": message, "status": status}, status=status)
    for name, value in headers.items():
        response[name] = value
    if status == 401:
        response["WWW-Authenticate"] = 'Basic realm="orgsync", Bearer'
    return response
