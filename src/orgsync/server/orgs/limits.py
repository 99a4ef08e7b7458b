"""An organization's own limits of guards, which stand under those of each feed."""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from orgsync.core.guards import Overrides, limits_of
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record
from orgsync.server.orgs.models import Organization


@transaction.atomic
def set_organization_guard(organization: Organization, kind: str, numbers: Mapping[str, float | None]) -> Overrides:
    """Give a guard numbers for all feeds, without any back to the defaults; return all of the organization's.

    Raises ValueError for a guard or a number that does not exist.
    """
    rows = Organization.objects.filter(id=organization.pk)
    known = rows.select_for_update().values_list("guards", flat=True).get()
    guards = {code: limits for code, limits in known.items() if code != kind}
    if numbers:
        guards[kind] = dict(numbers)
    limits_of(guards)
    rows.update(guards=guards)
    record(organization.pk, Action.GUARD_CHANGED, {"guards": [kind]}, at=timezone.now())
    return guards
