"""Errors in the language of whoever asked: JSON on the wire, a page everywhere else."""

import sys
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

import structlog
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from orgsync.server.api import errors as wire
from orgsync.server.api_v1.problems import is_ours, plain_problem
from orgsync.server.database import is_away
from orgsync.server.scim.errors import is_scim, plain_error
from orgsync.server.uploads.storage import STORAGE_ERRORS

log = structlog.get_logger(__name__)

WIRE: Final = ("/media/", "/v2/", "/api/", "/oauth/", "/healthz", "/readyz", "/metrics")


def is_wire(request: HttpRequest) -> bool:
    """Tell whether a program asks: it gets JSON whatever happens."""
    return request.path.startswith(WIRE)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 400, wire.bad_request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 403, wire.forbidden, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 404, wire.not_found, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer when something broke; 503 while it is a part that cannot be reached: to ask again is right then."""
    error = sys.exception()
    if isinstance(error, STORAGE_ERRORS):
        return _away(request, "storage_away", wire.storage_away, wire.STORAGE_RETRY_AFTER)
    if is_away(error):
        return _away(request, "database_away", wire.database_away, wire.DATABASE_RETRY_AFTER)
    return _answer(request, 500, wire.server_error)


def _away(
    request: HttpRequest, event: str, on_wire: Callable[[HttpRequest], HttpResponse], retry_after: int
) -> HttpResponse:
    log.error(event, error=type(sys.exception()).__name__)
    response = _answer(request, 503, on_wire)
    response["Retry-After"] = str(retry_after)
    return response


def _answer(request: HttpRequest, status: int, on_wire: Callable[..., HttpResponse], *arguments: Any) -> HttpResponse:
    if is_ours(request):
        return plain_problem(request, status)
    if is_scim(request):
        return plain_error(request, status)
    if is_wire(request):
        return on_wire(request, *arguments)
    # Who asks is in the database; when something broke, that may be what did.
    known = None if status >= HTTPStatus.INTERNAL_SERVER_ERROR else request
    return HttpResponse(render_to_string("web/error.html", {"status": status}, request=known), status=status)
