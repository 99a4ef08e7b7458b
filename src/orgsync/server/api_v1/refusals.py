"""What operations say no with."""

from typing import TypeVar

from orgsync.server.api.errors import ApiError, resource_not_found

Found = TypeVar("Found")


def existing(found: Found | None) -> Found:
    """Return what was looked up within the organization; raise ApiError where there is nothing."""
    if found is None:
        raise resource_not_found()
    return found


def impossible(message: str) -> ApiError:
    """Return the refusal of a value that is of no use; name the field at fault in the message."""
    return ApiError(422, "INVALID_REQUEST", message)


def conflict(message: str) -> ApiError:
    """Return the refusal of what the organization's state does not allow."""
    return ApiError(409, "NOT_POSSIBLE", message)
