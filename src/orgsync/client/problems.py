"""Turn whatever httpx2 or a server reports into one of our exceptions."""

import email.utils
import json
import ssl
import time
from typing import Any

import httpx2

from orgsync.client.errors import (
    AuthenticationFailed,
    ClientError,
    NotFound,
    RefusedAnswer,
    RejectedRequest,
    ServerUnavailable,
    UnexpectedAnswer,
)

_KIND_BY_STATUS: dict[int, type[RefusedAnswer]] = {401: AuthenticationFailed, 403: AuthenticationFailed, 404: NotFound}
_WORTH_ANOTHER_TRY = frozenset({408, 425, 429})


def problem_in(response: httpx2.Response) -> ClientError:
    """Return the exception for an answer that is no success; its body must have been read."""
    status = response.status_code
    if status == 429 and _is_of_the_day(response):
        return ServerUnavailable(
            f"The server answered 429: {_message(response)}. The limit is lifted at midnight UTC; run it again then.",
            is_lasting=True,
        )
    if status >= 500 or status in _WORTH_ANOTHER_TRY:
        return ServerUnavailable(
            f"The server answered {status}: {_message(response)}.", retry_after=retry_after(response)
        )
    if status < 400:
        target = response.headers.get("location", "nowhere")
        return UnexpectedAnswer(f"The server answered {status} and points to {target}; use that address with --server.")
    body = _json_object(response)
    number = body.get("serviceErrorCode")
    code = body.get("code")
    return _KIND_BY_STATUS.get(status, RejectedRequest)(
        _message(response),
        status=status,
        code=str(code) if code is not None else None,
        service_error_code=number if isinstance(number, int) else None,
        request_id=response.headers.get("x-li-uuid"),
    )


def problem_on_the_way(error: httpx2.RequestError) -> ClientError:
    """Return the exception for a request that got no answer."""
    if is_certificate_problem(error):
        return ServerUnavailable(
            f"The server's certificate cannot be verified ({error}). Name its authority with --ca.", is_lasting=True
        )
    if isinstance(error, httpx2.UnsupportedProtocol):
        return ServerUnavailable(f"The address cannot be used: {error}", is_lasting=True)
    if isinstance(error, httpx2.TimeoutException):
        return ServerUnavailable("The server did not answer in time.")
    return ServerUnavailable(f"The server cannot be reached: {str(error) or type(error).__name__}")


def json_object(response: httpx2.Response) -> dict[str, Any]:
    """Return the JSON object in a successful answer, or raise UnexpectedAnswer."""
    body = _json_object(response)
    if not body:
        kind = response.headers.get("content-type", "no content type")
        raise UnexpectedAnswer(f"The server answered {response.status_code} without a JSON object ({kind}).")
    return body


def _json_object(response: httpx2.Response) -> dict[str, Any]:
    try:
        body = json.loads(response.content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _message(response: httpx2.Response) -> str:
    """Return the server's own words; a page of some proxy in between is not quoted."""
    body = _json_object(response)
    message = body.get("message") or body.get("detail")  # the latter in problem details (RFC 9457)
    return str(message or response.reason_phrase or "no reason given").rstrip(".")


def _is_of_the_day(response: httpx2.Response) -> bool:
    """Say whether LinkedIn's limit of a day is reached: to knock on until midnight UTC only makes it worse."""
    return "retry-after" not in response.headers and " DAY " in f" {_message(response)} "


def retry_after(response: httpx2.Response) -> float | None:
    """Return the wait in seconds that the server asks for, as number or date; None when it asks for none."""
    text = response.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, moment.timestamp() - time.time())


def is_certificate_problem(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
