"""Which admins are told of what."""

from enum import StrEnum

from orgsync.server.orgs.models import Admin, Role
from orgsync.server.orgs.telling import NEVER_NOBODY


class Told(StrEnum):
    """What an admin can be told of; the value is the name of the admin's switch."""

    HELD = "told_of_held"
    FAILED = "told_of_failed"
    LATE = "told_of_late"
    DIGEST = "told_digest"


def admin_addresses(organization_id: int, told: Told) -> list[str]:
    """Return the addresses of the active owners and admins who want to be told.

    Of what somebody has to know all are told when nobody has it switched on (any more).
    """
    admins = Admin.objects.filter(
        organization_id=organization_id, role__in=(Role.OWNER, Role.ADMIN), account__is_active=True
    )
    found = list(admins.order_by("id").values_list("account__email", told.value))
    wanting = [address for address, is_wanted in found if is_wanted]
    return wanting or ([address for address, _ in found] if told.value in NEVER_NOBODY else [])
