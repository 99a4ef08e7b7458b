"""Statements in and out, and which versions are spoken."""

import uuid
from collections.abc import Sequence
from typing import Any, Final

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import http_date

from orgsync.core.xapi.attaching import attached_to, check_attachments
from orgsync.core.xapi.checking import check_statement
from orgsync.core.xapi.showing import in_one_language, languages_in, only_ids
from orgsync.server.api.authentication import ApiRequest, bearer_token
from orgsync.server.api.errors import invalid_request, resource_not_found
from orgsync.server.learning.attachments import attachments_of, keep_attachments
from orgsync.server.learning.models import Statement
from orgsync.server.learning.statementlist import find_statement, find_statements
from orgsync.server.learning.statements import Sender, store_statements
from orgsync.server.tokens.scopes import Scope
from orgsync.server.xapi.multipart import Part, mixed_answer
from orgsync.server.xapi.protocol import NO_STORE, VERSIONS, read_body, version_of
from orgsync.server.xapi.questions import (
    asked_attachments,
    asked_format,
    asked_one,
    more_path,
    read_id,
    read_question,
)

MOST_AT_ONCE: Final = 1_000


def about(request: HttpRequest) -> JsonResponse:  # noqa: ARG001  a view
    """Say which versions are spoken; nobody has to sign in for that."""
    return JsonResponse({"version": list(VERSIONS)}, headers=NO_STORE)


@bearer_token(scope=Scope.XAPI_WRITE)
def post_statements(request: ApiRequest) -> JsonResponse:
    body, parts = read_body(request)
    statements = body if isinstance(body, list) else [body]
    if len(statements) > MOST_AT_ONCE:
        raise invalid_request(f"At most {MOST_AT_ONCE} statements at once.")
    for number, statement in enumerate(statements):
        check_statement(statement, f"statements[{number}]" if isinstance(body, list) else "statement")
    ids = _store(request, statements, parts)
    return JsonResponse([str(one) for one in ids], safe=False, headers=NO_STORE)


@bearer_token(scope=Scope.XAPI_WRITE)
def put_statement(request: ApiRequest) -> HttpResponse:
    if request.GET.keys() != {"statementId"}:
        raise invalid_request("statementId must be given, and nothing else.")
    statement_id = read_id(request.GET["statementId"], "statementId")
    statement, parts = read_body(request)
    check_statement(statement)
    if uuid.UUID(statement.get("id", str(statement_id))) != statement_id:
        raise invalid_request("statement.id must be the statementId of the address.")
    _store(request, [statement | {"id": str(statement_id)}], parts)
    return HttpResponse(status=204, headers=NO_STORE)


@bearer_token(scope=Scope.XAPI_READ)
def get_statements(request: ApiRequest) -> HttpResponseBase:
    one, form, attaches = asked_one(request), asked_format(request), asked_attachments(request)
    if one is not None:
        return _one(request, *one, form=form, attaches=attaches)
    page, has_more = find_statements(request.organization.pk, read_question(request))
    more = more_path(request, page[-1]) if has_more else ""
    headers = NO_STORE | ({"Last-Modified": http_date(max(row.stored_at for row in page).timestamp())} if page else {})
    shown = {"statements": [_shown(request, row, form) for row in page], "more": more}
    return _answer(page, shown, headers, attaches=attaches)


def _one(
    request: ApiRequest,
    statement_id: uuid.UUID,
    is_voided: bool,  # noqa: FBT001  a pair as it was read
    *,
    form: str,
    attaches: bool,
) -> HttpResponse:
    found = find_statement(request.organization.pk, statement_id, voided=is_voided)
    if found is None:
        raise resource_not_found("There is no such statement.")
    tag = {"ETag": f'"{bytes(found.digest).hex()[:40]}"', "Last-Modified": http_date(found.stored_at.timestamp())}
    return _answer([found], _shown(request, found, form), NO_STORE | tag, attaches=attaches)


def _answer(rows: Sequence[Statement], shown: Any, headers: dict[str, str], *, attaches: bool) -> HttpResponse:
    if not attaches:
        return JsonResponse(shown, headers=headers)
    kept = attachments_of(rows[0].organization_id, [row.id for row in rows]) if rows else []
    parts = (Part(one.sha2, one.content_type, bytes(one.content)) for one in kept)
    return mixed_answer(shown, parts, headers)


def _shown(request: HttpRequest, row: Statement, form: str) -> dict[str, Any]:
    if form == "ids":
        return only_ids(row.statement)
    if form == "canonical":
        return in_one_language(row.statement, languages_in(request.headers.get("Accept-Language", "")))
    return dict(row.statement)


def _store(request: ApiRequest, statements: list[dict[str, Any]], parts: Sequence[Part]) -> list[uuid.UUID]:
    """Keep statements with what came with them, all or nothing."""
    check_attachments(statements, {part.sha2: part.content for part in parts})
    now = timezone.now()
    with transaction.atomic():
        ids = store_statements(_sender(request), statements, now=now)
        pairs = zip(ids, statements, strict=True)
        hashes = {one: {told["sha2"].lower() for told in attached_to(statement)} for one, statement in pairs}
        files = {part.sha2: (part.content_type, part.content) for part in parts}
        keep_attachments(request.organization.pk, hashes, files)
    return ids


def _sender(request: ApiRequest) -> Sender:
    version = version_of(request)
    home = f"{request.scheme}://{request.get_host()}/"
    authority = {"objectType": "Agent", "account": {"homePage": home, "name": f"token {request.token.pk}"}}
    return Sender(request.organization, request.token.pk, authority, version)
