"""Around every operation: who calls, how often, with what, and whether the same call was answered before."""

import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponse, HttpResponseBase
from ninja.operation import Operation

from orgsync.server.api.authentication import ApiRequest, check_caller, creator_of
from orgsync.server.api.errors import ApiError, access_denied
from orgsync.server.api.parameters import content_length, idempotency_key
from orgsync.server.api_v1.problems import api_error
from orgsync.server.api_v1.refusals import impossible
from orgsync.server.audit import actors
from orgsync.server.orgs.access import Permission, admin_of, may_for_all
from orgsync.server.orgs.models import Admin
from orgsync.server.tokens.kept import KeyInUse, KeyUsed, claim_key, free_key, keep_answer
from orgsync.server.tokens.limits import Call, Counted
from orgsync.server.tokens.scopes import Scope, has_scope
from orgsync.server.tokens.tokens import actor_of

MAX_BODY: Final = 1_000_000
"""Bytes of a body: nothing of it is a file."""
WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
Run = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Terms:
    """What an operation asks of its caller."""

    scope: Scope | None
    also: tuple[Scope, ...]
    permission: Permission | None
    counts_as: Call
    is_file: bool = False
    """Whether the answer is CSV, not JSON."""


class MakerRequest(ApiRequest):
    """A call of an operation that has a permission: whoever made the token has it for everybody."""

    admin: Admin


def around(terms: Terms) -> Callable[[Run], Run]:
    """Return what is put around the run of an operation with these terms."""

    def decorate(run: Run) -> Run:
        @functools.wraps(run)
        def called(request: HttpRequest, **path: Any) -> HttpResponseBase:
            try:
                known = _checked(request, terms)
                _check_form(known, _operation(run))
            except ApiError as error:
                return _with_limits(request, api_error(request, error))
            with actors.acting(actor_of(known.token)):
                return _with_limits(request, _answered_once(known, lambda: run(request, **path)))

        return called

    return decorate


def _checked(request: HttpRequest, terms: Terms) -> ApiRequest:
    known = check_caller(request, scope=terms.scope, counts_as=terms.counts_as, now=datetime.now(UTC))
    for scope in terms.also:
        if not has_scope(known.token, scope):
            raise access_denied(f"This call also needs the scope {scope}.")
    if terms.permission is not None:
        admin = admin_of(known.organization.pk, creator_of(known))
        if admin is None or not may_for_all(admin, terms.permission):
            raise access_denied(f"Whoever made this token may not {terms.permission}.")
        admin.organization = known.organization
        known.admin = admin  # type: ignore[attr-defined]  # MakerRequest
    return known


def _check_form(request: HttpRequest, operation: Operation) -> None:
    """Refuse a parameter that the operation does not know, and a body that is too large or no JSON by its type."""
    known = {name for model in operation.models if _source(model) == "query" for name in model.__ninja_flatten_map__}
    if unknown := sorted(set(request.GET) - known):
        name = unknown[0].encode("ascii", "replace").decode()[:100]
        raise impossible(f"There is no parameter {name} here.")
    for name, values in request.GET.lists():
        if any("\x00" in value for value in values):
            raise impossible(f"{name} must not hold a NUL character.")
    length = content_length(request)
    if length > MAX_BODY:
        raise ApiError(413, "TOO_LARGE", f"The body is larger than the limit of {MAX_BODY:,} bytes.")
    has_body = any(_source(model) == "body" for model in operation.models)
    if has_body and length and request.content_type not in {"application/json", ""}:
        raise ApiError(415, "UNSUPPORTED_MEDIA_TYPE", "The body must be JSON: Content-Type: application/json.")


def _answered_once(request: ApiRequest, run: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Run the call, or repeat what the same call with the same Idempotency-Key was answered with."""
    try:
        key = idempotency_key(request) if request.method in WRITES else None
        return run() if key is None else _kept(request, key, run)
    except ApiError as error:
        return api_error(request, error)
    except KeyUsed as used:
        return api_error(request, ApiError(422, "IDEMPOTENCY_CONFLICT", str(used)))
    except KeyInUse as in_use:
        return api_error(request, ApiError(409, "IN_PROGRESS", str(in_use), headers={"Retry-After": "1"}))


def _kept(request: ApiRequest, key: str, run: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    found = claim_key(request.token, key, _request_sha256(request), now=datetime.now(UTC))
    if found is not None:
        repeated = JsonResponse(found.facts, status=found.status, safe=False)
        repeated["Idempotency-Replayed"] = "true"
        return repeated
    is_kept = False
    try:
        answer = run()
        # Only what was done is kept: a refused call changed nothing, and may be possible the next time.
        if isinstance(answer, HttpResponse) and answer.status_code < 400:
            keep_answer(request.token, key, answer.status_code, answer.content)
            is_kept = True
    finally:
        if not is_kept:
            free_key(request.token, key)
    return answer


def _with_limits(request: HttpRequest, answer: HttpResponseBase) -> HttpResponseBase:
    """Say on an answer how many calls are left, where it is known who calls."""
    counted: Counted | None = getattr(request, "counted", None)
    if counted is not None:
        left = max(0, counted.limit - counted.used)
        answer["RateLimit-Policy"] = f'"hour";q={counted.limit};w=3600'
        answer["RateLimit"] = f'"hour";r={left};t={counted.seconds_left}'
    return answer


def _request_sha256(request: HttpRequest) -> bytes:
    head = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(head + request.body).digest()


def _operation(run: Run) -> Operation:
    operation = getattr(run, "__self__", None)
    if not isinstance(operation, Operation):
        raise TypeError("An operation's own run is decorated by nobody else.")
    return operation


def _source(model: Any) -> str:
    return str(model.__ninja_param_source__)
