"""Media URNs: `urn:li:media:` and the public id. Nowhere else are they written or read."""

import re
from typing import Final

from orgsync.server.api.errors import invalid_request

_URN: Final = re.compile(r"urn:li:media:([A-Za-z0-9-]{1,100})", re.ASCII)


def media_urn(public_id: str) -> str:
    return f"urn:li:media:{public_id}"


def public_id_of(text: str, *, field: str) -> str:
    """
    Return the public id that a URN names; blanks anywhere in it are dropped, as documents print some.

    Raises an ApiError (400) that names the field when the text is no media URN.
    """
    found = _URN.fullmatch("".join(text.split()))
    if found is None:
        raise invalid_request(f"{field} must look like urn:li:media:<HASH>.")
    return found[1]
