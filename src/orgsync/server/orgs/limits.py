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
    guards = _locked(organization)
    set_organization_guards(organization, {**guards, kind: numbers})
    return {code: limits for code, limits in {**guards, kind: numbers}.items() if limits}


@transaction.atomic
def set_organization_guards(organization: Organization, guards: Overrides) -> list[str]:
    """Replace the organization's numbers of all guards; return the kinds that have changed. Raises as for one."""
    before, after = _locked(organization), {code: dict(limits) for code, limits in guards.items() if limits}
    limits_of(after)
    changed = sorted(kind for kind in {*before, *after} if before.get(kind) != after.get(kind))
    if changed:
        Organization.objects.filter(id=organization.pk).update(guards=after)
        numbers = {"before": _of(before, changed), "after": _of(after, changed)}
        record(organization.pk, Action.GUARD_CHANGED, {"guards": changed, **numbers}, at=timezone.now())
    return changed


def _locked(organization: Organization) -> Overrides:
    rows = Organization.objects.filter(id=organization.pk).select_for_update(no_key=True)
    guards: Overrides = rows.values_list("guards", flat=True).get()
    return guards


def _of(guards: Overrides, kinds: list[str]) -> Overrides:
    return {kind: guards[kind] for kind in kinds if kind in guards}
