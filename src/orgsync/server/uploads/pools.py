"""License pools, made and changed by people; seats that become free go to those who wait, by a job like any other."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from orgsync.core.columns import pool_key
from orgsync.server.directory.models import Pool
from orgsync.server.directory.queries_licenses import PoolStanding, standing_of
from orgsync.server.orgs.models import Account, Organization
from orgsync.server.setup import ensure_pool
from orgsync.server.uploads import tasks
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.nobodyjobs import insert_job_of_nobody

_JOBS_LOOKED_AT: Final = 50
_UNKNOWN: Final = "unknown_license"


@dataclass(frozen=True, slots=True)
class SeatsChange:
    """What another number of seats means for those who hold a license and those who wait."""

    standing: PoolStanding
    seats: int | None
    """None: without limit."""

    @property
    def served(self) -> int:
        """How many of those who wait get a seat at once."""
        if self.seats is None:
            return self.standing.waiting
        return min(self.standing.waiting, max(0, self.seats - self.standing.granted))

    @property
    def over(self) -> int:
        """How many keep a license for which there is no seat any more."""
        return 0 if self.seats is None else max(0, self.standing.granted - self.seats)

    @property
    def matters(self) -> bool:
        return bool(self.served or self.over)


def change_pool(pool: Pool, *, name: str, seats: int | None, by: Account, now: datetime) -> UploadJob | None:
    """
    Give a pool another name and number of seats; return the job that gives free seats to those who wait, if any.

    Nobody loses a license because there are fewer seats: nothing is granted any more until enough have come back.
    Raises DirectoryBusy while a sync is being applied.
    """
    organization = pool.organization
    change = SeatsChange(standing_of(pool), seats)
    before = pool.seats
    ensure_pool(organization, pool.key, name=name, seats=seats)
    if not change.served:
        return None
    words = f"Seats of {name}: {_shown(before)} → {_shown(seats)}"
    with transaction.atomic():
        job = insert_job_of_nobody(organization, words, by=by, now=now)
        tasks.enqueue(job)
    return job


def _shown(seats: int | None) -> str:
    return "no limit" if seats is None else f"{seats:,}"


def headers_without_pool(organization: Organization) -> list[str]:
    """Return the license columns that the last files had and that no pool takes, each once."""
    jobs = UploadJob.objects.filter(organization=organization).order_by("-id")
    told = jobs.values_list("messages", flat=True)[:_JOBS_LOOKED_AT]
    found = [str(one["column"]) for messages in told for one in messages if one["code"] == _UNKNOWN and one["column"]]
    known = set(Pool.objects.filter(organization=organization).values_list("key", flat=True))
    keys = {key: header for header in reversed(found) if (key := pool_key(header)) and key not in known}
    return sorted(keys.values())
