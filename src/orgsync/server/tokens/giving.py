"""Which scopes an admin may give a token: never more than they may do themselves."""

from collections.abc import Iterable
from typing import Final

from orgsync.server.orgs.access import Permission, may_for_all
from orgsync.server.orgs.models import Admin, Role
from orgsync.server.tokens.scopes import Scope
from orgsync.server.tokens.tokens import TokenRefused

_NEEDS: Final[dict[Scope, Permission]] = {
    Scope.SYNC: Permission.UPLOAD,
    Scope.PLANS_READ: Permission.SEE_JOBS,
    Scope.JOBS_APPROVE: Permission.DECIDE,
    Scope.JOBS_UNDO: Permission.DECIDE,
    Scope.DIRECTORY_READ: Permission.SEE_PEOPLE,
    Scope.DIRECTORY_WRITE: Permission.EDIT_PEOPLE,
    Scope.REPORTS_READ: Permission.SEE_REPORTS,
    Scope.XAPI_READ: Permission.SEE_REPORTS,
    Scope.XAPI_WRITE: Permission.MANAGE_TOKENS,
}
OWNERS_ONLY: Final = frozenset({Scope.PERMISSIONS_WRITE, Scope.ERASE, Scope.ADMIN})
"""Whoever gives these could make an owner of somebody, or lose data for good."""


def may_give(admin: Admin, scope: Scope) -> bool:
    """Return whether the admin may make a token with this scope; a token knows no limit to groups."""
    if scope in OWNERS_ONLY:
        return admin.role == Role.OWNER
    return may_for_all(admin, _NEEDS[scope])


def check_may_give(admin: Admin, scopes: Iterable[str]) -> None:
    """Raise TokenRefused when a scope is beyond what the admin may give."""
    beyond = [name for name in scopes if not may_give(admin, Scope(name))]
    if beyond:
        raise TokenRefused("scopes", f"You may not give {', '.join(beyond)}: ask somebody who may.")


def scopes_to_give(admin: Admin) -> list[Scope]:
    """Return what the admin may give, in the order of the catalogue."""
    return [scope for scope in Scope if may_give(admin, scope)]
