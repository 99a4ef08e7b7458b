"""The OpenAPI document: what ninja knows of the operations, with scopes, problems and headers said once for all."""

from collections.abc import Iterator
from typing import Any, Final

from ninja import NinjaAPI

from orgsync.server.api_v1.calls import WRITES, Terms
from orgsync.server.api_v1.operations import PERMISSIONS_KEY
from orgsync.server.api_v1.problems import PROBLEM_JSON
from orgsync.server.api_v1.shapes import Problem
from orgsync.server.tokens.scopes import Scope

Facts = dict[str, Any]
SCHEME: Final = "accessToken"
REFUSALS: Final[dict[int, str]] = {
    400: "The request, or its body, cannot be read.",
    401: "No access token, or one that is no good (any more).",
    403: "The token lacks the scope, or whoever made it may not do this.",
    404: "No such resource in the token's organization.",
    409: "What is there does not allow it, or a rule of the organization; `detail` says why.",
    411: "The body has no Content-Length.",
    412: "What the call was made for is another by now.",
    413: "The body is larger than 1,000,000 bytes.",
    415: "The body is not called JSON.",
    422: "A value is missing, unknown or impossible; `errors` says where. Or the Idempotency-Key is of another call.",
    429: "Too many calls in this hour; `Retry-After` says in how many seconds it ends.",
    503: "The organization's people are just being written by another job, or the server is starting; try again.",
}
_OF_ALL: Final = frozenset({400, 401, 403, 422, 429, 503})
_HEADERS: Final[dict[str, str]] = {
    "x-li-uuid": "The id under which the call stands in the server's log.",
    "RateLimit": "Calls left in this clock hour, and seconds until it ends (`r`, `t`).",
    "RateLimit-Policy": "Calls in an hour (`q`).",
}
_KEY: Final[Facts] = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "description": "The same key and the same call within 24 hours: the same answer, and nothing is done again.",
}


def describe(api: NinjaAPI, tags: dict[str, str]) -> Facts:
    """Return the document of OpenAPI 3.1; `tags` says what each resource is."""
    document = dict(api.get_openapi_schema(path_prefix="/api/v1"))
    document["tags"] = [{"name": name, "description": about} for name, about in sorted(tags.items())]
    components = document["components"]
    components["securitySchemes"] = {SCHEME: _scheme()}
    schemas = Problem.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    components["schemas"] |= {**schemas.pop("$defs"), "Problem": schemas}
    components["headers"] = {name: _header(about) for name, about in _HEADERS.items()}
    for method, path, operation in operations_of(document):
        _complete(method, path, operation)
    return document


def operations_of(document: Facts) -> Iterator[tuple[str, str, Facts]]:
    """Give method, path and description of every operation of a document."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _complete(method: str, path: str, operation: Facts) -> None:
    terms: Terms = operation.pop(PERMISSIONS_KEY)
    scopes = [] if terms.scope is None else [terms.scope.value, *(scope.value for scope in terms.also)]
    operation["security"] = [{SCHEME: scopes}]
    operation["description"] = "\n\n".join(filter(None, [_rest(operation), _said(terms, scopes)]))
    if method in WRITES:
        operation["parameters"] = [*operation.get("parameters", []), _KEY]
    for answer in operation["responses"].values():
        if terms.is_file:
            answer["content"] = {"text/csv": {"schema": {"type": "string"}}}
        answer["headers"] = _header_refs()
    statuses = _OF_ALL | ({404} if "{" in path else set()) | ({404, 409, 411, 412, 413} if method in WRITES else set())
    statuses |= {415} if "requestBody" in operation else set()
    operation["responses"] |= {str(status): _refusal(status) for status in sorted(statuses)}
    operation["responses"] = {str(status): answer for status, answer in operation["responses"].items()}


def _rest(operation: Facts) -> str:
    """Return what the description says beyond the summary."""
    text = str(operation.get("description", "")).strip()
    return text.removeprefix(str(operation["summary"])).strip()


def _said(terms: Terms, scopes: list[str]) -> str:
    said = f"Scope: {' and '.join(f'`{scope}`' for scope in scopes)}." if scopes else "Scope: any."
    if terms.permission is None:
        return said
    return f"{said} Whoever made the token must be allowed, for everybody: {terms.permission}."


def _scheme() -> Facts:
    words = ", ".join(f"`{scope}`" for scope in Scope)
    about = f"An access token in the Authorization header. Scopes: {words}; no scope stands for another."
    return {"type": "http", "scheme": "bearer", "description": about}


def _header(about: str) -> Facts:
    return {"description": about, "schema": {"type": "string"}}


def _header_refs() -> Facts:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS}


def _refusal(status: int) -> Facts:
    headers = _header_refs()
    if status in {429, 503}:
        headers["Retry-After"] = _header("Seconds.")
    content = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": REFUSALS[status], "headers": headers, "content": content}
