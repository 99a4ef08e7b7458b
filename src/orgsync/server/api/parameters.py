"""Read what a request asks for: query, headers, JSON. Whatever cannot be read is a 400 that names it."""

import re
from enum import StrEnum
from typing import Any, Final, TypeVar

from django.http import HttpRequest

from orgsync.core.jsontext import UnreadableJson, read_json
from orgsync.core.model import Mode, RowPolicy
from orgsync.server.api.errors import ApiError, invalid_request
from orgsync.server.uploads.terms import Asked

MEDIA_TYPE: Final = "enterprise_csv_upload"
MAX_JSON: Final = 64 * 1024
MAX_ROWS: Final = 2**31 - 1
_SHA256: Final = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)
_KEY: Final = re.compile(r"[!-~]{1,255}", re.ASCII)
Word = TypeVar("Word", bound=StrEnum)


def check_media_type(request: HttpRequest) -> None:
    if request.GET.get("media_type") != MEDIA_TYPE:
        raise invalid_request(f"media_type must be {MEDIA_TYPE}.")


def query_bool(request: HttpRequest, name: str) -> bool | None:
    """Return a true/false parameter of the query, None when it is missing."""
    text = request.GET.get(name)
    if text is None:
        return None
    if text.strip().lower() not in {"true", "false"}:
        raise invalid_request(f"{name} must be true or false.")
    return text.strip().lower() == "true"


def query_number(request: HttpRequest, name: str) -> int | None:
    """Return a whole number of the query, None when it is missing."""
    text = request.GET.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise invalid_request(f"{name} must be a whole number.")
    return int(text)


def asked_terms(request: HttpRequest) -> Asked:
    """Return mode, rows and dry_run of the query."""
    return Asked(
        _query_word(request, "mode", Mode), _query_word(request, "rows", RowPolicy), query_bool(request, "dry_run")
    )


def content_length(request: HttpRequest) -> int:
    """Return the body's announced size; a body sent in chunks without one is a 411."""
    text = request.META.get("CONTENT_LENGTH") or ""
    if not text and request.headers.get("Transfer-Encoding"):
        raise ApiError(411, "LENGTH_REQUIRED", "Content-Length is missing: a body sent in chunks is not accepted.")
    if text and not (text.isascii() and text.isdecimal()):
        raise invalid_request("Content-Length must be a whole number.")
    return int(text or 0)


def expected_sha256(request: HttpRequest) -> bytes | None:
    text = request.headers.get("X-Content-SHA256", "").strip()
    if not text:
        return None
    if not _SHA256.fullmatch(text):
        raise invalid_request("X-Content-SHA256 must be 64 hexadecimal digits.")
    return bytes.fromhex(text)


def expected_rows(request: HttpRequest) -> int | None:
    text = request.headers.get("X-Row-Count", "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= MAX_ROWS):
        raise invalid_request("X-Row-Count must be a whole number.")
    return int(text)


def idempotency_key(request: HttpRequest) -> str | None:
    text = request.headers.get("Idempotency-Key")
    if text is None:
        return None
    if not _KEY.fullmatch(text.strip()):
        raise invalid_request("Idempotency-Key must be 1 to 255 visible ASCII characters.")
    return text.strip()


def json_object(request: HttpRequest) -> dict[str, Any]:
    """Return the body as a JSON object, whatever its Content-Type says; at most 64 KiB."""
    length = content_length(request)
    if length > MAX_JSON:
        raise ApiError(413, "TOO_LARGE", f"The body is larger than the limit of {MAX_JSON:,} bytes.")
    try:
        found = read_json(request.read(length))
    except UnreadableJson as error:
        raise invalid_request("The body must be a JSON object.") from error
    if not isinstance(found, dict):
        raise invalid_request("The body must be a JSON object.")
    return found


def text_field(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise invalid_request(f"{name} must be given, as text.")
    return value


def flag_field(body: dict[str, Any], name: str) -> bool:
    """Return a true/false field; false when it is missing."""
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise invalid_request(f"{name} must be true or false.")
    return value


def number_field(body: dict[str, Any], name: str) -> int:
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise invalid_request(f"{name} must be given, as a whole number.")
    return value


def _query_word(request: HttpRequest, name: str, words: type[Word]) -> Word | None:
    text = request.GET.get(name)
    if text is None:
        return None
    try:
        return words(text.strip())
    except ValueError as error:
        raise invalid_request(f"{name} must be one of {', '.join(words)}.") from error
