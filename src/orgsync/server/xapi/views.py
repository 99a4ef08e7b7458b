"""Statements in and out, and which versions are spoken."""

import uuid
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import http_date

from orgsync.core.xapi.checking import check_statement
from orgsync.server.api.authentication import ApiRequest, bearer_token
from orgsync.server.api.errors import invalid_request, resource_not_found
from orgsync.server.learning.models import Statement
from orgsync.server.learning.statementlist import find_statement, find_statements
from orgsync.server.learning.statements import Sender, store_statements
from orgsync.server.tokens.scopes import Scope
from orgsync.server.xapi.protocol import VERSIONS, read_body
from orgsync.server.xapi.questions import asked_format, asked_one, more_path, read_id, read_question

MOST_AT_ONCE: Final = 1_000
NO_STORE: Final = {"Cache-Control": "no-store"}


def about(request: HttpRequest) -> JsonResponse:  # noqa: ARG001  a view
    """Say which versions are spoken; nobody has to sign in for that."""
    return JsonResponse({"version": list(VERSIONS)}, headers=NO_STORE)


@bearer_token(scope=Scope.XAPI_WRITE)
def post_statements(request: ApiRequest) -> JsonResponse:
    body = read_body(request)
    statements = body if isinstance(body, list) else [body]
    if len(statements) > MOST_AT_ONCE:
        raise invalid_request(f"At most {MOST_AT_ONCE} statements at once.")
    for number, statement in enumerate(statements):
        check_statement(statement, f"statements[{number}]" if isinstance(body, list) else "statement")
    ids = store_statements(_sender(request), statements, now=timezone.now())
    return JsonResponse([str(one) for one in ids], safe=False, headers=NO_STORE)


@bearer_token(scope=Scope.XAPI_WRITE)
def put_statement(request: ApiRequest) -> HttpResponse:
    if request.GET.keys() != {"statementId"}:
        raise invalid_request("statementId must be given, and nothing else.")
    statement_id = read_id(request.GET["statementId"], "statementId")
    statement = read_body(request)
    check_statement(statement)
    if uuid.UUID(statement.get("id", str(statement_id))) != statement_id:
        raise invalid_request("statement.id must be the statementId of the address.")
    store_statements(_sender(request), [statement | {"id": str(statement_id)}], now=timezone.now())
    return HttpResponse(status=204, headers=NO_STORE)


@bearer_token(scope=Scope.XAPI_READ)
def get_statements(request: ApiRequest) -> HttpResponseBase:
    one, form = asked_one(request), asked_format(request)
    if one is not None:
        return _one(request, *one, form=form)
    page, has_more = find_statements(request.organization.pk, read_question(request))
    more = more_path(request, page[-1]) if has_more else ""
    headers = NO_STORE | ({"Last-Modified": http_date(max(row.stored_at for row in page).timestamp())} if page else {})
    return JsonResponse({"statements": [_shown(row, form) for row in page], "more": more}, headers=headers)


def _one(request: ApiRequest, statement_id: uuid.UUID, is_voided: bool, *, form: str) -> JsonResponse:  # noqa: FBT001  a pair as it was read
    found = find_statement(request.organization.pk, statement_id, voided=is_voided)
    if found is None:
        raise resource_not_found("There is no such statement.")
    tag = {"ETag": f'"{bytes(found.digest).hex()[:40]}"', "Last-Modified": http_date(found.stored_at.timestamp())}
    return JsonResponse(_shown(found, form), headers=NO_STORE | tag)


def _shown(row: Statement, form: str) -> dict[str, Any]:
    return _only_ids(row.statement) if form == "ids" else dict(row.statement)


def _only_ids(statement: dict[str, Any]) -> dict[str, Any]:
    """Leave out of activities and verb what only describes them."""
    found = statement | {"verb": {"id": statement["verb"]["id"]}}
    thing = statement["object"]
    if thing.get("objectType", "Activity") == "Activity":
        found["object"] = {name: value for name, value in thing.items() if name != "definition"}
    return found


def _sender(request: ApiRequest) -> Sender:
    version = getattr(request, "version", VERSIONS[0])
    home = f"{request.scheme}://{request.get_host()}/"
    authority = {"objectType": "Agent", "account": {"homePage": home, "name": f"token {request.token.pk}"}}
    return Sender(request.organization, request.token.pk, authority, version)
