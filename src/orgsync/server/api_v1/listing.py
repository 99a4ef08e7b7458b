"""Pages of rows in the order of a number that no two of them share."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from orgsync.server.api_v1.paging import PageQuery, listed

AsJson = Callable[[Any], dict[str, Any]]


def newest_first(found: QuerySet[Any], page: PageQuery, shape: AsJson, by: str = "id") -> dict[str, Any]:
    """Return the page that is asked for, each row as `shape` makes it; `by` names the number."""
    if (after := page.after_id()) is not None:
        found = found.filter(**{f"{by}__lt": after})
    return _page(found.order_by(f"-{by}"), page, shape, by)


def oldest_first(found: QuerySet[Any], page: PageQuery, shape: AsJson) -> dict[str, Any]:
    """Return the page that is asked for, by id, each row as `shape` makes it."""
    return _page(found.filter(id__gt=page.after_id() or 0).order_by("id"), page, shape, "id")


def _page(found: QuerySet[Any], page: PageQuery, shape: AsJson, by: str) -> dict[str, Any]:
    rows = list(found[: page.limit + 1])
    shown = rows[: page.limit]
    return listed([shape(row) for row in shown], getattr(shown[-1], by) if len(rows) > page.limit else None)
