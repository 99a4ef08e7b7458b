"""What a request asks for: which page, in which order, which attributes; and its body."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest

from orgsync.core.jsontext import UnreadableJson, read_json
from orgsync.server.api.parameters import content_length
from orgsync.server.scim.errors import ScimError, invalid_syntax, invalid_value
from orgsync.server.scim.names import EXTENSIONS, without_core

LISTED: Final = 100
MOST_LISTED: Final = 200
MOST_BYTES: Final = 1_048_576
_ALWAYS: Final = frozenset({"schemas", "id", "meta"})
_MOST: Final = 2**31


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list, or a resource, is asked for with; names of attributes in lower case."""

    filter: str = ""
    sort_by: str = ""
    is_descending: bool = False
    start: int = 1
    count: int = LISTED
    attributes: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()

    def wants(self, attribute: str) -> bool:
        """Say whether an attribute, in lower case, is to be shown at all."""
        if self.attributes:
            return any(name == attribute or name.startswith(f"{attribute}.") for name in self.attributes)
        return attribute not in self.excluded


def asked_by_query(request: HttpRequest) -> Asked:
    """Return what the query asks for; raise ScimError for what cannot be read."""
    return asked_by({name.lower(): value for name, value in request.GET.items()})


def asked_by_body(body: Mapping[str, Any]) -> Asked:
    """Return what the body of a search asks for, which has the same names."""
    return asked_by({name.lower(): value for name, value in body.items()})


def asked_by(said: Mapping[str, Any]) -> Asked:
    if said.get("attributes") and said.get("excludedattributes"):
        raise invalid_value("attributes and excludedAttributes: choose one.")
    order = str(said.get("sortorder") or "ascending").lower()
    if order not in {"ascending", "descending"}:
        raise invalid_value("sortOrder must be ascending or descending.")
    return Asked(
        filter=_text(said, "filter"),
        sort_by=without_core(_text(said, "sortby").lower()),
        is_descending=order == "descending",
        start=max(1, _number(said, "startindex", 1)),
        count=min(MOST_LISTED, max(0, _number(said, "count", LISTED))),
        attributes=_names(said.get("attributes")),
        excluded=_names(said.get("excludedattributes")),
    )


def only_asked(resource: Mapping[str, Any], asked: Asked) -> dict[str, Any]:
    """Return the resource with the attributes that are asked for; `schemas`, `id` and `meta` are always there."""
    if not (asked.attributes or asked.excluded):
        return dict(resource)
    shown = {name: value for name, value in resource.items() if name in _ALWAYS}
    for name, value in resource.items():
        if name in _ALWAYS:
            continue
        kept = _kept(name, value, asked)
        if kept not in (None, {}, []):
            shown[name] = kept
    return shown


def _kept(name: str, value: Any, asked: Asked) -> Any:
    glue = ":" if name in EXTENSIONS else "."
    path = name.lower()
    if asked.attributes:
        if path in asked.attributes:
            return value
        inner = {one[len(path) + 1 :].split(".")[0] for one in asked.attributes if one.startswith(path + glue)}
        return _inside(value, lambda key: key in inner) if inner else None
    if path in asked.excluded:
        return None
    inner = {one[len(path) + 1 :] for one in asked.excluded if one.startswith(path + glue)}
    return _inside(value, lambda key: key not in inner) if inner else value


def _inside(value: Any, keeps: Any) -> Any:
    if isinstance(value, list):
        return [_inside(item, keeps) for item in value]
    if isinstance(value, Mapping):
        return {key: inner for key, inner in value.items() if keeps(key.lower())}
    return value


def read_body(request: HttpRequest) -> dict[str, Any]:
    """Return the body as a JSON object, whatever its Content-Type says."""
    length = content_length(request)
    if length > MOST_BYTES:
        raise ScimError(413, f"The body is larger than the limit of {MOST_BYTES:,} bytes.", "tooLarge")
    try:
        found = read_json(request.read(length))
    except UnreadableJson as error:
        raise invalid_syntax(f"The body must be a JSON object. {error}") from error
    if not isinstance(found, dict):
        raise invalid_syntax("The body must be a JSON object.")
    return found


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name) or ""
    if not isinstance(value, str):
        raise invalid_value(f"{name} must be a text.")
    return value.strip()


def _number(said: Mapping[str, Any], name: str, default: int) -> int:
    value = said.get(name)
    if value is None or value == "":
        return default
    try:
        found = int(value)
    except (TypeError, ValueError) as error:
        raise invalid_value(f"{name} must be a whole number.") from error
    return max(-_MOST, min(_MOST, found))


def _names(value: Any) -> frozenset[str]:
    listed = value if isinstance(value, list) else str(value or "").split(",")
    return frozenset(without_core(str(name).strip().lower()) for name in listed) - {""}
