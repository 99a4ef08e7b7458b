"""Make the next parts while somebody is busy with the last one."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_Part = TypeVar("_Part")
_Made = TypeVar("_Made")


def made_ahead(make: Callable[[_Part], _Made], parts: Iterable[_Part], *, width: int = 1) -> Iterator[_Made]:
    """Yield what `make` makes of each part, in their order; at most `width` are made and not yet taken.

    They are made in threads of their own: worth it where the work waits or lets go of Python's lock. What `make`
    raises, rises here.
    """
    with ThreadPoolExecutor(max_workers=width, thread_name_prefix="prefetch") as threads:
        coming: deque[Future[_Made]] = deque()
        for part in parts:
            made = coming.popleft() if len(coming) == width else None
            coming.append(threads.submit(make, part))
            if made is not None:
                yield made.result()
        while coming:
            yield coming.popleft().result()
