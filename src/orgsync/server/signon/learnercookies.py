"""The cookies of learner pages: sent to learner pages alone, so that no page of an admin ever sees one."""

import secrets
from datetime import timedelta
from typing import Final

import structlog
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.csrf import rotate_token
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from orgsync.server.directory.models import Learner
from orgsync.server.learning.models import Way
from orgsync.server.learning.signin import sessions
from orgsync.server.orgs.models import Organization

# They belong to a path, so the stricter prefix of the other cookies does not fit.
_PREFIX: Final = "__Secure-" if settings.SESSION_COOKIE_SECURE else ""
SESSION: Final = f"{_PREFIX}learner"
BROWSER: Final = f"{_PREFIX}learner-browser"
"""Secret of a browser that has asked for a link: the link signs in there alone."""
ONWARD: Final = f"{_PREFIX}learner-onward"
"""The page that somebody wanted to see before signing in."""
PATH: Final = "/learn/"
_SHORT: Final = timedelta(minutes=30)
_SECRET_LENGTH: Final = 43
log = structlog.get_logger()


def sign_in(
    request: HttpRequest, response: HttpResponseBase, organization: Organization, learner: Learner, way: Way
) -> HttpResponseBase:
    """Sign a learner in with the response; return it. Forms that the browser has got before are good no longer."""
    log.info("learner_signed_in", organization=organization.pk, learner=learner.id, way=way.value)
    rotate_token(request)
    lasts = timedelta(days=organization.learner_session_days)
    _set(response, SESSION, sessions.begin(organization, learner, way, now=timezone.now()), lasts)
    return response


def browser_of(request: HttpRequest) -> str:
    """Return the secret of a browser that has asked before; empty for any other."""
    return request.COOKIES.get(BROWSER, "")


def remember_browser(request: HttpRequest) -> str:
    """Return the secret of the asking browser: the one it has, so that an earlier mail's link works too, or a new one.

    `keep_browser` gives it to the browser.
    """
    known = browser_of(request)
    return known if len(known) == _SECRET_LENGTH else secrets.token_urlsafe(32)


def keep_browser(response: HttpResponseBase, secret: str) -> None:
    _set(response, BROWSER, secret, _SHORT)


def keep_onward(response: HttpResponseBase, path: str) -> None:
    """Remember where somebody wanted to go."""
    _set(response, ONWARD, path, _SHORT)


def onward_of(request: HttpRequest) -> str:
    """Return where somebody wanted to go, if that is a learner page; else the learner's home."""
    path = request.COOKIES.get(ONWARD, "")
    is_ours = path.startswith(PATH) and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if is_ours else PATH


def forget(response: HttpResponseBase, name: str) -> None:
    response.delete_cookie(name, path=PATH, samesite="Lax")


def _set(response: HttpResponseBase, name: str, value: str, lasts: timedelta) -> None:
    response.set_cookie(
        name,
        value,
        max_age=lasts,
        path=PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
