"""Calls to identity providers: through the guard that webhooks go through, never by a redirect."""

from typing import Any, Final

import requests
from django.conf import settings
from requests.adapters import BaseAdapter

from orgsync.server.hooks import guarded

MOST_BYTES: Final = 1_000_000


class GuardedTransport(BaseAdapter):
    """Carries what the sign-in library asks of a provider; raises RequestException."""

    def send(  # noqa: PLR0917  the library's signature
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002, FBT001, FBT002  the library's signature
        timeout: Any = None,  # noqa: ARG002  the guard has its own
        verify: Any = True,  # noqa: ARG002, FBT002  always
        cert: Any = None,  # noqa: ARG002
        proxies: Any = None,  # noqa: ARG002  none
    ) -> requests.Response:
        body = request.body or ""
        text = body.decode() if isinstance(body, bytes) else str(body)
        # We read no compressed answers, and a connection is used once.
        sent = {name: str(value) for name, value in request.headers.items()}
        headers = {**sent, "Accept-Encoding": "identity", "Connection": "close"}
        try:
            answer = guarded.call(
                request.method or "GET",
                request.url or "",
                text,
                headers,
                allowed=guarded.parse_networks(settings.WEBHOOK_NETWORKS),
                most_bytes=MOST_BYTES,
            )
        except (guarded.Refused, guarded.NotReached) as error:
            raise requests.ConnectionError(str(error), request=request) from error
        if answer.status in range(300, 400):
            raise requests.ConnectionError("It answers with a redirect, which is not followed.", request=request)
        return _as_response(request, answer)

    def close(self) -> None:
        """Keep nothing open: each call has its own connection."""


def guarded_session() -> requests.Session:
    """Return a session that reaches public https addresses, and what the server's operators allow, alone."""
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", GuardedTransport())
    session.mount("http://", GuardedTransport())
    return session


def _as_response(request: requests.PreparedRequest, answer: guarded.Answer) -> requests.Response:
    response = requests.Response()
    response.status_code = answer.status
    response.url = request.url or ""
    response.request = request
    response.encoding = "utf-8"
    response.headers["Content-Type"] = answer.content_type
    response._content = answer.body.encode()  # noqa: SLF001  how other transports of requests do it
    return response
