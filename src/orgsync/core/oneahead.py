"""Make the next part while somebody is busy with the last one."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_Part = TypeVar("_Part")
_Made = TypeVar("_Made")


def one_ahead(make: Callable[[_Part], _Made], parts: Iterable[_Part]) -> Iterator[_Made]:
    """Yield what `make` makes of each part, in their order; at most one is made and not yet taken.

    It is made in a thread of its own: worth it where both sides wait or let go of Python's lock. What `make` raises,
    rises here.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="one-ahead") as ahead:
        coming: Future[_Made] | None = None
        for part in parts:
            made, coming = coming, ahead.submit(make, part)
            if made is not None:
                yield made.result()
        if coming is not None:
            yield coming.result()
