"""The reader's time zone: a script tells it in a cookie, pages are written in it; without one they are in UTC."""

import re
from datetime import UTC, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest

ZONE_COOKIE: Final = "zone"
_NAME: Final = re.compile(r"[A-Za-z0-9_+-]{1,32}(/[A-Za-z0-9_+-]{1,32}){0,2}")


def zone_of(request: HttpRequest) -> tzinfo:
    """Return the zone that the reader's browser named, or UTC for none and for one that does not exist."""
    name = request.COOKIES.get(ZONE_COOKIE, "")
    if not _NAME.fullmatch(name):
        return UTC
    try:
        return ZoneInfo(name)
    # A folder of the zone database (Europe) is an OSError.
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
