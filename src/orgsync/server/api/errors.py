"""What the wire answers when it does not do what it is asked: LinkedIn's shape, always JSON."""

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpRequest, JsonResponse

from orgsync.server.api.draining import Refusal

STORAGE_RETRY_AFTER: Final = 30  # seconds
DATABASE_RETRY_AFTER: Final = 5  # seconds, in which a stand-by is promoted or a restart done


class ApiError(Exception):
    """An answer other than success; raised anywhere below a view, rendered by the middleware."""

    def __init__(
        self,
        status: int,
        code: str | None,
        message: str,
        *,
        service_code: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.code = code
        self.message = message
        self.service_code = service_code
        self.headers = dict(headers or {})
        super().__init__(f"{status} {code or ''}: {message}")


def empty_token() -> ApiError:
    headers = {"WWW-Authenticate": "Bearer"}
    return ApiError(401, None, "Empty oauth2_access_token", service_code=401, headers=headers)


def bad_token(service_code: int, code: str, message: str) -> ApiError:
    headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    return ApiError(401, code, message, service_code=service_code, headers=headers)


def access_denied(message: str) -> ApiError:
    return ApiError(403, "ACCESS_DENIED", message, service_code=100)


def resource_not_found(message: str = "No virtual resource found") -> ApiError:
    return ApiError(404, "RESOURCE_NOT_FOUND", message)


def invalid_request(message: str) -> ApiError:
    """Name the field at fault in the message."""
    return ApiError(400, "INVALID_REQUEST", message)


def method_not_allowed(method: str, allowed: list[str]) -> ApiError:
    message = f"{method} is not allowed here; use {' or '.join(allowed)}."
    return ApiError(405, "METHOD_NOT_ALLOWED", message, headers={"Allow": ", ".join(allowed)})


def busy(message: str, retry_after: int) -> ApiError:
    return ApiError(503, "BUSY", message, headers={"Retry-After": str(retry_after)})


def too_many(retry_after: int) -> ApiError:
    message = "Resource level throttle limit for calls to this resource is reached."
    headers = {"Retry-After": str(retry_after)}
    return ApiError(429, "TOO_MANY_REQUESTS", message, service_code=101, headers=headers)


def render(request: HttpRequest, error: ApiError) -> JsonResponse:
    body: dict[str, Any] = {"message": error.message, "serviceErrorCode": error.service_code, "status": error.status}
    if error.service_code is None:
        del body["serviceErrorCode"]
    if error.code is not None:
        body["code"] = error.code
    response = Refusal(request, body, status=error.status)
    for name, value in error.headers.items():
        response[name] = value
    return response


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:  # noqa: ARG001 - Django's signature
    """Answer an unknown path."""
    return render(request, resource_not_found())


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:  # noqa: ARG001 - Django's signature
    """Answer a request that Django itself refuses to read."""
    return render(request, invalid_request("The request cannot be read."))


def forbidden(request: HttpRequest, exception: Exception) -> JsonResponse:  # noqa: ARG001 - Django's signature
    return render(request, access_denied("Not enough permissions."))


def storage_away(request: HttpRequest) -> JsonResponse:
    """Answer while files can neither be stored nor read; nothing of the request has been kept."""
    return render(request, busy("The storage of files does not answer; try again.", STORAGE_RETRY_AFTER))


def database_away(request: HttpRequest) -> JsonResponse:
    """Answer while the database cannot be reached or takes no writes.

    Its word may have been lost only on the way back: whoever sends an upload again does so with the same key.
    """
    return render(request, busy("The database does not answer; try again.", DATABASE_RETRY_AFTER))


def server_error(request: HttpRequest) -> JsonResponse:
    """Answer when something broke; what it was stands in the log, under the answer's x-li-uuid."""
    message = "Internal server error; quote the x-li-uuid header."
    return render(request, ApiError(500, "INTERNAL_SERVER_ERROR", message))
