"""Refusals as problem details (RFC 9457), whatever part of the server raised them."""

import re
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from orgsync.core.errors import OrgSyncError
from orgsync.core.grouprules.conditions import RuleError
from orgsync.server.admins.roles import AdminRefused
from orgsync.server.api.draining import Refusal
from orgsync.server.api.errors import ApiError
from orgsync.server.directory.claims import HandOverRefused
from orgsync.server.directory.duplicates import NotAPair
from orgsync.server.directory.erasing import PersonUnknown
from orgsync.server.directory.revision import DirectoryBusy
from orgsync.server.directory.rulegroups import GroupUnknown
from orgsync.server.hooks.webhooks import WebhookRefused
from orgsync.server.learning.contents import ContentRefused
from orgsync.server.learning.recommending.rules import RuleRefused
from orgsync.server.notify.invitations import InvitationsOff
from orgsync.server.orgs.blackouts import WrongBlackout
from orgsync.server.orgs.pictures import UnusablePicture
from orgsync.server.orgs.telling import NobodyTold
from orgsync.server.reports.saving import SavingRefused
from orgsync.server.sandbox import SandboxRefused
from orgsync.server.setup import SetupRefused
from orgsync.server.signon.configuring import SignOnRefused
from orgsync.server.tokens.tokens import TokenRefused
from orgsync.server.uploads.assigning import AssignmentRefused
from orgsync.server.uploads.decisions import DecisionRefused
from orgsync.server.uploads.editrights import EditRefused
from orgsync.server.uploads.erase import ErasureRefused
from orgsync.server.uploads.groupedits import GroupRefused
from orgsync.server.uploads.media import DamagedMedia, RemovedMedia
from orgsync.server.uploads.rulejobs import RuleLost
from orgsync.server.uploads.undoing import UndoRefused

CONFLICTS: Final[tuple[type[OrgSyncError], ...]] = (
    *(DecisionRefused, UndoRefused, ContentRefused, AssignmentRefused, EditRefused, ErasureRefused, GroupRefused),
    *(HandOverRefused, NotAPair, RuleError, RuleLost, DamagedMedia, SetupRefused),
    *(AdminRefused, TokenRefused, WebhookRefused, WrongBlackout, NobodyTold, UnusablePicture, SignOnRefused),
    *(RuleRefused, SavingRefused, SandboxRefused, InvitationsOff),
)
"""What the organization's state, or a rule of ours, does not allow: 409."""
NOT_FOUND: Final[tuple[type[OrgSyncError], ...]] = (PersonUnknown, GroupUnknown, RemovedMedia)
PROBLEM_JSON: Final = "application/problem+json"
BASE: Final = "/api/v1/"
BUSY_SECONDS: Final = 5
SHOWN: Final = 20
"""Errors of one request that are named."""

_PLAIN: Final = {
    400: ("INVALID_REQUEST", "The request cannot be read."),
    403: ("ACCESS_DENIED", "Not enough permissions."),
    404: ("RESOURCE_NOT_FOUND", "There is no such resource."),
    500: ("INTERNAL_SERVER_ERROR", "Something broke; quote the x-li-uuid header."),
    503: ("BUSY", "The storage of files or the database does not answer; try again."),
}


class ProblemAnswer(Refusal):
    """A problem as answer; what is left of the request's body is read away."""

    def __init__(  # noqa: PLR0917  the members of a problem
        self,
        request: HttpRequest,
        status: int,
        code: str | None,
        detail: str,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Mapping[str, str]] = (),
    ) -> None:
        instance = structlog.contextvars.get_contextvars().get("request_id")
        facts: dict[str, Any] = {
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": detail,
            "code": code,
            "instance": f"urn:uuid:{instance}" if instance else None,
            "errors": list(errors) or None,
        }
        super().__init__(request, {name: value for name, value in facts.items() if value is not None}, status=status)
        self["Content-Type"] = PROBLEM_JSON
        self["Cache-Control"] = "no-store"
        for name, value in (headers or {}).items():
            self[name] = value


def is_ours(request: HttpRequest) -> bool:
    """Tell whether the request is for this API."""
    return request.path.startswith(BASE)


def api_error(request: HttpRequest, error: ApiError) -> ProblemAnswer:
    return ProblemAnswer(request, error.status, error.code, error.message, error.headers)


def plain_problem(request: HttpRequest, status: int) -> ProblemAnswer:
    """Answer what no operation has answered: an address that is none, or something that broke."""
    code, detail = _PLAIN[status]
    return ProblemAnswer(request, status, code, detail)


def answer_refusals(api: NinjaAPI) -> None:
    """Let the API answer everything that we raise on purpose; anything else is for Django's handler of errors."""
    handlers: dict[type[Exception], Callable[[HttpRequest, Any], ProblemAnswer]] = {
        ApiError: api_error,
        ValidationError: _invalid,
        HttpError: _unreadable,
        Http404: _not_found,
        PermissionDenied: _denied,
        RequestDataTooBig: _too_large,
        DirectoryBusy: _busy,
        **dict.fromkeys(CONFLICTS, _conflict),
        **dict.fromkeys(NOT_FOUND, _not_found),
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def _invalid(request: HttpRequest, error: ValidationError) -> ProblemAnswer:
    found = [{"where": _place(one["loc"]), "what": _words(one["msg"])} for one in error.errors[:SHOWN]]
    detail = "; ".join(f"{one['where']}: {one['what']}" for one in found[:3])
    return ProblemAnswer(request, 422, "INVALID_REQUEST", detail or "The request cannot be read.", errors=found)


def _place(loc: Sequence[Any]) -> str:
    # The views' own name for the whole body says nothing to the caller.
    names = [str(one) for place, one in enumerate(loc) if not (place == 1 and one == "body")]
    return re.sub(r"[^ -~]", "?", ".".join(names))[:200]


def _words(message: str) -> str:
    return message.removeprefix("Value error, ")[:300]


def _unreadable(request: HttpRequest, error: HttpError) -> ProblemAnswer:
    if isinstance(error.__cause__, ApiError):  # what our own reader of bodies has said
        return api_error(request, error.__cause__)
    code = "INVALID_REQUEST" if error.status_code == 400 else None
    return ProblemAnswer(request, error.status_code, code, error.message)


def _not_found(request: HttpRequest, error: Exception) -> ProblemAnswer:  # noqa: ARG001  nobody learns what is there
    return ProblemAnswer(request, 404, "RESOURCE_NOT_FOUND", "There is no such resource.")


def _denied(request: HttpRequest, error: PermissionDenied) -> ProblemAnswer:
    return ProblemAnswer(request, 403, "ACCESS_DENIED", str(error) or "Whoever made this token may not do that.")


def _too_large(request: HttpRequest, error: RequestDataTooBig) -> ProblemAnswer:  # noqa: ARG001  a handler
    return ProblemAnswer(request, 413, "TOO_LARGE", "The body is larger than 1,000,000 bytes.")


def _busy(request: HttpRequest, error: DirectoryBusy) -> ProblemAnswer:
    return ProblemAnswer(request, 503, "BUSY", str(error), {"Retry-After": str(BUSY_SECONDS)})


def _conflict(request: HttpRequest, error: OrgSyncError) -> ProblemAnswer:
    return ProblemAnswer(request, 409, "NOT_POSSIBLE", str(error))
