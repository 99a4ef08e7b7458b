"""Refusals in the standard's own shape, whatever part of the server raised them."""

from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase

from orgsync.server.api.draining import Refusal
from orgsync.server.api.errors import ApiError
from orgsync.server.directory.revision import DirectoryBusy
from orgsync.server.scim.names import CONTENT_TYPE, ERROR, ROOT

Answer = Callable[..., HttpResponseBase]
BUSY_SECONDS: Final = 60
HELD_SECONDS: Final = 3600
"""A person has to decide; that takes a while."""


class ScimError(Exception):
    """An answer other than success; `kind` is the standard's scimType, where it has one for the case."""

    def __init__(self, status: int, detail: str, kind: str = "", headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.detail = detail
        self.kind = kind
        self.headers = dict(headers or {})
        super().__init__(f"{status} {kind}: {detail}")

    def body(self) -> dict[str, Any]:
        """Return the error as the standard writes it: the status is a text."""
        body = {"schemas": [ERROR], "status": str(self.status), "detail": self.detail}
        return body | ({"scimType": self.kind} if self.kind else {})


def invalid_value(detail: str) -> ScimError:
    return ScimError(400, detail, "invalidValue")


def invalid_syntax(detail: str) -> ScimError:
    return ScimError(400, detail, "invalidSyntax")


def invalid_path(detail: str) -> ScimError:
    return ScimError(400, detail, "invalidPath")


def invalid_filter(detail: str) -> ScimError:
    return ScimError(400, detail, "invalidFilter")


def mutability(detail: str) -> ScimError:
    return ScimError(400, detail, "mutability")


def taken(detail: str) -> ScimError:
    return ScimError(409, detail, "uniqueness")


def not_found(what: str = "resource") -> ScimError:
    return ScimError(404, f"There is no such {what}.")


def busy(detail: str) -> ScimError:
    return ScimError(503, detail, "busy", {"Retry-After": str(BUSY_SECONDS)})


def held(job_id: int, why: str) -> ScimError:
    """Say that a person decides on the change first; nothing of it is applied until then."""
    detail = f"Held for approval as job {job_id} in Sync history; nothing is changed yet. {why}"
    return ScimError(503, detail.strip(), "held", {"Retry-After": str(HELD_SECONDS)})


def scim(view: Answer) -> Answer:
    """Let a view answer refusals as the standard does."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except ScimError as error:
            return _refusal(request, error)
        except (ApiError, DirectoryBusy) as error:
            return _refusal(request, as_scim(error))

    # Tokens come in a header that no browser adds by itself.
    answered.csrf_exempt = True  # type: ignore[attr-defined]
    return answered


def as_scim(error: ApiError | DirectoryBusy) -> ScimError:
    """Return what other parts of the server refuse, as the standard writes it."""
    if isinstance(error, DirectoryBusy):
        return busy(str(error))
    kind = "invalidSyntax" if error.status == 400 else "busy" if error.status == 503 else ""
    return ScimError(error.status, error.message, kind, error.headers)


def is_scim(request: HttpRequest) -> bool:
    return request.path.startswith(f"{ROOT}/")


def plain_error(request: HttpRequest, status: int) -> JsonResponse:
    """Answer what Django itself refuses, or what broke: that stands in the log, under the answer's x-li-uuid."""
    return _refusal(request, ScimError(status, HTTPStatus(status).phrase))


def _refusal(request: HttpRequest, error: ScimError) -> JsonResponse:
    response = Refusal(request, error.body(), status=error.status)
    response["Content-Type"] = CONTENT_TYPE
    for name, value in error.headers.items():
        response[name] = value
    return response
