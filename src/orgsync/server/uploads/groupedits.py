"""Groups by hand: an empty one made, a name changed. Whom this moves is nobody; people come and go by edits."""

from datetime import datetime

from django.db import transaction

from orgsync.core.errors import OrgSyncError
from orgsync.core.groupnames import NAME_LENGTH
from orgsync.core.normalize import fold_key
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record
from orgsync.server.directory.models import Group
from orgsync.server.directory.revision import PAGE_PATIENCE, lock_directory, raise_revision
from orgsync.server.orgs.access import Permission
from orgsync.server.orgs.models import Account, Organization
from orgsync.server.uploads.editrights import check_may_edit
from orgsync.server.uploads.models import JobRule


class GroupRefused(OrgSyncError):
    """A group cannot be called so; nothing was changed."""


def make_group(organization: Organization, name: str, *, by: Account, now: datetime) -> Group:
    """Make a group in which nobody is yet; raise GroupRefused, EditRefused, DirectoryBusy while a sync is applied."""
    check_may_edit(organization, by, Permission.EDIT_GROUPS)
    return insert_group(organization, name, now=now)


def insert_group(organization: Organization, name: str, *, now: datetime) -> Group:
    """Make a group for whoever acts and may; otherwise as `make_group`."""
    shown = name.strip()
    with transaction.atomic():
        lock_directory(organization.pk, wait=PAGE_PATIENCE)
        _check_name(organization, shown)
        group = Group.objects.create(organization=organization, name=shown, name_key=fold_key(shown), created_at=now)
        raise_revision(organization.pk)
        record(organization.pk, Action.GROUP_MADE, {"group": group.pk}, at=now)
    return group


def rename_group(organization: Organization, group: Group, name: str, *, by: Account, now: datetime) -> None:
    """Give a group another name; jobs on its rule, those that wait and those that may be undone, follow it.

    Files know a group by its name: one that has the former name makes a group of that name again. Raises as
    `make_group`.
    """
    check_may_edit(organization, by, Permission.EDIT_GROUPS)
    give_name(organization, group, name, now=now)


def give_name(organization: Organization, group: Group, name: str, *, now: datetime) -> None:
    """Rename a group for whoever acts and may; otherwise as `rename_group`."""
    shown = name.strip()
    with transaction.atomic():
        lock_directory(organization.pk, wait=PAGE_PATIENCE)
        _check_name(organization, shown, but=group.pk)
        before = Group.objects.get(organization=organization, id=group.pk)
        key = fold_key(shown)
        Group.objects.filter(organization=organization, id=group.pk).update(name=shown, name_key=key, renamed_at=now)
        rules = JobRule.objects.filter(organization_id=organization.pk, group_key=before.name_key)
        rules.update(group_name=shown, group_key=key)
        raise_revision(organization.pk)
        record(organization.pk, Action.GROUP_RENAMED, {"group": group.pk}, at=now)


def _check_name(organization: Organization, name: str, *, but: int = 0) -> None:
    if not 0 < len(name) <= NAME_LENGTH:
        raise GroupRefused(f"A group's name has 1 to {NAME_LENGTH} characters.")
    taken = Group.objects.filter(organization=organization, name_key=fold_key(name)).exclude(id=but)
    if taken.exists():
        raise GroupRefused(f"There is a group {taken[0].name} already.")
