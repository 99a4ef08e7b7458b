"""The reader's time zone: a script tells it in a cookie, pages are written in it; else the organization's."""

import re
from datetime import tzinfo
from typing import Final

from django.conf import settings
from django.http import HttpRequest

from orgsync.server.orgs.models import Organization
from orgsync.server.orgs.zones import zone_named

ZONE_COOKIE: Final = f"{settings.COOKIE_PREFIX}zone"
_NAME: Final = re.compile(r"[A-Za-z0-9_+-]{1,32}(/[A-Za-z0-9_+-]{1,32}){0,2}")


def zone_of(request: HttpRequest, organization: Organization) -> tzinfo:
    """Return the zone that the reader's browser named, or the organization's; UTC for one that does not exist."""
    name = request.COOKIES.get(ZONE_COOKIE, "")
    return zone_named(name if _NAME.fullmatch(name) else organization.time_zone)
