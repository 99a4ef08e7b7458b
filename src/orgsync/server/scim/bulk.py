"""Several writes in one request, one after the other; a later one may name what an earlier one makes."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from orgsync.server.api.authentication import ApiRequest
from orgsync.server.api.errors import ApiError
from orgsync.server.directory.revision import DirectoryBusy
from orgsync.server.scim.acting import RESOURCES, Answered, act
from orgsync.server.scim.errors import ScimError, as_scim, invalid_path, invalid_syntax, invalid_value
from orgsync.server.scim.names import BULK_RESPONSE

MOST_BULK: Final = 100
_PATH: Final = re.compile(r"(?:/scim/v2)?/(?P<kind>Users|Groups)(?:/(?P<id>[^/]+))?")
_REFERENCE: Final = re.compile(r"bulkId:(?P<id>[\w.:-]{1,200})")
_METHODS: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def carry_out_bulk(request: ApiRequest, body: Mapping[str, Any]) -> dict[str, Any]:
    """Do what is asked, in order, until as many as failOnErrors have failed; return what became of each."""
    operations = next((value for key, value in body.items() if key.lower() == "operations"), None)
    if not isinstance(operations, list) or not all(isinstance(one, Mapping) for one in operations):
        raise invalid_syntax("Operations must be given, as a list of objects.")
    if len(operations) > MOST_BULK:
        raise ScimError(413, f"A request has at most {MOST_BULK:,} operations.", "tooMany")
    limit = body.get("failOnErrors")
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
        raise invalid_value("failOnErrors must be a whole number from 1.")
    made: dict[str, str] = {}
    told: list[dict[str, Any]] = []
    failures = 0
    for operation in operations:
        answered = _attempt(request, operation, made)
        told.append(_told(operation, answered))
        failures += answered.status >= 400
        if limit is not None and failures >= limit:
            break
    return {"schemas": [BULK_RESPONSE], "Operations": told}


def _attempt(request: ApiRequest, operation: Mapping[str, Any], made: dict[str, str]) -> Answered:
    try:
        return _one(request, operation, made)
    except ScimError as error:
        return Answered(error.status, error.body())
    except (ApiError, DirectoryBusy) as error:
        refusal = as_scim(error)
        return Answered(refusal.status, refusal.body())


def _one(request: ApiRequest, operation: Mapping[str, Any], made: dict[str, str]) -> Answered:
    method = str(operation.get("method", "")).upper()
    found = _PATH.fullmatch(_resolved(str(operation.get("path", "")), made))
    if found is None or found["kind"] not in RESOURCES:
        raise invalid_path("path must be /Users or /Groups, or one of them.")
    if method not in _METHODS or (method == "POST") == bool(found["id"]):
        raise invalid_syntax("method must be POST for /Users and /Groups, and PUT, PATCH or DELETE for one of them.")
    data = operation.get("data") or {}
    if isinstance(data, str):
        # RFC 7644 shows data as an object; some clients send it as a text.
        data = _parsed(data)
    if not isinstance(data, Mapping):
        raise invalid_syntax("data must be an object.")
    body = json.loads(_resolved(json.dumps(data), made))
    answered = act(
        request, method, found["kind"], found["id"] or "", body, if_match=str(operation.get("version") or "")
    )
    if method == "POST" and operation.get("bulkId") and answered.body:
        made[str(operation["bulkId"])] = str(answered.body["id"])
    return answered


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise invalid_syntax("data must be an object.") from error


def _resolved(text: str, made: Mapping[str, str]) -> str:
    """Return the text with the ids of what earlier operations made; raise ScimError for one that made nothing."""

    def known(reference: re.Match[str]) -> str:
        if reference["id"] not in made:
            raise ScimError(409, f"No operation before this one made bulkId:{reference['id']}.")
        return made[reference["id"]]

    return _REFERENCE.sub(known, text)


def _told(operation: Mapping[str, Any], answered: Answered) -> dict[str, Any]:
    told = {"method": operation.get("method"), "status": str(answered.status)}
    told |= {"bulkId": operation["bulkId"]} if operation.get("bulkId") else {}
    told |= {"location": answered.headers["Location"]} if "Location" in answered.headers else {}
    told |= {"version": answered.headers["ETag"]} if "ETag" in answered.headers else {}
    return told | ({"response": answered.body} if answered.status >= 400 else {})
