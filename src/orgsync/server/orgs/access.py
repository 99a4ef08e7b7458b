"""Who may see and do what in the Account Center: the one place where that is decided."""

from enum import StrEnum
from typing import Final

from orgsync.server.orgs.models import Account, Admin, Role


class Permission(StrEnum):
    """What a page or button asks for."""

    SEE_PEOPLE = "see people"
    SEE_JOBS = "see jobs"
    SEE_FEEDS = "see feeds"
    UPLOAD = "upload"
    DECIDE = "approve, reject or cancel jobs"
    SEE_GROUPS = "see groups"
    EDIT_GROUPS = "edit groups"
    SEE_LICENSES = "see licenses"
    MANAGE_LICENSES = "manage licenses"
    MERGE_PEOPLE = "merge duplicates"
    MANAGE_FEEDS = "manage feeds"
    MANAGE_TOKENS = "manage access tokens"
    SEE_OUTBOX = "see the outbox"
    EDIT_PEOPLE = "edit people by hand"
    ERASE = "erase people"
    MANAGE_SETTINGS = "change settings"


_SEEING: Final = frozenset(
    {
        *(Permission.SEE_PEOPLE, Permission.SEE_GROUPS, Permission.SEE_LICENSES),
        *(Permission.SEE_JOBS, Permission.SEE_FEEDS),
    }
)
ROLE_PERMISSIONS: Final[dict[Role, frozenset[Permission]]] = {
    Role.OWNER: frozenset(Permission),
    Role.ADMIN: frozenset(Permission) - {Permission.ERASE},
    Role.READ_ONLY: _SEEING,
}
"""A token and a job that touches admins ask for more than the role: see `uploads.decisions`."""


def may(admin: Admin, permission: Permission) -> bool:
    """Return whether an admin may do something in their organization."""
    return permission in ROLE_PERMISSIONS[Role(admin.role)]


def roles_of(account: Account) -> list[Admin]:
    """Return the account's roles, one for each organization it belongs to, by name."""
    roles = Admin.objects.select_related("organization", "account").filter(account=account)
    return list(roles.order_by("organization__name"))
