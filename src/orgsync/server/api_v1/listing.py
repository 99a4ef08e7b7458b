"""Pages of what is listed by its ids, the newest first."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from orgsync.server.api_v1.paging import PageQuery, listed


def newest_first(found: QuerySet[Any], page: PageQuery, shape: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    """Return the page that is asked for, each row as `shape` makes it."""
    if (after := page.after_id()) is not None:
        found = found.filter(id__lt=after)
    rows = list(found.order_by("-id")[: page.limit + 1])
    shown = rows[: page.limit]
    return listed([shape(row) for row in shown], shown[-1].pk if len(rows) > page.limit else None)
