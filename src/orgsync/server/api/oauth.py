"""POST /oauth/v2/accessToken: an API application changes its client id and secret for a short-lived access token.

RFC 6749 §4.4 (client credentials), with its errors of §5.2; the answer is LinkedIn's with `token_type` and `scope`.
"""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Final
from urllib.parse import unquote_plus

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, JsonResponse, QueryDict

from orgsync.server.api.authentication import address_of
from orgsync.server.api.draining import Refusal
from orgsync.server.api.errors import ApiError
from orgsync.server.api.parameters import content_length
from orgsync.server.audit import actors
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record
from orgsync.server.tokens.applications import find_application, give_token, is_over, is_secret_of
from orgsync.server.tokens.limits import Call, count_call
from orgsync.server.tokens.models import Application
from orgsync.server.tokens.tokens import is_allowed_from, record_application_use

GRANT: Final = "client_credentials"
FORM: Final = "application/x-www-form-urlencoded"
MOST_BYTES: Final = 16 * 1024
LONGEST_ID: Final = 100
NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
REALM: Final = 'Basic realm="orgsync"'

View = Callable[[HttpRequest], JsonResponse]


class OAuthError(Exception):
    """An answer of RFC 6749 §5.2."""

    def __init__(self, error: str, description: str, *, status: int = 400, headers: dict[str, str] | None = None):
        self.error = error
        self.description = description
        self.status = status
        self.headers = headers or {}
        super().__init__(f"{error}: {description}")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a caller says: who it is, and what it wants."""

    client_id: str
    secret: str
    scopes: tuple[str, ...]
    """Empty: all that the application has."""


def with_oauth_errors(view: View) -> View:
    """Answer refusals of the view as RFC 6749 wants them, and let nobody keep any answer."""

    @wraps(view)
    def answered(request: HttpRequest) -> JsonResponse:
        try:
            return view(request)
        except OAuthError as refused:
            return _refusal(request, refused)
        except ApiError as error:
            known = OAuthError("invalid_request", error.message, status=error.status, headers=error.headers)
            return _refusal(request, known)

    return answered


@with_oauth_errors
def access_token(request: HttpRequest) -> JsonResponse:
    now = datetime.now(UTC)
    asked = _asked(request)
    application = _authenticated(request, asked, now)
    _check_limit(application, now)
    scopes = _scopes(application, asked)
    made = give_token(application, scopes, now=now)
    if made is None:
        raise _invalid_client("The application is over.")
    record_application_use(application, address_of(request), now=now)
    token, text = made
    seconds = int(((token.expires_at or now) - now).total_seconds())
    answer = {"access_token": text, "expires_in": seconds, "token_type": "Bearer", "scope": " ".join(token.scopes)}  # nosec B105
    return JsonResponse(answer, headers=NO_STORE)


def _refusal(request: HttpRequest, refused: OAuthError) -> JsonResponse:
    body = {"error": refused.error, "error_description": refused.description}
    answer = Refusal(request, body, status=refused.status)
    for name, value in (NO_STORE | refused.headers).items():
        answer[name] = value
    return answer


def _invalid_client(description: str) -> OAuthError:
    return OAuthError("invalid_client", description, status=401, headers={"WWW-Authenticate": REALM})


def _asked(request: HttpRequest) -> Asked:
    """Read form and header; raise OAuthError for what is missing, twice there, or of another kind."""
    form = _form(request)
    if form.get("grant_type") is None:
        raise OAuthError("invalid_request", "grant_type must be given.")
    if form["grant_type"] != GRANT:
        raise OAuthError("unsupported_grant_type", f"grant_type must be {GRANT}.")
    client_id, secret = _basic(request.headers.get("Authorization", ""), form)
    return Asked(client_id, secret, tuple(form.get("scope", "").split()))


def _form(request: HttpRequest) -> dict[str, str]:
    length = content_length(request)
    if request.content_type != FORM:
        raise OAuthError("invalid_request", f"Content-Type must be {FORM}.")
    if length > MOST_BYTES:
        raise OAuthError("invalid_request", f"The body is larger than the limit of {MOST_BYTES:,} bytes.", status=413)
    # Read as bytes, so that nothing that looks at request.POST later finds a secret there.
    found = QueryDict(request.read(length), encoding="utf-8")
    if any(len(values) > 1 for _, values in found.lists()):
        raise OAuthError("invalid_request", "A parameter stands there twice.")
    # A parameter without a value is treated as if it were left out.
    return {name: value for name, value in found.items() if isinstance(value, str) and value}


def _basic(header: str, form: dict[str, str]) -> tuple[str, str]:
    """Return client id and secret from the header or from the form, never from both."""
    scheme, _, packed = header.strip().partition(" ")
    if not header.strip():
        if not form.get("client_id") or not form.get("client_secret"):
            raise _invalid_client("Give client_id and client_secret, in the form or by HTTP Basic.")
        return form["client_id"].strip(), form["client_secret"].strip()
    if scheme.lower() != "basic":
        raise _invalid_client("The Authorization header must be HTTP Basic with client id and secret.")
    if "client_secret" in form:
        raise OAuthError("invalid_request", "Give client id and secret once: in the form or by HTTP Basic.")
    try:
        user, _, password = base64.b64decode(packed.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise _invalid_client("The Authorization header cannot be read as HTTP Basic.") from error
    return unquote_plus(user), unquote_plus(password)


def _authenticated(request: HttpRequest, asked: Asked, now: datetime) -> Application:
    """
    Return the application whose secret was given, or raise OAuthError.

    Wrong secrets are counted as wrong passwords are: by name and address, with the same limit and the same silence.
    """
    guessed = {settings.AXES_USERNAME_FORM_FIELD: f"application {asked.client_id[:LONGEST_ID]}"}
    if not AxesProxyHandler.is_allowed(request, guessed):
        wait = str(int(settings.AXES_COOLOFF_TIME.total_seconds()))
        text = "Too many wrong secrets from this address; try again later."
        raise OAuthError("temporarily_unavailable", text, status=429, headers={"Retry-After": wait})
    application = find_application(asked.client_id)
    if not is_secret_of(application, asked.secret, now=now) or application is None:
        AxesProxyHandler.user_login_failed(__name__, guessed, request)
        # Its middleware would put the page for browsers in the place of our answer.
        request.axes_locked_out = False  # type: ignore[attr-defined]
        _note_refused(application, "secret", now)
        raise _invalid_client("Unknown client id, or another secret.")
    if is_over(application, now):
        _note_refused(application, "over", now)
        raise _invalid_client(f"The application {'is revoked' if application.revoked_at else 'has expired'}.")
    if not is_allowed_from(application, address_of(request)):
        _note_refused(application, "address", now)
        raise OAuthError("unauthorized_client", "The application may not be used from this address.")
    return application


def _note_refused(application: Application | None, reason: str, now: datetime) -> None:
    """Record a refusal for the application that was meant; an unknown client id is no organization's matter."""
    if application is not None:
        ids = {"application": application.pk, "reason": reason}
        with transaction.atomic():
            record(application.organization_id, Action.APPLICATION_REFUSED, ids, at=now, by=actors.NOBODY)


def _check_limit(application: Application, now: datetime) -> None:
    counted = count_call(application, Call.OTHER, now=now)
    if not counted.is_within:
        headers = {"Retry-After": str(counted.seconds_left)}
        raise OAuthError("temporarily_unavailable", "Too many calls in this hour.", status=429, headers=headers)


def _scopes(application: Application, asked: Asked) -> list[str]:
    """Return the scopes that were asked for, all of the application's when none was."""
    beyond = sorted(set(asked.scopes) - set(application.scopes))
    if beyond:
        raise OAuthError("invalid_scope", f"The application does not have {' '.join(beyond)}.")
    return list(asked.scopes or application.scopes)
