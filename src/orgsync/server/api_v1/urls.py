"""The addresses of our own API, below /api/v1."""

import functools
import json
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils.cache import patch_cache_control
from ninja import NinjaAPI
from ninja.parser import Parser

from orgsync.core.jsontext import UnkeptText, UnreadableJson, read_json
from orgsync.server.api.errors import ApiError, method_not_allowed
from orgsync.server.api_v1 import (
    accesstokens,
    admins,
    applications,
    assignments,
    attributes,
    auditlog,
    catalogues,
    contents,
    curation,
    duplicates,
    edits,
    erasures,
    feeds,
    files,
    groups,
    home,
    imports,
    jobs,
    learnerinvitations,
    licenses,
    notices,
    plans,
    recommendations,
    reports,
    sandboxes,
    settings,
    singlesignon,
    token,
    webhooks,
)
from orgsync.server.api_v1.description import describe
from orgsync.server.api_v1.operations import Resource
from orgsync.server.api_v1.problems import answer_refusals, api_error

RESOURCES: Final[tuple[Resource, ...]] = (
    token.resource,
    jobs.resource,
    plans.resource,
    feeds.resource,
    files.resource,
    edits.resource,
    groups.resource,
    licenses.resource,
    duplicates.resource,
    erasures.resource,
    contents.resource,
    assignments.resource,
    curation.resource,
    recommendations.resource,
    imports.resource,
    learnerinvitations.resource,
    attributes.resource,
    reports.resource,
    home.resource,
    admins.resource,
    accesstokens.resource,
    applications.resource,
    singlesignon.resource,
    webhooks.resource,
    settings.resource,
    notices.resource,
    auditlog.resource,
    sandboxes.resource,
    catalogues.resource,
)
ABOUT: Final = (
    "What LinkedIn's wire lacks, and all that the Account Center does. Whatever writes people, groups or licenses is a "
    "job with a plan, guards and an undo, as a file is."
)


class JsonParser(Parser):
    """Reads JSON bodies; no body at all is an empty object."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return the body; raise ApiError where it is no JSON, or holds a text that no database takes."""
        if not request.body:
            return {}
        try:
            found = read_json(request.body, parse_constant=_no_number)
        except UnreadableJson as error:
            status = 422 if isinstance(error, UnkeptText) else 400
            raise ApiError(status, "INVALID_REQUEST", f"The body must be JSON. {error}") from error
        return found


def _no_number(name: str) -> None:
    raise ValueError(name)


def make_api() -> NinjaAPI:
    """Return the API with all of its resources."""
    made = NinjaAPI(
        title="orgsync",
        version=version("orgsync"),
        description=ABOUT,
        docs_url=None,
        openapi_url=None,
        urls_namespace="api-v1",
        parser=JsonParser(),
    )
    answer_refusals(made)
    for resource in RESOURCES:
        made.add_router("", resource)
    return made


def document(request: HttpRequest) -> HttpResponse:
    """Answer the description of the API, which holds nothing of anybody: no token is asked for."""
    if request.method not in {"GET", "HEAD"}:
        raise method_not_allowed(request.method or "", ["GET", "HEAD"])
    return HttpResponse(_document_json(), content_type="application/json")


def api_document() -> dict[str, Any]:
    """Return the description of the API."""
    return describe(api, {resource.name: resource.about for resource in RESOURCES})


@functools.cache
def _document_json() -> str:
    return json.dumps(api_document(), indent=1)


def _sealed(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let HEAD ask what GET answers, say in our way that a method is wrong, and let nobody keep an answer."""

    @functools.wraps(view)
    def answered(request: HttpRequest, **named: Any) -> HttpResponseBase:
        asked = request.method or ""
        if asked == "HEAD":
            request.method = "GET"
        try:
            answer = view(request, **named)
        except ApiError as error:
            return api_error(request, error)
        finally:
            request.method = asked
        if isinstance(answer, HttpResponseNotAllowed):
            return api_error(request, method_not_allowed(asked, sorted({*_methods(answer)})))
        patch_cache_control(answer, no_store=True)
        return answer

    # Tokens come in a header that no browser adds by itself.
    answered.csrf_exempt = True  # type: ignore[attr-defined]
    return answered


def _methods(answer: HttpResponseNotAllowed) -> list[str]:
    allowed = [word.strip() for word in answer["Allow"].split(",")]
    return [*allowed, "HEAD"] if "GET" in allowed else allowed


def _patterns() -> list[URLPattern]:
    found, _, _ = api.urls
    # The address of the API itself says nothing: it is there so that others can be made from it.
    return [
        path(str(one.pattern), _sealed(one.callback), name=one.name) for one in found if isinstance(one, URLPattern)
    ]


api = make_api()
urlpatterns = [path("openapi.json", _sealed(document), name="openapi"), *_patterns()]
