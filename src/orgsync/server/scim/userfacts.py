"""From a user as JSON to what it says of a person, as one text for each column."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from orgsync.core.columns import PERMISSION_NAMES
from orgsync.server.scim.errors import invalid_value
from orgsync.server.scim.names import COUNTRY, EMAIL, ENTERPRISE, MANAGER, PHONES, PLAIN, STATUS, USER_NAME

Facts = dict[str, str | None]
"""Column (or `MANAGER`) → text; None empties. What is not said is not there."""
_FLAGS: Final = {"true": True, "false": False}
_ITEMS: Final = 100


def facts_of(user: Mapping[str, Any], *, with_permissions: bool = False) -> Facts:
    """Return what the user says; raise ScimError for a value of another kind than the attribute has.

    What we do not know is passed over: providers send what their forms have.
    """
    found = {
        column: text_of(value, path[-1]) for path, column in PLAIN.items() if (value := _at(user, path)) is not _NO
    }
    if "active" in user:
        found[STATUS] = "active" if flag_of(user["active"]) else "inactive"
    found |= _address(user)
    found |= _phones(user)
    found |= _country(user)
    found |= _manager(user)
    if with_permissions and "roles" in user:
        found |= _permissions(user["roles"])
    return found


def flag_of(value: Any) -> bool:
    """Return a boolean; Entra ID sends "True" and "False"."""
    known = value if isinstance(value, bool) else _FLAGS.get(str(value).strip().lower())
    if known is None:
        raise invalid_value("active must be true or false.")
    return known


def text_of(value: Any, name: str) -> str | None:
    """Return a text without blanks around it; None for an empty one. Numbers are taken as they are written."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise invalid_value(f"{name} must be a text.")
    return str(value).strip() or None


class _Nothing:
    """What stands for an attribute that is not there; null empties."""


_NO: Final = _Nothing()


def _at(user: Mapping[str, Any], path: Sequence[str]) -> Any:
    found: Any = user
    for name in path:
        if found is None and len(path) > 1:
            return None
        if not isinstance(found, Mapping):
            raise invalid_value(f"{path[0]} must be an object.")
        if name not in found:
            return _NO
        found = found[name]
    return found


def items_of(user: Mapping[str, Any], name: str) -> list[Mapping[str, Any]] | None:
    """Return the values of an attribute with several; None when it is not there. A bare text is a value."""
    if name not in user:
        return None
    found = user[name]
    listed = [] if found is None else found if isinstance(found, list) else [found]
    if len(listed) > _ITEMS:
        raise invalid_value(f"{name} has more than {_ITEMS} values.")
    items = [{"value": item} if isinstance(item, str) else item for item in listed]
    if not all(isinstance(item, Mapping) for item in items):
        raise invalid_value(f"{name} must be a list of objects.")
    return items


def _type(item: Mapping[str, Any]) -> str:
    return str(item.get("type") or "").lower()


def _chosen(items: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the value that stands for all: of type work, else the primary one, else the first."""
    by_type = [item for item in items if _type(item) == "work"]
    primary = [item for item in items if item.get("primary") is True or str(item.get("primary")).lower() == "true"]
    return next(iter([*by_type, *primary, *items]), None)


def _address(user: Mapping[str, Any]) -> Facts:
    items = items_of(user, "emails")
    chosen = _chosen(items or [])
    address = None if chosen is None else text_of(chosen.get("value"), "emails.value")
    # Nobody is without an address: an empty list says nothing.
    return {} if address is None else {EMAIL: address}


def _phones(user: Mapping[str, Any]) -> Facts:
    items = items_of(user, "phoneNumbers")
    if items is None:
        return {}
    found: Facts = dict.fromkeys(PHONES.values())
    for item in reversed(items):
        column = PHONES.get(_type(item) or "work")
        if column:
            found[column] = text_of(item.get("value"), "phoneNumbers.value")
    return found


def _country(user: Mapping[str, Any]) -> Facts:
    items = items_of(user, "addresses")
    if items is None:
        return {}
    chosen = _chosen(items) or {}
    return {COUNTRY: text_of(chosen.get("country"), "addresses.country")}


def _manager(user: Mapping[str, Any]) -> Facts:
    extension = user.get(ENTERPRISE)
    if not isinstance(extension, Mapping) or "manager" not in extension:
        return {}
    said = extension["manager"]
    if isinstance(said, list):
        said = said[0] if said else None
    # Some providers send the bare id.
    return {MANAGER: text_of(said.get("value") if isinstance(said, Mapping) else said, "manager")}


def _permissions(said: Any) -> Facts:
    items = items_of({"roles": said}, "roles") or []
    names = {str(item.get("value", "")) for item in items}
    unknown = sorted(names - set(PERMISSION_NAMES))
    if unknown:
        raise invalid_value(f"roles: there is no permission {unknown[0]}.")
    return {name: "yes" if name in names else "no" for name in PERMISSION_NAMES}


def with_address(said: Facts, before: Mapping[str, str | None]) -> Facts:
    """Return what is said with address and userName settled; `before` is how the person stands (empty: new).

    Where the userName is the address, the one follows the other. Raises ScimError for somebody without an address.
    """
    name = said.get(USER_NAME) or before.get(USER_NAME)
    if name is None:
        raise invalid_value("userName must be given.")
    address = said.get(EMAIL) or before.get(EMAIL)
    stays = address is not None and _same(address, before.get(EMAIL))
    was_one = _same(before.get(USER_NAME), before.get(EMAIL))
    if (address is None or (stays and was_one)) and "@" in name:
        address = name
    if address is None:
        raise invalid_value("emails must hold an address, unless userName is one.")
    return said | {USER_NAME: name, EMAIL: address}


def _same(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one.casefold() == other.casefold()
