"""multipart/mixed, in which statements come and go with the bytes of their attachments."""

import json
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpResponse

from orgsync.server.api.errors import invalid_request

MIXED: Final = "multipart/mixed"
HASH: Final = "X-Experience-API-Hash"
_BOUNDARY: Final = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{1,70}", re.ASCII)
_SHA2: Final = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Part:
    """One attachment."""

    sha2: str
    content_type: str
    content: bytes


def split_mixed(body: bytes, boundary: str) -> tuple[bytes, list[Part]]:
    """Return the JSON of the first part, and the attachments that follow; raise ApiError for what is not so."""
    if not _BOUNDARY.fullmatch(boundary):
        raise invalid_request("Content-Type must name the boundary.")
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary.encode())
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):
        raise invalid_request("The body must consist of parts, each begun and the last one ended by the boundary.")
    first, *others = [_headed(piece) for piece in pieces[1:-1]]
    if _type_of(first[0]) != "application/json":
        raise invalid_request("The first part must be the statements, as application/json.")
    return first[1], [_attachment(headers, content) for headers, content in others]


def mixed_answer(shown: Any, parts: Iterable[Part], headers: dict[str, str]) -> HttpResponse:
    """Answer JSON with attachments behind it."""
    boundary = secrets.token_hex(16)
    pieces = [b"Content-Type: application/json\r\n\r\n" + json.dumps(shown).encode()]
    pieces += [_written(part) for part in parts]
    body = b"".join(b"--" + boundary.encode() + b"\r\n" + piece + b"\r\n" for piece in pieces)
    body += b"--" + boundary.encode() + b"--\r\n"
    return HttpResponse(body, content_type=f"{MIXED}; boundary={boundary}", headers=headers)


def _headed(piece: bytes) -> tuple[dict[str, str], bytes]:
    head, gap, content = piece.partition(b"\r\n\r\n")
    if not gap or head[:2] != b"\r\n":
        raise invalid_request("A part must have headers, an empty line, and what it holds.")
    lines = [line.partition(":") for line in head[2:].decode("latin-1").split("\r\n")]
    return {name.strip().lower(): value.strip() for name, _, value in lines}, content


def _type_of(headers: dict[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _attachment(headers: dict[str, str], content: bytes) -> Part:
    sha2 = headers.get(HASH.lower(), "")
    if not _SHA2.fullmatch(sha2):
        raise invalid_request(f"An attachment needs {HASH}, its SHA-256.")
    if headers.get("content-transfer-encoding", "").lower() != "binary":
        raise invalid_request("An attachment must come with Content-Transfer-Encoding: binary.")
    return Part(sha2.lower(), headers.get("content-type", "application/octet-stream"), content)


def _written(part: Part) -> bytes:
    kind = re.sub(r"[\r\n]", "", part.content_type)
    head = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: binary\r\n{HASH}: {part.sha2}\r\n\r\n"
    return head.encode("latin-1", "replace") + part.content
