"""Around every request: an id for answer and log, one log line, errors as JSON."""

import re
import time
from collections.abc import Callable
from typing import Final
from uuid import uuid4

import structlog
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from orgsync.server.api.errors import ApiError, render

_SECRET: Final = re.compile(r"(/password/reset/key/).+")
"""The one path that holds a secret: the link of a forgotten password."""

log = structlog.get_logger(__name__)


class RequestId:
    """Give each answer an `x-li-uuid`, bind it to everything logged meanwhile, and log the call.

    The log line holds the path without its query, and neither token, address nor body.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = str(uuid4())
        started = time.monotonic()
        # A thread serves many callers: nothing of the one before may stand in this one's lines.
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        response = self._get_response(request)
        response["x-li-uuid"] = request_id
        milliseconds = round(1000 * (time.monotonic() - started))
        log.info(
            "request",
            method=request.method,
            path=_SECRET.sub(r"\1…", request.path),
            status=response.status_code,
            milliseconds=milliseconds,
        )
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Render an ApiError; anything else is for Django's own handlers."""
        return render(request, exception) if isinstance(exception, ApiError) else None
