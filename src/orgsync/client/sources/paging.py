"""The ways in which a service hands out a long list: page by page, until nothing is left."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Protocol
from urllib.parse import urljoin

from orgsync.client.sources.base import UnusableSource
from orgsync.client.sources.jmes import found, searched
from orgsync.client.sources.options import Options
from orgsync.client.sources.web import Web

MOST_PAGES: Final = 100_000
"""Pages after which a service is taken for one that hands out the same for ever."""


class Paging(Protocol):
    """How to get from one page to the next."""

    def pages(self, web: Web, params: Mapping[str, str]) -> Iterator[Any]:
        """Yield the JSON of each page."""

    def count(self, records: int) -> None:
        """Say how many records the page just yielded had."""


def read_paging(options: Options | None) -> Paging:
    """Return what `[source.paging]` says; without it there is one page."""
    if options is None:
        return OnePage()
    if options.text("kind") in {"page", "offset"}:
        return Counting(options)
    return Following(options)


class OnePage:
    """Everything in one answer."""

    def pages(self, web: Web, params: Mapping[str, str]) -> Iterator[Any]:
        yield web.json(web.address, params=params)[0]

    def count(self, records: int) -> None:
        """One page has no need of it."""


class Following:
    """Each answer says where the next one is: in a Link header, as an address in the body, or as a cursor."""

    def __init__(self, options: Options) -> None:
        self._kind = options.text("kind")
        self._param = options.text("param") or "cursor"
        self._size = _size(options)
        self._next = searched(options.text("next"), options, "next") if self._kind != "link" else None

    def pages(self, web: Web, params: Mapping[str, str]) -> Iterator[Any]:
        address, asked = web.address, {**params, **self._size}
        seen: set[str] = set()
        for _ in range(MOST_PAGES):
            answer, headers = web.json(address, params=asked)
            yield answer
            step = _next_link(headers.get("link", "")) if self._kind == "link" else found(self._next, answer)
            if step is None or step == "":
                return
            if str(step) in seen:
                raise UnusableSource(f"The page after {str(step)[:80]} is the same again; it would never end.")
            seen.add(str(step))
            if self._kind == "cursor":
                asked = {**params, **self._size, self._param: str(step)}
            else:
                # The link has its own query; ours would be added to it once more.
                address, asked = urljoin(address, str(step)), {}
        raise UnusableSource(f"More than {MOST_PAGES:,} pages; it would never end.")

    def count(self, records: int) -> None:
        """The service says itself when it is done."""


class Counting:
    """We count: pages, or records. The end is an empty page, or the total where the service tells it.

    A page with fewer records than asked for is not the end: many services have a limit of their own.
    """

    def __init__(self, options: Options) -> None:
        self._is_offset = options.text("kind") == "offset"
        self._param = options.text("param") or ("offset" if self._is_offset else "page")
        self._at = options.whole("start") if options.has("start") else (0 if self._is_offset else 1)
        self._size = _size(options)
        self._total = searched(options.text("total"), options, "total") if options.has("total") else None
        self._seen = 0
        self._last = 0

    def pages(self, web: Web, params: Mapping[str, str]) -> Iterator[Any]:
        for _ in range(MOST_PAGES):
            answer, _headers = web.json(web.address, params={**params, **self._size, self._param: str(self._at)})
            total = found(self._total, answer)
            self._last = 0
            yield answer
            self._seen += self._last
            if self._last == 0 or (isinstance(total, int) and self._seen >= total):
                self._check_total(total)
                return
            self._at += self._last if self._is_offset else 1
        raise UnusableSource(f"More than {MOST_PAGES:,} pages; it would never end.")

    def count(self, records: int) -> None:
        self._last = records

    def _check_total(self, total: Any) -> None:
        if isinstance(total, int) and self._seen < total:
            raise UnusableSource(f"The service speaks of {total:,} records and handed out {self._seen:,}.")


def _size(options: Options) -> dict[str, str]:
    if not options.has("size"):
        return {}
    return {options.text("size_param"): str(options.whole("size"))}


def _next_link(header: str) -> str | None:
    """Return the address of `rel="next"` in a Link header (RFC 8288)."""
    for address, parameters in re.findall(r"<([^>]*)>([^<]*)", header):
        if re.search(r"""\brel\s*=\s*["']?[^"';]*\bnext\b""", parameters):
            return str(address)
    return None
