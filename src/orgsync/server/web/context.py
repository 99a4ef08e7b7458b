"""What the frame around every page shows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from orgsync.server.orgs.access import Permission, may, may_for_all

THEME_COOKIE = f"{settings.COOKIE_PREFIX}theme"


def frame(request: HttpRequest) -> dict[str, Any]:
    """Give templates the admin's rights, the chosen theme and, on an admin's page, the organization."""
    admin = getattr(request, "admin", None)
    theme = request.COOKIES.get(THEME_COOKIE)
    return {
        "theme": theme if theme in {"light", "dark"} else "",
        "organization": getattr(request, "organization", None),
        "admin": admin,
        "me": getattr(request, "learner", None),
        "allowed_for_all": {
            permission.name for permission in Permission if admin is not None and may_for_all(admin, permission)
        },
        "allowed": {permission.name for permission in Permission if admin is not None and may(admin, permission)},
    }
