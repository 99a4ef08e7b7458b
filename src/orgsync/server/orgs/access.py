"""Who may see and do what: the one place where that is decided.

`may` answers for a permission, `people_for` over which people: pages, downloads, wire and exports ask here, and
`directory.scope` makes a query of the answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from orgsync.server.orgs.models import Account, Admin, Role
from orgsync.server.orgs.rights import PERMISSIONS_OF_ROLE, RIGHTS, Permission, Right

__all__ = ["EVERYBODY", "NOBODY", "Grants", "People", "Permission", "Right", "may", "people_for"]

ROLE_PERMISSIONS: Final = {Role(name): permissions for name, permissions in PERMISSIONS_OF_ROLE.items()}
"""What a role may do for everybody. A token and a job that touches admins ask for more: `may_decide`, `may_manage`."""

Grants = Mapping[Right, frozenset[int] | None]
"""A sub-admin's rights: the groups that each is limited to; None for everybody."""


@dataclass(frozen=True, slots=True)
class People:
    """Over which people something may be done: those who are in one of the groups, or everybody."""

    group_ids: frozenset[int] | None = None
    """None: everybody."""

    @property
    def is_everybody(self) -> bool:
        return self.group_ids is None


EVERYBODY: Final = People()
NOBODY: Final = People(frozenset())


def may(admin: Admin, permission: Permission) -> bool:
    """Return whether an admin may do something in their organization, for some people at least."""
    return people_for(admin, permission) is not None


def may_for_all(admin: Admin, permission: Permission) -> bool:
    """Return whether an admin may do something for everybody: what has no people, or has all of them, asks this."""
    found = people_for(admin, permission)
    return found is not None and found.is_everybody


def people_for(admin: Admin, permission: Permission) -> People | None:
    """Return over which people an admin has a permission; None where they do not have it."""
    if permission in ROLE_PERMISSIONS[Role(admin.role)]:
        return EVERYBODY
    scopes = [groups for right, groups in grants_of(admin).items() if permission in RIGHTS[right].permissions]
    if not scopes:
        return None
    limits = [groups for groups in scopes if groups is not None]
    return People(frozenset().union(*limits)) if len(limits) == len(scopes) else EVERYBODY


def may_change_group(admin: Admin, group_id: int | None, *, by_rule: bool = False) -> bool:
    """
    Return whether an admin may change who is in a group (None: one that is still to be made).

    Who is limited to groups may put their own people into these groups and take them out; to make a group, or to say
    by a rule who is in it, is for those who may do it for everybody: a rule could reach people whom they do not see.
    """
    people = people_for(admin, Permission.EDIT_GROUPS)
    if people is None or people.is_everybody:
        return people is not None
    return not by_rule and group_id in (people.group_ids or ())


def grants_of(admin: Admin) -> Grants:
    """Return a sub-admin's rights; nothing for other roles, which have theirs by the role."""
    return read_grants(admin.grants) if admin.role == Role.SUB_ADMIN else {}


def read_grants(stored: Mapping[str, list[int] | None]) -> dict[Right, frozenset[int] | None]:
    """Return stored grants as values; a right that is not known any more gives nothing."""
    known = {right.value: right for right in Right}
    return {known[name]: None if ids is None else frozenset(ids) for name, ids in stored.items() if name in known}


def stored_grants(grants: Grants) -> dict[str, list[int] | None]:
    """Return grants as they are stored."""
    return {right.value: None if ids is None else sorted(ids) for right, ids in sorted(grants.items())}


def may_manage(admin: Admin, role: Role, grants: Grants) -> bool:
    """
    Return whether an admin may make, change or deactivate an admin who has, or gets, this role and these grants.

    Owners decide on everybody, admins on sub-admins and read-only ones, a sub-admin who may create others only on
    sub-admins with rights that they have themselves, over people whom they have themselves.
    """
    if not may(admin, Permission.MANAGE_ADMINS):
        return False
    if admin.role == Role.OWNER:
        return True
    if admin.role == Role.ADMIN:
        return role in {Role.SUB_ADMIN, Role.READ_ONLY}
    own = grants_of(admin)
    return role is Role.SUB_ADMIN and all(
        right in own and _is_within(groups, own[right]) for right, groups in grants.items()
    )


def may_decide(admin: Admin, *, needs_owner: bool) -> bool:
    """Return whether an admin may decide on a held job; on one that touches admins only an owner does."""
    return admin.role == Role.OWNER or (may_for_all(admin, Permission.DECIDE) and not needs_owner)


def roles_of(account: Account) -> list[Admin]:
    """Return the account's roles, one for each organization it belongs to, by name."""
    roles = Admin.objects.select_related("organization", "account").filter(account=account)
    return list(roles.order_by("organization__name"))


def admin_of(organization_id: int, account: Account) -> Admin | None:
    """Return the account's standing role in an organization; None where it has none or may not sign in."""
    found = Admin.objects.filter(organization_id=organization_id, account=account, account__is_active=True)
    return found.select_related("account").first()


def account_may(organization_id: int, account: Account, permission: Permission) -> bool:
    """Return whether an account may do something in an organization for everybody."""
    admin = admin_of(organization_id, account)
    return admin is not None and may_for_all(admin, permission)


def is_owner(organization_id: int, account: Account) -> bool:
    """Return whether an account owns an organization."""
    admin = admin_of(organization_id, account)
    return admin is not None and admin.role == Role.OWNER


def _is_within(groups: frozenset[int] | None, own: frozenset[int] | None) -> bool:
    return own is None or (groups is not None and groups <= own)
