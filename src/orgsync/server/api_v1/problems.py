"""Refusals as problem details (RFC 9457), whatever part of the server raised them."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase

from orgsync.server.api.errors import ApiError
from orgsync.server.learning.contents import ContentRefused
from orgsync.server.uploads.assigning import AssignmentRefused
from orgsync.server.uploads.decisions import DecisionRefused
from orgsync.server.uploads.undoing import UndoRefused

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def with_problems(view: View[P]) -> View[P]:
    """Answer refusals of the view as `application/problem+json`."""

    @wraps(view)
    def answered(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except ApiError as error:
            return _problem(error.status, error.code, error.message, error.headers)
        except (DecisionRefused, UndoRefused, ContentRefused, AssignmentRefused) as error:
            return _problem(HTTPStatus.CONFLICT, "NOT_POSSIBLE", str(error), {})

    # Tokens come in a header that no browser adds by itself.
    answered.csrf_exempt = True  # type: ignore[attr-defined]
    return answered


def _problem(status: int, code: str | None, detail: str, headers: dict[str, str]) -> JsonResponse:
    facts = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail, "code": code}
    body = {name: value for name, value in facts.items() if value is not None}
    answer = JsonResponse(body, status=status, content_type="application/problem+json")
    for name, value in headers.items():
        answer[name] = value
    return answer
