"""How long an admin's session lasts: not beyond a pause, and not beyond its age, however much it is used."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

BEGAN: Final = "began"
SEEN: Final = "seen"
NOTED_EVERY: Final = timedelta(minutes=1)
"""Not each request writes its session anew."""


def connect() -> None:
    """Let the age of a session count from its sign-in, also where the same person signs in over an open one."""
    user_logged_in.connect(_began, dispatch_uid="session life")


class SessionLife:
    """Sign out whoever comes back to a session that is over; the page then asks them to sign in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and SESSION_KEY in request.session:
            _look(request, timezone.now())
        return self._get_response(request)


def is_over(session: SessionBase, now: datetime) -> bool:
    """Tell whether a session has not been used for too long, or is too old; one that says neither began just now."""
    age = now.timestamp() - session.get(BEGAN, now.timestamp())
    pause = now.timestamp() - session.get(SEEN, now.timestamp())
    return bool(age >= settings.SESSION_COOKIE_AGE or pause >= settings.SESSION_IDLE_MINUTES * 60)


def _look(request: HttpRequest, now: datetime) -> None:
    if is_over(request.session, now):
        logout(request)
        return
    if BEGAN not in request.session:
        request.session[BEGAN] = now.timestamp()
    if now.timestamp() - request.session.get(SEEN, 0) >= NOTED_EVERY.total_seconds():
        request.session[SEEN] = now.timestamp()


def _began(request: HttpRequest | None, **_more: Any) -> None:
    if request is not None and hasattr(request, "session"):
        request.session[BEGAN] = request.session[SEEN] = timezone.now().timestamp()
