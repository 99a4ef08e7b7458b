"""Pages of lists: items and a cursor that names the last one shown, so that nothing is shown twice or left out."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any, Final, Generic, TypeVar

from ninja import Schema
from pydantic import Field

from orgsync.server.api.errors import ApiError
from orgsync.server.api_v1.refusals import impossible
from orgsync.server.api_v1.shapes import MOST, Shape

Item = TypeVar("Item")
LONGEST: Final = 500
USUAL: Final = 100


CURSOR: Any = Field("", max_length=2_000, description="`next` of the page before; empty for the first page.")


class PageQuery(Schema):
    """Which page of a list."""

    limit: int = Field(USUAL, ge=1, le=LONGEST, description="How many items at most.")
    cursor: str = CURSOR

    def place(self, *kinds: type) -> list[Any] | None:
        """Return the values that the cursor names, of these types; None on the first page. Raise ApiError."""
        return read_cursor(self.cursor, kinds) if self.cursor else None

    def after_id(self) -> int | None:
        """Return the id that the cursor names."""
        place = self.place(int)
        return None if place is None else int(place[0])


class Listed(Shape, Generic[Item]):
    """A page of a list."""

    items: list[Item]
    next: str | None = Field(None, description="Cursor of the page behind; null on the last page.")


def listed(items: Sequence[Any], place: Sequence[int | str] | int | None) -> dict[str, Any]:
    """Return a page whose last item has this place; None where there is nothing behind it."""
    if place is None:
        return {"items": list(items), "next": None}
    return {"items": list(items), "next": make_cursor([place] if isinstance(place, int) else place)}


def make_cursor(place: Sequence[int | str]) -> str:
    text = json.dumps(list(place), ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str, kinds: Sequence[type]) -> list[Any]:
    """Return the place that a cursor of a list names; raise ApiError for one that the list never gave."""
    try:
        place = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise wrong_cursor() from error
    if not isinstance(place, list) or len(place) != len(kinds):
        raise wrong_cursor()
    if not all(type(value) is kind and _fits(value) for value, kind in zip(place, kinds, strict=True)):
        raise wrong_cursor()
    return place


def _fits(value: Any) -> bool:
    """Tell whether a database can hold the value."""
    if isinstance(value, str):
        return value.isprintable()
    return bool(-MOST <= value <= MOST)


def wrong_cursor() -> ApiError:
    return impossible("cursor must be the `next` of a page of this list.")
