"""What a token may do: one word each, and no word stands for another."""

from enum import StrEnum
from typing import Final

from orgsync.server.tokens.models import AccessToken


class Scope(StrEnum):
    SYNC = "sync"
    """Upload, process, and see status and files of its own feed's jobs."""
    PLANS_READ = "plans:read"
    JOBS_APPROVE = "jobs:approve"
    JOBS_UNDO = "jobs:undo"
    DIRECTORY_READ = "directory:read"
    DIRECTORY_WRITE = "directory:write"
    PERMISSIONS_WRITE = "permissions:write"
    ERASE = "erase"
    REPORTS_READ = "reports:read"
    XAPI_READ = "xapi:read"
    """Read statements that were sent."""
    XAPI_WRITE = "xapi:write"
    """Send xAPI statements."""
    ADMIN = "admin"


POWERFUL: Final = frozenset(
    {Scope.JOBS_APPROVE, Scope.DIRECTORY_WRITE, Scope.PERMISSIONS_WRITE, Scope.ERASE, Scope.ADMIN}
)
"""Scopes that no preset holds: they are only ever chosen one by one."""

PRESETS: Final[dict[str, frozenset[Scope]]] = {"sync": frozenset({Scope.SYNC})}
DEFAULT_PRESET: Final = "sync"


def has_scope(token: AccessToken, scope: Scope) -> bool:
    return scope.value in token.scopes


def unknown_scopes(names: list[str]) -> list[str]:
    """Return the names that are no scope, sorted."""
    return sorted(set(names) - {scope.value for scope in Scope})
