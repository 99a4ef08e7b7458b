"""Permission columns of files: what an owner has approved becomes the rights of an admin, or an invitation."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from orgsync.core.groupnames import parse_group_limit
from orgsync.core.normalize import fold_key
from orgsync.server.admins.inviting import write_invitation
from orgsync.server.admins.roles import end_standing, role_facts
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record
from orgsync.server.directory.models import Group, Learner, PermissionGrant
from orgsync.server.orgs.access import Grants, stored_grants
from orgsync.server.orgs.models import Account, Admin, Invitation, Organization, Role
from orgsync.server.orgs.rights import RIGHT_OF_COLUMN, Right

ALL: Final = "yes"


def follow_permissions(
    organization: Organization, learner_ids: Collection[int], *, by: Account | None, now: datetime
) -> None:
    """
    Bring admins in step with the permissions of these learners, in the transaction that applied them.

    Who has none yet is invited at their address; a sub-admin's rights become those of the file; who has no
    permission left is deactivated when they were made by a file. Owners, admins and read-only admins stay what they
    are: a file only gives sub-admins their rights. A plan that touches permissions is always held for an owner.
    """
    people = Learner.objects.filter(organization_id=organization.pk, id__in=learner_ids).order_by("id")
    found = list(people)
    wanted = _wanted(organization, [learner.id for learner in found])
    admins = _admins(organization, found)
    for learner in found:
        _follow(organization, learner, wanted.get(learner.id, {}), admins.get(learner.id), by=by, now=now)


def _follow(
    organization: Organization,
    learner: Learner,
    grants: Grants,
    admin: Admin | None,
    *,
    by: Account | None,
    now: datetime,
) -> None:
    open_ones = Invitation.objects.filter(
        organization=organization, learner_id=learner.id, accepted_at=None, ended_at=None
    )
    if admin is None and grants:
        write_invitation(
            organization,
            learner.primary_email_address,
            Role.SUB_ADMIN,
            grants,
            by=by,
            now=now,
            learner_id=learner.id,
            is_by_file=True,
        )
    elif admin is None:
        open_ones.update(ended_at=now)
    elif admin.role == Role.SUB_ADMIN and grants:
        mine = Admin.objects.filter(organization=organization, id=admin.pk)
        mine.update(grants=stored_grants(grants), is_by_file=True, learner_id=learner.id)
        record(organization.pk, Action.ROLE_GIVEN, role_facts(admin.account_id, Role.SUB_ADMIN, grants), at=now)
    elif admin.role == Role.SUB_ADMIN and admin.is_by_file:
        end_standing(admin, now=now)


def _wanted(organization: Organization, learner_ids: Collection[int]) -> dict[int, dict[Right, frozenset[int] | None]]:
    """Return the rights that the stored permissions give; a group that is not there any more gives nobody."""
    stored = PermissionGrant.objects.filter(organization_id=organization.pk, learner_id__in=learner_ids)
    lines = list(stored.values_list("learner_id", "permission", "scope"))
    names = {name for _who, _what, scope in lines for name in _names(scope)}
    groups = Group.objects.filter(organization=organization, name_key__in={fold_key(name) for name in names})
    ids: Mapping[str, int] = dict(groups.values_list("name_key", "id"))
    found: dict[int, dict[Right, frozenset[int] | None]] = {}
    for learner_id, permission, scope in lines:
        limit = None if scope == ALL else frozenset(ids[key] for key in map(fold_key, _names(scope)) if key in ids)
        found.setdefault(learner_id, {})[RIGHT_OF_COLUMN[permission]] = limit
    return found


def _names(scope: str) -> list[str]:
    parsed = parse_group_limit(scope)
    return parsed if isinstance(parsed, list) else []


def _admins(organization: Organization, people: Collection[Learner]) -> dict[int, Admin]:
    """Return the standing admin of each learner: linked to them, or signing in with their address."""
    admins = Admin.objects.select_related("account").filter(organization=organization)
    linked = {admin.learner_id: admin for admin in admins.filter(learner_id__in=[one.id for one in people])}
    keys = {one.email_key: one.id for one in people if one.id not in linked}
    by_address = admins.filter(learner_id=None, account__email_key__in=list(keys))
    found = {admin.learner_id: admin for admin in linked.values() if admin.learner_id is not None}
    return found | {keys[admin.account.email_key]: admin for admin in by_address}
