"""The calls below /scim/v2: read what is asked, check the token, do it, show it."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase

from orgsync.server.api.authentication import ApiRequest, bearer_token
from orgsync.server.scim import groups, users
from orgsync.server.scim.acting import RESOURCES, Answered, act, fits, show
from orgsync.server.scim.asked import Asked, asked_by_body, asked_by_query, only_asked, read_body
from orgsync.server.scim.bulk import carry_out_bulk
from orgsync.server.scim.errors import ScimError, invalid_value, not_found
from orgsync.server.scim.filters import parse, to_query
from orgsync.server.scim.names import LIST
from orgsync.server.tokens.scopes import Scope, has_scope


@bearer_token(scope=Scope.DIRECTORY_READ)
def list_resources(request: ApiRequest, kind: str) -> JsonResponse:
    return _listed(request, kind, asked_by_query(request))


@bearer_token(scope=Scope.DIRECTORY_READ)
def search_resources(request: ApiRequest, kind: str) -> JsonResponse:
    return _listed(request, kind, asked_by_body(read_body(request)))


@bearer_token(scope=Scope.DIRECTORY_READ)
def search_everything(request: ApiRequest) -> JsonResponse:
    """Search users, and groups behind them."""
    asked = asked_by_body(read_body(request))
    found: list[dict[str, Any]] = []
    total, start = 0, asked.start
    for kind in RESOURCES:
        try:
            part = _page(request, kind, asked, start, asked.count - len(found))
        except ScimError as error:
            # A filter by what only the other kind of resource has finds nothing here.
            if error.kind != "invalidFilter" or (kind == "Groups" and not total):
                raise
            continue
        found += part["Resources"]
        total += part["totalResults"]
        start = max(1, start - part["totalResults"])
    return Answered(200, _list(found, total, asked.start)).response()


@bearer_token(scope=Scope.DIRECTORY_READ)
def show_resource(request: ApiRequest, kind: str, resource_id: str) -> HttpResponseBase:
    asked = asked_by_query(request)
    resources: Any = RESOURCES[kind]
    shown = resources.show(request, resources.find(request, resource_id), asked)
    tags = request.headers.get("If-None-Match", "")
    if tags and fits(tags, shown["meta"]["version"]):
        return Answered(304, None, {"ETag": shown["meta"]["version"]}).response()
    return show(only_asked(shown, asked)).response()


@bearer_token(scope=Scope.DIRECTORY_WRITE)
def write_resource(request: ApiRequest, kind: str, resource_id: str = "") -> JsonResponse:
    """Make, replace, change or delete one resource."""
    method = request.method or ""
    asked = asked_by_query(request)
    body = {} if method == "DELETE" else read_body(request)
    if_match = request.headers.get("If-Match", "")
    answered = act(request, method, kind, resource_id, body, if_match=if_match, asked=asked)
    shown = None if answered.body is None else only_asked(answered.body, asked)
    return Answered(answered.status, shown, answered.headers).response()


@bearer_token(scope=Scope.DIRECTORY_WRITE)
def bulk(request: ApiRequest) -> JsonResponse:
    return Answered(200, carry_out_bulk(request, read_body(request))).response()


@bearer_token(scope=None)
def service_provider_config(request: ApiRequest) -> JsonResponse:
    from orgsync.server.scim import discovery  # noqa: PLC0415  dear

    _check_no_filter(request)
    return Answered(200, discovery.service_provider_config()).response()


@bearer_token(scope=None)
def list_schemas(request: ApiRequest) -> JsonResponse:
    _check_no_filter(request)
    found = list(_schemas(request).values())
    return Answered(200, _list(found, len(found), 1)).response()


@bearer_token(scope=None)
def show_schema(request: ApiRequest, schema_id: str) -> JsonResponse:
    return _one_of(_schemas(request), schema_id)


@bearer_token(scope=None)
def list_resource_types(request: ApiRequest) -> JsonResponse:
    _check_no_filter(request)
    found = list(_resource_types().values())
    return Answered(200, _list(found, len(found), 1)).response()


@bearer_token(scope=None)
def show_resource_type(request: ApiRequest, name: str) -> JsonResponse:  # noqa: ARG001 - the same for everybody
    return _one_of(_resource_types(), name)


def nothing(request: HttpRequest, path: str = "") -> HttpResponseBase:  # noqa: ARG001 - what was asked for
    raise not_found("address")


def _schemas(request: ApiRequest) -> dict[str, dict[str, Any]]:
    from orgsync.server.scim import discovery  # noqa: PLC0415  dear

    return discovery.schemas(with_permissions=has_scope(request.token, Scope.PERMISSIONS_WRITE))


def _resource_types() -> dict[str, dict[str, Any]]:
    from orgsync.server.scim import discovery  # noqa: PLC0415  dear

    return discovery.resource_types()


def _one_of(known: dict[str, dict[str, Any]], name: str) -> JsonResponse:
    found = next((value for key, value in known.items() if key.lower() == name.lower()), None)
    if found is None:
        raise not_found()
    return Answered(200, found).response()


def _check_no_filter(request: HttpRequest) -> None:
    """What the server says of itself is not filtered (RFC 7644, 4)."""
    if "filter" in request.GET:
        raise ScimError(403, "What the server says of itself cannot be filtered.")


def _listed(request: ApiRequest, kind: str, asked: Asked) -> JsonResponse:
    return Answered(200, _page(request, kind, asked, asked.start, asked.count)).response()


def _page(request: ApiRequest, kind: str, asked: Asked, start: int, count: int) -> dict[str, Any]:
    organization_id = request.organization.pk
    known: Any = users if kind == "Users" else groups
    found: Any = users.users_of(organization_id) if kind == "Users" else groups.groups_of(organization_id)
    if asked.filter:
        found = found.filter(to_query(parse(asked.filter), known.FILTERS))
    ordered = found.order_by(*_order(asked, known.SORTS))
    page = list(ordered[start - 1 : start - 1 + count]) if count > 0 else []
    shown = (
        users.show_users(organization_id, page, settings.BASE_URL)
        if kind == "Users"
        else groups.show_groups(organization_id, page, settings.BASE_URL, members=asked.wants("members"))
    )
    # A page that is not full is the last: most requests look for one person, and to count would look once more.
    is_last = len(page) < count and (page or start == 1)
    total = start - 1 + len(page) if is_last else found.count()
    return _list([only_asked(resource, asked) for resource in shown], total, asked.start)


def _order(asked: Asked, sorts: dict[str, str]) -> list[str]:
    if not asked.sort_by:
        return ["id"]
    key = sorts.get(asked.sort_by)
    if key is None:
        raise invalid_value(f"sortBy must be one of {', '.join(sorts)}.")
    return [f"-{key}", "-id"] if asked.is_descending else [key, "id"]


def _list(resources: list[dict[str, Any]], total: int, start: int) -> dict[str, Any]:
    shown = {"schemas": [LIST], "totalResults": total, "itemsPerPage": len(resources), "startIndex": start}
    return shown | {"Resources": resources}
