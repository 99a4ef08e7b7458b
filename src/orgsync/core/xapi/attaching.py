"""Attachments: whether the bytes that came are those that the statements tell of, and whether a signature is one."""

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from orgsync.core.jsontext import read_json
from orgsync.core.xapi.shapes import StatementRefused

SIGNATURE: Final = "http://adlnet.gov/expapi/attachments/signature"
_ALGORITHMS: Final = frozenset({"RS256", "RS384", "RS512"})
_SIGNED: Final = ("actor", "verb", "object")


def attached_to(statement: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a checked statement, and the statement inside it, tell of attachments."""
    thing = statement["object"]
    inner = thing.get("attachments", ()) if thing.get("objectType") == "SubStatement" else ()
    return [*statement.get("attachments", ()), *inner]


def check_attachments(statements: Sequence[dict[str, Any]], found: Mapping[str, bytes]) -> None:
    """
    Raise StatementRefused unless `found`, bytes by the hash that came with them, is what checked statements tell of.

    Each comes with its bytes or says where they are, and nothing else comes.
    """
    told = list(_told(statements))
    for sha2, content in found.items():
        if hashlib.sha256(content).hexdigest() != sha2:
            raise StatementRefused("X-Experience-API-Hash", "is not the SHA-256 of the part.")
    if found.keys() - {one["sha2"].lower() for _, one in told}:
        raise StatementRefused("body", "has a part that no statement tells of.")
    for place, one in told:
        if one["sha2"].lower() not in found and "fileUrl" not in one:
            raise StatementRefused(place, "came without its bytes, and without a fileUrl.")
    for statement in statements:
        for one in statement.get("attachments", ()):
            if one["usageType"] == SIGNATURE:
                _check_signature(statement, one, found.get(one["sha2"].lower()))


def _told(statements: Sequence[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, statement in enumerate(statements):
        for place, one in enumerate(attached_to(statement)):
            yield f"statements[{number}].attachments[{place}]", one


def _check_signature(statement: dict[str, Any], one: dict[str, Any], content: bytes | None) -> None:
    """Check that it is a signature of this statement in its form; whose key it is, is for the reader to find out."""
    if one["contentType"] != "application/octet-stream" or content is None:
        raise StatementRefused("signature", "must come as application/octet-stream.")
    parts = content.split(b".")
    if len(parts) != 3 or not parts[2]:
        raise StatementRefused("signature", "must be a JSON Web Signature.")
    header, payload = (_json_of(part) for part in parts[:2])
    if header.get("alg") not in _ALGORITHMS:
        raise StatementRefused("signature", f"must be made by {', '.join(sorted(_ALGORITHMS))}.")
    if any(payload.get(name) != statement[name] for name in _SIGNED):
        raise StatementRefused("signature", "must be of this very statement.")


def _json_of(part: bytes) -> dict[str, Any]:
    try:
        found = read_json(base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4)))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise StatementRefused("signature", "must hold JSON objects.")
    return found
