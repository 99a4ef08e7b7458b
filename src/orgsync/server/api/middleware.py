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
from orgsync.server.monitoring import tracing
from orgsync.server.monitoring.requests import IN_PROGRESS, count_request, route_of

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
        with IN_PROGRESS.track_inprogress(), tracing.span("request", {"orgsync.request_id": request_id}) as traced:
            response = self._get_response(request)
            tracing.name_request(traced, request.method or "", route_of(request), response.status_code)
        response["x-li-uuid"] = request_id
        seconds = time.monotonic() - started
        count_request(request, response.status_code, seconds)
        log.info(
            "request",
            method=request.method,
            path=_SECRET.sub(r"\1…", request.path),
            status=response.status_code,
            milliseconds=round(1000 * seconds),
        )
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Render an ApiError; anything else is for Django's own handlers."""
        return render(request, exception) if isinstance(exception, ApiError) else None
