"""Who is calling: a bearer token, checked before anything of the body is read."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Concatenate, Final, ParamSpec, cast

import structlog
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from orgsync.server.api.errors import access_denied, bad_token, empty_token, method_not_allowed, too_many
from orgsync.server.audit import actors
from orgsync.server.directory.models import Feed
from orgsync.server.orgs.models import Account, Organization
from orgsync.server.tokens.limits import Call, Counted, count_call
from orgsync.server.tokens.models import AccessToken
from orgsync.server.tokens.networks import peer_address
from orgsync.server.tokens.scopes import Scope, has_scope
from orgsync.server.tokens.tokens import TokenState, actor_of, find_token, is_allowed_from, record_use

P = ParamSpec("P")
Answer = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


class ApiRequest(HttpRequest):
    """A request whose token has been checked."""

    token: AccessToken
    organization: Organization
    counted: Counted


_REFUSALS: Final = {
    TokenState.MALFORMED: (65600, "INVALID_ACCESS_TOKEN", "Invalid access token"),
    TokenState.UNKNOWN: (65600, "INVALID_ACCESS_TOKEN", "Invalid access token"),
    TokenState.REVOKED: (
        65601,
        "REVOKED_ACCESS_TOKEN",
        "The token used in the request has been revoked by the user",
    ),
    TokenState.EXPIRED: (65602, "EXPIRED_ACCESS_TOKEN", "The token used in the request has expired"),
}


def bearer_token(
    *, scope: Scope | None, counts_as: Call = Call.OTHER
) -> Callable[[Callable[Concatenate[ApiRequest, P], HttpResponseBase]], Answer[P]]:
    """Let a view run only with a good token that has the scope (None: whatever its scopes).

    The view finds `token` and `organization` on the request.
    Every call with a good token counts against its hourly limit, whatever becomes of it.
    """

    def decorate(view: Callable[Concatenate[ApiRequest, P], HttpResponseBase]) -> Answer[P]:
        @wraps(view)
        def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            known = check_caller(request, scope=scope, counts_as=counts_as, now=datetime.now(UTC))
            with actors.acting(actor_of(known.token)):
                return view(known, *args, **kwargs)

        return checked

    return decorate


def check_caller(request: HttpRequest, *, scope: Scope | None, counts_as: Call, now: datetime) -> ApiRequest:
    """
    Return the request with the token, the organization and the count of calls that were found; raise ApiError.

    Every call with a good token counts against its hourly limit, whatever becomes of it.
    """
    token, known = _authenticate(request, now), cast("ApiRequest", request)
    known.token, known.organization = token, token.organization
    known.counted = count_call(token, counts_as, now=now)
    if not known.counted.is_within:
        raise too_many(known.counted.seconds_left)
    if scope is not None and not has_scope(token, scope):
        raise access_denied(f"Not enough permissions to access: {request.path}.{request.method}.{scope}")
    return known


def by_method(**views: Answer[P]) -> Answer[P]:
    """Choose the view by the request's method; GET answers HEAD, too, and any other method is refused."""
    if "GET" in views:
        views["HEAD"] = views["GET"]
    allowed = sorted(views)

    def dispatch(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        view = views.get(request.method or "")
        if view is None:
            raise method_not_allowed(request.method or "", allowed)
        return view(request, *args, **kwargs)

    # The token is in a header that no browser adds by itself, so there is nothing to forge.
    return csrf_exempt(dispatch)


def bearer_value(header: str) -> str:
    """Return the token of an Authorization header without blanks around it; empty when there is none."""
    scheme, _, value = header.strip().partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


def feed_of(request: ApiRequest) -> Feed:
    """Return the feed whose files the token sends."""
    if request.token.feed is None:
        raise access_denied("This token belongs to no feed: it sends no files.")
    return request.token.feed


def creator_of(request: ApiRequest) -> Account:
    """Return in whose name the token acts: whoever made it."""
    account = request.token.created_by
    if account is None or not account.is_active:
        raise access_denied("Whoever made this token may no longer sign in; make a new one.")
    return account


def address_of(request: HttpRequest) -> str | None:
    """Return the caller's address; a proxy's word counts only from a trusted proxy."""
    return peer_address(
        request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""), settings.TRUSTED_PROXIES
    )


def _authenticate(request: HttpRequest, now: datetime) -> AccessToken:
    text = bearer_value(request.headers.get("Authorization", ""))
    if not text:
        raise empty_token()
    found = find_token(text, now=now)
    if found.token is None or found.state is not TokenState.GOOD:
        raise bad_token(*_REFUSALS[found.state])
    address = address_of(request)
    structlog.contextvars.bind_contextvars(organization=found.token.organization_id, token=found.token.pk)
    if not is_allowed_from(found.token, address):
        raise access_denied("This token may not be used from this address.")
    record_use(found.token, address, now=now)
    return found.token
