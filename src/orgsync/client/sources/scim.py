"""SCIM 2.0 (RFC 7644): the users of an identity provider or an HR system."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any, BinaryIO, Final

from orgsync.client.sources.base import Pulled, UnusableSource
from orgsync.client.sources.celltext import flattened
from orgsync.client.sources.csvout import write_records
from orgsync.client.sources.options import Options
from orgsync.client.sources.rest import Fields, records_in
from orgsync.client.sources.web import Web

ENTERPRISE: Final = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ACCEPT: Final = "application/scim+json, application/json"
_LISTS: Final = ("emails", "phoneNumbers", "addresses", "ims", "photos", "entitlements", "roles", "groups")
_LEFT_OUT: Final = frozenset({"schemas", "meta"})


def open_scim(options: Options) -> "Scim":
    return Scim(options)


class Scim:
    """All users of a service, page by page."""

    def __init__(self, options: Options) -> None:
        self._web = Web(options, f"{options.text('address').rstrip('/')}/Users")
        self._size = options.whole("size")
        self._filter = options.text("filter")
        self._fields = Fields(options)

    def pull(self, target: BinaryIO) -> Pulled:
        with closing(self._web):
            rows, columns = write_records(target, map(self._row, self._users()), first=self._fields.names)
        return Pulled(rows, columns, self._web.origin)

    def _row(self, user: Mapping[str, Any]) -> dict[str, Any]:
        return self._fields.of(user) if self._fields.names else user_row(user)

    def _users(self) -> Iterator[Mapping[str, Any]]:
        """Yield users until the total is reached; fewer of them are an error, not an end."""
        seen = 0
        while True:
            params = {"startIndex": str(seen + 1), "count": str(self._size)}
            if self._filter:
                params["filter"] = self._filter
            answer, _ = self._web.json(self._web.address, params=params, accept=ACCEPT)
            total = answer.get("totalResults") if isinstance(answer, Mapping) else None
            if not isinstance(total, int):
                raise UnusableSource(f"{self._web.origin} is no SCIM list: it has no totalResults.")
            # RFC 7644 leaves Resources out where there are none.
            users = records_in(answer.get("Resources", []), answer, "Resources")
            yield from users
            seen += len(users)
            if seen >= total:
                return
            if not users:
                raise UnusableSource(f"The service speaks of {total:,} users and handed out {seen:,}.")


def user_row(user: Mapping[str, Any]) -> dict[str, Any]:
    """Return a user as one row.

    `emails` and its like become one column for each type (`emails.work`) and one for the primary entry
    (`emails.primary`); attributes of the enterprise extension stand by their own names (`department`,
    `manager.value`), those of other extensions behind their address.
    """
    row: dict[str, Any] = {}
    for name, value in user.items():
        if name in _LEFT_OUT:
            continue
        if name == ENTERPRISE and isinstance(value, Mapping):
            row |= flattened(value)
        elif name in _LISTS and isinstance(value, list):
            row |= _typed(name, value)
        elif isinstance(value, Mapping):
            row |= flattened({name: value})
        else:
            row[name] = value
    return row


def _typed(name: str, entries: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for entry in entries:
        if not isinstance(entry, Mapping):
            continue
        value = (
            entry["value"] if "value" in entry else {key: entry[key] for key in entry if key not in {"type", "primary"}}
        )
        if entry.get("primary") is True:
            found[f"{name}.primary"] = value
        kind = f"{name}.{entry.get('type') or 'other'}"
        # A second address of the same type goes into a column of its own.
        while kind in found:
            kind += "+"
        found[kind] = value
    return found
