"""The numbers about people that a home page shows, for directories of any size."""

from dataclasses import dataclass
from typing import Final

from django.core.cache import cache
from django.db.models import Count, Q

from orgsync.server.directory.models import Learner, LicenseAssignment, LicenseState, Pool
from orgsync.server.orgs.models import Organization

_DAY: Final = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class PoolUse:
    """How many hold a license of a pool and how many wait for one."""

    name: str
    seats: int | None
    """None: without limit."""
    granted: int
    waiting: int
    scheduled: int

    @property
    def free(self) -> int | None:
        """Seats that nobody has; 0 when more are granted than there are, None without limit."""
        return None if self.seats is None else max(0, self.seats - self.granted)


@dataclass(frozen=True, slots=True)
class PeopleCounts:
    """The directory in numbers."""

    active: int
    inactive: int
    pools: tuple[PoolUse, ...]
    """By name."""


def people_counts(organization: Organization) -> PeopleCounts:
    """
    Count people and licenses exactly.

    Every write to the directory raises the organization's revision, so the counts of one revision never change and
    are kept: a million people are counted once for each revision and process, not for each look at the page.
    """
    key = f"people-counts:{organization.pk}:{organization.revision}"
    counts: PeopleCounts | None = cache.get(key)
    if counts is None:
        counts = _count(organization)
        cache.set(key, counts, _DAY)
    return counts


def _count(organization: Organization) -> PeopleCounts:
    people = Learner.objects.filter(organization_id=organization.pk)
    found = people.aggregate(all=Count("id"), active=Count("id", filter=Q(is_active=True)))
    return PeopleCounts(found["active"], found["all"] - found["active"], tuple(_pools(organization)))


def _pools(organization: Organization) -> list[PoolUse]:
    assignments = LicenseAssignment.objects.filter(organization_id=organization.pk)
    counted = assignments.values_list("pool_id", "state").annotate(people=Count("*"))
    people = {(pool, state): number for pool, state, number in counted}
    return [
        PoolUse(
            pool.name,
            pool.seats,
            granted=people.get((pool.pk, LicenseState.ACTIVE), 0),
            waiting=people.get((pool.pk, LicenseState.WAITING), 0),
            scheduled=people.get((pool.pk, LicenseState.SCHEDULED), 0),
        )
        for pool in Pool.objects.filter(organization=organization).order_by("name", "id")
    ]
