"""Which admin of an organization is told of what."""

from collections.abc import Mapping
from typing import Final

from django.db import transaction
from django.utils import timezone

from orgsync.core.errors import OrgSyncError
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record
from orgsync.server.orgs.models import Admin, Organization, Role

SWITCHES: Final[Mapping[str, str]] = {
    "told_of_held": "a file is held",
    "told_of_failed": "a file failed",
    "told_of_late": "a feed is late",
    "told_digest": "the daily digest",
}
"""Switch of an admin → what it is about."""
NEVER_NOBODY: Final = ("told_of_held", "told_of_failed", "told_of_late")


class NobodyTold(OrgSyncError):
    """Nobody would hear of something that somebody has to know."""


def tellable_admins(organization: Organization) -> list[Admin]:
    """Return the owners and admins with an active account, in their order."""
    admins = Admin.objects.filter(organization=organization, account__is_active=True)
    return list(admins.filter(role__in=(Role.OWNER, Role.ADMIN)).select_related("account").order_by("id"))


def set_told(organization: Organization, wanted: Mapping[int, frozenset[str]]) -> list[int]:
    """Set, by admin id, what each is told of; return the ids of those for whom it changed. Raises NobodyTold."""
    missing = [SWITCHES[name] for name in NEVER_NOBODY if not any(name in switches for switches in wanted.values())]
    if missing:
        raise NobodyTold(f"Somebody has to be told when {' and when '.join(missing)}.")
    with transaction.atomic():
        known = Admin.objects.select_for_update().filter(organization=organization, id__in=wanted).order_by("id")
        changed = [admin for admin in known if _switched(admin) != wanted[admin.pk]]
        for admin in changed:
            for name in SWITCHES:
                setattr(admin, name, name in wanted[admin.pk])
        Admin.objects.bulk_update(changed, list(SWITCHES))
        ids = [admin.pk for admin in changed]
        if ids:
            now = {str(admin.pk): sorted(wanted[admin.pk]) for admin in changed}
            record(organization.pk, Action.TOLD_CHANGED, {"admins": ids, "after": now}, at=timezone.now())
    return ids


def _switched(admin: Admin) -> frozenset[str]:
    return frozenset(name for name in SWITCHES if getattr(admin, name))
