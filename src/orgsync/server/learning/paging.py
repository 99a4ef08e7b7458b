"""A page of a list that is read from a place on, forward or back, with one row more than is shown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Cut(Generic[Row]):
    """The rows of a page in the order of the list; `after` and `before` are where the neighbouring pages start."""

    rows: Sequence[Row]
    after: int | None
    before: int | None


def cut(found: Sequence[Row], size: int, place: Callable[[Row], int], *, is_back: bool, is_first: bool) -> Cut[Row]:
    """
    Return the page that was read: `found` has up to `size` rows and one more where the list goes on.

    `is_back`: they were read backward from a place; `is_first`: from no place. `place` gives a row's own.
    """
    rows = found[:size][::-1] if is_back else found[:size]
    has_more = len(found) > size
    has_next, has_previous = (True, has_more) if is_back else (has_more, not is_first)
    return Cut(
        rows,
        after=place(rows[-1]) if rows and has_next else None,
        before=place(rows[0]) if rows and has_previous else None,
    )
