"""Every address of the server, from the resolver itself: nothing that can be called can be forgotten."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern

_PARAMETER: Final = re.compile(r"<(?:(\w+):)?(\w+)>")
_MADE_UP: Final = {"int": "999999999", "uuid": "00000000-0000-4000-8000-000000000000"}
_RESET_LINK: Final = "password/reset/key/1-made-up/"
"""For the one address that is a regular expression."""


@dataclass(frozen=True, slots=True)
class Place:
    """One address: its route as it is written, and the name of its view with its namespace."""

    route: str
    name: str

    @property
    def parameters(self) -> frozenset[str]:
        return frozenset(name for _, name in _PARAMETER.findall(self.route))

    def path(self, ids: Mapping[str, Any] | None = None) -> str:
        """Return the path with these ids, and made-up values for all others."""
        given = ids or {}
        return _PARAMETER.sub(lambda found: str(given.get(found[2], _MADE_UP.get(found[1], "made-up"))), self.route)


def every_place() -> list[Place]:
    """Return all addresses, each once."""
    return list({place.route: place for place in _below(get_resolver().url_patterns, "/", "")}.values())


def _below(patterns: list[URLPattern | URLResolver], route: str, space: str) -> Iterator[Place]:
    for one in patterns:
        here = _RESET_LINK if isinstance(one.pattern, RegexPattern) and str(one.pattern) else str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _below(one.url_patterns, route + here, f"{one.namespace}:" if one.namespace else space)
        else:
            yield Place(route + here, f"{space}{one.name or ''}")
