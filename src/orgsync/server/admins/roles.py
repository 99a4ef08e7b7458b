"""Change, deactivate and bring back admins. The last owner stays one, and nobody gives more than they have."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from orgsync.core.errors import OrgSyncError
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import Fact, record, record_all
from orgsync.server.directory.models import Group, Learner
from orgsync.server.orgs.access import Grants, grants_of, may_manage, read_grants, stored_grants
from orgsync.server.orgs.models import Admin, Invitation, Role
from orgsync.server.orgs.rights import RIGHTS


class AdminRefused(OrgSyncError):
    """An admin cannot be made or changed as asked; nothing was changed. `field` names what to correct."""

    def __init__(self, reason: str, field: str = "") -> None:
        self.reason = reason
        self.field = field
        super().__init__(reason)


def change_admin(target: Admin, role: Role, grants: Grants, *, by: Admin, now: datetime) -> None:
    """Give an admin another role, or other rights; raise AdminRefused."""
    grants = checked_grants(target.organization_id, role, grants)
    with transaction.atomic():
        known = _locked(target)
        _check_may(by, known, role, grants)
        if known.role == Role.OWNER and role is not Role.OWNER:
            _check_not_last_owner(known)
        values = {"role": role, "grants": stored_grants(grants), "is_by_file": False}
        Admin.objects.filter(organization_id=known.organization_id, id=known.pk).update(**values)
        record(known.organization_id, Action.ROLE_GIVEN, role_facts(known.account_id, role, grants), at=now)


def deactivate_admin(target: Admin, *, by: Admin, now: datetime) -> None:
    """
    End an admin's standing: from now on nothing is open to them; raise AdminRefused.

    Their sessions end, and so do the invitations to them and by them. Their access tokens are shown as theirs and
    work until they are revoked.
    """
    with transaction.atomic():
        known = _locked(target)
        _check_may(by, known, Role(known.role), grants_of(known))
        if known.role == Role.OWNER:
            _check_not_last_owner(known)
        end_standing(known, now=now)


def end_standing(admin: Admin, *, now: datetime) -> None:
    """Deactivate an admin whose right to stay has been judged, in the caller's transaction."""
    organization_id = admin.organization_id
    Admin.objects.filter(organization_id=organization_id, id=admin.pk).update(deactivated_at=now)
    open_ones = Invitation.objects.filter(organization_id=organization_id, accepted_at=None, ended_at=None)
    theirs = Q(email_key=admin.account.email_key) | Q(created_by_id=admin.account_id)
    ended = list(open_ones.filter(theirs).values_list("id", flat=True))
    open_ones.filter(id__in=ended).update(ended_at=now)
    for session in UserSession.objects.filter(user_id=admin.account_id):
        session.end()
    facts = [Fact(Action.INVITATION_ENDED, {"invitation": number}) for number in ended]
    told = {"account": admin.account_id, "role": admin.role}
    record_all(organization_id, [*facts, Fact(Action.ADMIN_DEACTIVATED, told)], at=now)


def reactivate_admin(target: Admin, *, by: Admin, now: datetime) -> None:
    """Let a deactivated admin in again, with the role and rights that they had; raise AdminRefused."""
    with transaction.atomic():
        known = Admin.everyone.select_for_update(of=("self",)).get(organization_id=target.organization_id, id=target.pk)
        role, grants = Role(known.role), read_grants(known.grants)
        _check_may(by, known, role, grants)
        Admin.everyone.filter(organization_id=known.organization_id, id=known.pk).update(deactivated_at=None)
        record(known.organization_id, Action.ROLE_GIVEN, role_facts(known.account_id, role, grants), at=now)


def link_learner(target: Admin, address: str, *, by: Admin, now: datetime) -> None:
    """
    Say which learner an admin is (by address), or with an empty address that they are none; raise AdminRefused.

    A linked learner never leaves by a file, and every change of their address, id or status is held for an owner.
    """
    with transaction.atomic():
        known = _locked(target)
        _check_may(by, known, Role(known.role), grants_of(known))
        learner = _learner(known.organization_id, address)
        learner_id = None if learner is None else learner.id
        taken = Admin.everyone.filter(organization_id=known.organization_id, learner_id=learner_id)
        if learner_id is not None and taken.exclude(id=known.pk).exists():
            raise AdminRefused(_("Another admin is linked to this learner."), "learner")
        Admin.objects.filter(organization_id=known.organization_id, id=known.pk).update(learner_id=learner_id)
        told = {"account": known.account_id, "learner": learner_id}
        record(known.organization_id, Action.ADMIN_LINKED, told, at=now)


def checked_grants(organization_id: int, role: Role, grants: Grants) -> Grants:
    """Return the grants that a role can have; raise AdminRefused for a limit where none can be, or a foreign group."""
    if role is not Role.SUB_ADMIN:
        return {}
    if not grants:
        raise AdminRefused(_("Choose at least one right."), "rights")
    for right, groups in grants.items():
        if groups is not None and not RIGHTS[right].is_limitable:
            raise AdminRefused(_("%s cannot be limited to groups.") % RIGHTS[right].label, "rights")
    named = frozenset[int]().union(*(groups for groups in grants.values() if groups is not None))
    known = Group.objects.filter(organization_id=organization_id, id__in=named)
    if known.count() != len(named):
        raise AdminRefused(_("One of the groups is not there any more."), "groups")
    return grants


def role_facts(account_id: int, role: Role, grants: Grants) -> Mapping[str, Any]:
    """Return what the audit log says of a role that is given."""
    return {"account": account_id, "role": role.value, "grants": stored_grants(grants)}


def _locked(target: Admin) -> Admin:
    """Lock every admin of the organization, so that two owners cannot remove each other; return this one anew."""
    admins = Admin.objects.select_for_update(of=("self",)).select_related("account")
    found = {one.pk: one for one in admins.filter(organization_id=target.organization_id).order_by("id")}
    if target.pk not in found:
        raise AdminRefused(_("This admin has been deactivated meanwhile."))
    return found[target.pk]


def _check_may(by: Admin, target: Admin, role: Role, grants: Grants) -> None:
    """Refuse unless `by` stands above what the target is, and above what they are to become."""
    is_allowed = may_manage(by, Role(target.role), grants_of(target)) and may_manage(by, role, grants)
    if not is_allowed or by.organization_id != target.organization_id:
        raise AdminRefused(_("You may not change this admin so: it takes somebody who has more rights."))


def _check_not_last_owner(target: Admin) -> None:
    owners = Admin.objects.filter(organization_id=target.organization_id, role=Role.OWNER, account__is_active=True)
    if not owners.exclude(id=target.pk).exists():
        raise AdminRefused(_("This is the last owner. Make somebody else an owner first."))


def _learner(organization_id: int, address: str) -> Learner | None:
    if not address.strip():
        return None
    found = Learner.objects.filter(organization_id=organization_id, email_key=address.strip().casefold()).first()
    if found is None:
        raise AdminRefused(_("No learner has this address."), "learner")
    return found
