"""Where words wait for the next page: an admin's in the session, out of the browser; a learner's in a cookie."""

from collections.abc import Iterable
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.messages.storage.base import BaseStorage, Message
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.session import SessionStorage
from django.http import HttpRequest, HttpResponse

COOKIE: Final = f"{settings.COOKIE_PREFIX}messages"


class WaitingInCookie(CookieStorage):
    """Django's, with a cookie that no other host can set."""

    cookie_name = COOKIE


class WaitingWords(BaseStorage):
    """
    What an admin is told may name people, and a cookie is only signed: where there is an admin, it is the session.

    Learners have none of these sessions; what they are told names nobody.
    """

    def __init__(self, request: HttpRequest, *args: Any, **named: Any) -> None:
        super().__init__(request, *args, **named)
        # Both are put together as Django's own fallback does it, by methods that its types leave out.
        self._cookie: Any = WaitingInCookie(request)
        self._session: Any = SessionStorage(request)

    def _get(self, *_args: Any, **_named: Any) -> tuple[list[Message], bool]:
        return [one for store in (self._cookie, self._session) for one in store._get()[0] or []], True  # noqa: SLF001

    def _store(self, messages: Iterable[Message], response: HttpResponse, *_args: Any, **_named: Any) -> list[Any]:
        if SESSION_KEY not in self.request.session:
            return list(self._cookie._store(messages, response))  # noqa: SLF001
        if COOKIE in self.request.COOKIES:
            self._cookie._store([], response)  # noqa: SLF001
        return list(self._session._store(messages, response))  # noqa: SLF001
