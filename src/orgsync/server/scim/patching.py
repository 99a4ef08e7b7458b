"""Apply PATCH operations to a resource as JSON, as identity providers really send them.

Operations in any case ("Add", "Replace"), dotted names and addresses of extensions as keys of a value without a path,
a removal of members by a list of values, an addition to an e-mail that is not there yet.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from scim2_filter_parser import ast

from orgsync.server.scim.errors import ScimError, invalid_path, invalid_syntax, mutability
from orgsync.server.scim.filters import matches, parse, wanted_by
from orgsync.server.scim.names import EXTENSIONS, GROUP, USER

MOST_OPERATIONS: Final = 1_000
_PATH: Final = re.compile(
    r"(?P<name>[A-Za-z$][\w$-]*)(?:\[(?P<filter>.+)\])?(?:\.(?P<sub>[A-Za-z$][\w$-]*))?", re.DOTALL
)
_READ_ONLY: Final = frozenset({"id", "meta", "groups", "schemas"})
_SPELLED: Final = {
    name.lower(): name
    for name in (
        *("userName", "externalId", "displayName", "active", "emails", "name", "givenName", "familyName", "title"),
        *("userType", "phoneNumbers", "addresses", "country", "roles", "members", "manager", "value", "type"),
        *("primary", "employeeNumber", "department", "costCenter", "organization", "division"),
        *("jobFunction", "jobLevel", "profileDescription", "id", "meta", "groups", "schemas"),
    )
}
"""Names in the spelling of the standard: they are compared without regard to case."""
_SEVERAL: Final = frozenset({"emails", "phoneNumbers", "addresses", "roles", "members"})


@dataclass(frozen=True, slots=True)
class _Target:
    """Where an operation aims: in which object, at which attribute, at which of its values, at what of them."""

    holder: str
    """Address of an extension; empty for the resource itself."""
    name: str
    which: ast.AST | None = None
    sub: str = ""


def apply_operations(resource: dict[str, Any], body: Mapping[str, Any]) -> None:
    """Change the resource as the body of a PATCH says; raise ScimError for what cannot be done.

    What stands in it (a group may have a hundred thousand members) is replaced, never changed: it may be another's too.
    """
    operations = next((value for key, value in body.items() if key.lower() == "operations"), None)
    if not isinstance(operations, list) or not operations:
        raise invalid_syntax("Operations must be given, as a list.")
    if len(operations) > MOST_OPERATIONS:
        raise ScimError(413, f"A request has at most {MOST_OPERATIONS:,} operations.")
    for operation in operations:
        if not isinstance(operation, Mapping):
            raise invalid_syntax("Every operation must be an object.")
        said = {key.lower(): value for key, value in operation.items()}
        _apply(resource, str(said.get("op", "")).lower(), said.get("path"), said.get("value"))


def _apply(resource: dict[str, Any], op: str, path: Any, value: Any) -> None:
    if op not in {"add", "replace", "remove"}:
        raise invalid_syntax("op must be add, replace or remove.")
    if path is None or path == "":
        if op == "remove":
            raise ScimError(400, "remove needs a path.", "noTarget")
        if not isinstance(value, Mapping):
            raise invalid_syntax("Without a path, value must be an object.")
        for key, inner in value.items():
            _apply_key(resource, op, key, inner)
        return
    if not isinstance(path, str):
        raise invalid_path("path must be a text.")
    _at(resource, op, _target(path), value)


def _apply_key(resource: dict[str, Any], op: str, key: str, value: Any) -> None:
    """Apply one key of a value without a path; it may be a path itself, or an extension with attributes of its own."""
    extension = next((known for known in (*EXTENSIONS, USER, GROUP) if known.lower() == key.lower()), None)
    if extension is not None and isinstance(value, Mapping):
        for inner, said in value.items():
            _at(resource, op, _target(f"{extension}:{inner}"), said)
        return
    target = _target(key)
    # A resource that is sent back whole names its id.
    if target.name in _READ_ONLY and not target.holder:
        return
    if isinstance(value, Mapping) and target.name not in _SEVERAL and target.name != "manager" and not target.sub:
        for inner, said in value.items():
            _at(resource, op, _target(f"{key}.{inner}"), said)
        return
    _at(resource, op, target, value)


def _target(path: str) -> _Target:
    holder, rest = "", path.strip()
    for known in (*EXTENSIONS, USER, GROUP):
        if rest.lower() == known.lower():
            return _Target(known, "")
        if rest.lower().startswith(f"{known.lower()}:"):
            holder, rest = known if known in EXTENSIONS else "", rest[len(known) + 1 :]
            break
    found = _PATH.fullmatch(rest)
    if found is None:
        raise invalid_path(f"This is no path: {path}")
    which = None if found["filter"] is None else parse(found["filter"])
    return _Target(holder, _spelled(found["name"]), which, _spelled(found["sub"] or ""))


def _spelled(name: str) -> str:
    return _SPELLED.get(name.lower(), name)


def _at(resource: dict[str, Any], op: str, target: _Target, value: Any) -> None:
    if target.name in _READ_ONLY and not target.holder:
        raise mutability(f"{target.name} cannot be changed.")
    if not target.name:
        _whole_extension(resource, op, target.holder, value)
        return
    holder = resource
    if target.holder:
        holder = resource[target.holder] = dict(resource.get(target.holder) or {})
    if target.which is not None:
        _among(holder, op, target, value)
    elif target.sub:
        _inside(holder, op, target, value)
    elif op == "remove":
        _remove(holder, target.name, value)
    elif target.name in _SEVERAL:
        _several(holder, op, target.name, value)
    else:
        holder[target.name] = value


def _whole_extension(resource: dict[str, Any], op: str, holder: str, value: Any) -> None:
    if op == "remove":
        resource.pop(holder, None)
        return
    if not isinstance(value, Mapping):
        raise invalid_syntax(f"The value of {holder} must be an object.")
    if op == "replace":
        resource.pop(holder, None)
    for name, said in value.items():
        _at(resource, op, _target(f"{holder}:{name}"), said)


def _remove(holder: dict[str, Any], name: str, value: Any) -> None:
    """Remove an attribute, or of one with several values those that are listed (as Entra ID removes members)."""
    if name in _SEVERAL and isinstance(value, list | Mapping):
        gone = {str(item.get("value")) for item in _items(name, value)}
        holder[name] = [item for item in holder.get(name) or [] if str(item.get("value")) not in gone]
        return
    holder.pop(name, None)


def _several(holder: dict[str, Any], op: str, name: str, value: Any) -> None:
    items = [{_spelled(key): said for key, said in item.items()} for item in _items(name, value)]
    if op == "replace":
        holder[name] = items
        return
    current = list(holder.get(name) or [])
    if name == "members":
        known = {str(item.get("value")) for item in current}
        holder[name] = current + [item for item in items if str(item.get("value")) not in known]
        return
    # A person has one value of each type.
    types = {str(item.get("type") or "").lower() for item in items}
    kept = [item for item in current if name == "roles" or str(item.get("type") or "").lower() not in types]
    holder[name] = kept + [item for item in items if item not in kept]


def _items(name: str, value: Any) -> list[Mapping[str, Any]]:
    listed = [] if value is None else value if isinstance(value, list) else [value]
    items = [{"value": item} if isinstance(item, str) else item for item in listed]
    if not all(isinstance(item, Mapping) for item in items):
        raise invalid_syntax(f"The value of {name} must be a list of objects.")
    return items


def _inside(holder: dict[str, Any], op: str, target: _Target, value: Any) -> None:
    """Change a part of an attribute: `name.givenName`."""
    found = holder.get(target.name)
    if target.name in _SEVERAL:
        items = [dict(item) for item in found or ([{}] if op != "remove" else [])]
        for item in items:
            _set(item, op, target.sub, value)
        holder[target.name] = items
        return
    inner = dict(found) if isinstance(found, Mapping) else {}
    _set(inner, op, target.sub, value)
    holder[target.name] = inner


def _set(item: dict[str, Any], op: str, name: str, value: Any) -> None:
    if op == "remove":
        item.pop(name, None)
    else:
        item[name] = value


def _among(holder: dict[str, Any], op: str, target: _Target, value: Any) -> None:
    """Change those values of an attribute that a filter finds; add one where it finds none."""
    assert target.which is not None  # nosec B101 - said by the caller
    if target.name not in _SEVERAL:
        raise invalid_path(f"{target.name} has one value; there is nothing to filter.")
    items = [dict(item) for item in holder.get(target.name) or []]
    found = [item for item in items if matches(target.which, item)]
    if op == "remove":
        if target.sub:
            for item in found:
                item.pop(target.sub, None)
        else:
            items = [item for item in items if item not in found]
        holder[target.name] = items
        return
    if not found:
        wanted = wanted_by(target.which)
        if not wanted:
            raise ScimError(400, f"No value of {target.name} fits the filter.", "noTarget")
        found = [{_spelled(name): said for name, said in wanted.items()}]
        items += found
    for item in found:
        if target.sub:
            item[target.sub] = value
        elif isinstance(value, Mapping):
            item.update({_spelled(name): said for name, said in value.items()})
        else:
            item["value"] = value
    holder[target.name] = items
