"""What pages ask about licenses: the pools, who holds and who waits, and what came and went by day."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, Final

from django.core.cache import cache
from django.db import connection
from django.db.models import Count, Q, QuerySet

from orgsync.server.directory.csvfiles import csv_file
from orgsync.server.directory.models import Learner, LicenseAssignment, LicenseState, Pool
from orgsync.server.directory.queries import PAGE_SIZE, people_in_order
from orgsync.server.directory.scope import learners_within
from orgsync.server.orgs.access import EVERYBODY, People
from orgsync.server.orgs.models import Organization

BY_HAND, LONG = "by-hand", "long"
LONG_DAYS: Final = 90
_DAY: Final = 24 * 60 * 60
_SLICE: Final = 10_000
POOL_COLUMNS: Final = (
    "license",
    "header",
    "seats",
    "granted",
    "waiting",
    "scheduled",
    "denied_by_hand",
    "kept_by_hand",
)
HOLDER_COLUMNS: Final = (
    *("primary_email_address", "unique_user_id", "preferred_first_name", "preferred_last_name"),
    *("worker_status", "license", "place", "kept_by_hand", "since"),
)
# A span that goes on under another word, by hand after by file, is neither given nor taken.
_HISTORY: Final = """
    WITH spans AS (
        SELECT learner_id, since, NULL::timestamptz AS until FROM directory_licenseassignment
         WHERE organization_id = %(organization)s AND pool_id = %(pool)s AND state = 'active'
         UNION ALL
        SELECT learner_id, since, until FROM directory_pastlicense
         WHERE organization_id = %(organization)s AND pool_id = %(pool)s AND state = 'active'
    )
    SELECT (began.since AT TIME ZONE %(zone)s)::date, count(*), 0 FROM spans AS began
     WHERE began.since >= %(first)s
       AND NOT EXISTS (SELECT FROM spans AS before
                        WHERE before.learner_id = began.learner_id AND before.until = began.since)
     GROUP BY 1
     UNION ALL
    SELECT (ended.until AT TIME ZONE %(zone)s)::date, 0, count(*) FROM spans AS ended
     WHERE ended.until >= %(first)s
       AND NOT EXISTS (SELECT FROM spans AS next
                        WHERE next.learner_id = ended.learner_id AND next.since = ended.until)
     GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class PoolStanding:
    """A pool with how many people stand with it in which way."""

    pool: Pool
    granted: int = 0
    waiting: int = 0
    scheduled: int = 0
    denied: int = 0
    by_hand: int = 0
    """Of all of these: kept as a person said, whatever files say."""

    @property
    def free(self) -> int | None:
        """Seats that nobody has; None without limit."""
        return None if self.pool.seats is None else max(0, self.pool.seats - self.granted)

    @property
    def over(self) -> int:
        """How many more are granted than there are seats."""
        return 0 if self.pool.seats is None else max(0, self.granted - self.pool.seats)


@dataclass(frozen=True, slots=True)
class DayOfLicenses:
    """How many people got and lost a license of a pool on one day."""

    day: date
    granted: int = 0
    revoked: int = 0


@dataclass(frozen=True, slots=True)
class LinkPage:
    """Some of the people of a pool, in order; `after` and `before` are learner ids."""

    links: Sequence[tuple[Learner, LicenseAssignment]]
    after: int | None = None
    before: int | None = None
    ahead: int = 0
    """How many wait ahead of the first."""


def pool_standings(organization: Organization) -> list[PoolStanding]:
    """Return every pool by name, counted exactly; once for each revision of the directory and process."""
    key = f"pool-standings:{organization.pk}:{organization.revision}"
    counts: dict[int, dict[str, int]] | None = cache.get(key)
    if counts is None:
        counts = _counts(organization.pk)
        cache.set(key, counts, _DAY)
    pools = Pool.objects.filter(organization=organization).order_by("name", "id")
    return [PoolStanding(pool, **counts.get(pool.pk, {})) for pool in pools]


def standing_of(pool: Pool) -> PoolStanding:
    """Return one pool, counted exactly."""
    return PoolStanding(pool, **_counts(pool.organization_id, pool_id=pool.pk).get(pool.pk, {}))


def _counts(organization_id: int, **only: int) -> dict[int, dict[str, int]]:
    links = LicenseAssignment.objects.filter(organization_id=organization_id, **only)
    by_hand = links.filter(is_by_hand=True).values_list("pool_id").annotate(people=Count("*"))
    found: dict[int, dict[str, int]] = {pool: {"by_hand": number} for pool, number in by_hand}
    for pool, state, number in links.values_list("pool_id", "state").annotate(people=Count("*")):
        found.setdefault(pool, {})[_NAMES[LicenseState(state)]] = number
    return found


_NAMES: Final[Mapping[LicenseState, str]] = {
    LicenseState.ACTIVE: "granted",
    LicenseState.WAITING: "waiting",
    LicenseState.SCHEDULED: "scheduled",
    LicenseState.DENIED: "denied",
}


def links_of(pool: Pool, which: str, now: datetime, within: People = EVERYBODY) -> QuerySet[LicenseAssignment]:
    """Return who of the people stands with the pool in one way.

    That is a `LicenseState`, BY_HAND, or LONG (for `LONG_DAYS` or more).
    """
    mine = LicenseAssignment.objects.filter(organization_id=pool.organization_id, pool_id=pool.pk)
    if not within.is_everybody:
        mine = mine.filter(learner_id__in=learners_within(pool.organization_id, within).values("id"))
    if which == BY_HAND:
        return mine.filter(is_by_hand=True)
    if which == LONG:
        return mine.filter(state=LicenseState.ACTIVE, since__lte=now - timedelta(days=LONG_DAYS))
    return mine.filter(state=which)


def page_of_links(
    links: QuerySet[LicenseAssignment], which: str, *, after: int | None = None, before: int | None = None
) -> LinkPage:
    """Return a page of `links_of`: those who wait by their place, the others by learner id."""
    keys = ["position", "learner_id"] if which == LicenseState.WAITING else ["learner_id"]
    at = after if before is None else before
    start = links.filter(learner_id=at).first() if at is not None else None
    is_back = before is not None and start is not None
    placed = links if start is None else links.filter(_beyond(start, keys, is_back=is_back))
    order = [f"-{key}" if is_back else key for key in keys]
    found = list(placed.order_by(*order)[: PAGE_SIZE + 1])
    shown = found[:PAGE_SIZE][::-1] if is_back else found[:PAGE_SIZE]
    has_next, has_previous = (True, len(found) > PAGE_SIZE) if is_back else (len(found) > PAGE_SIZE, start is not None)
    people = _people_of(shown)
    waits = which == LicenseState.WAITING and shown
    return LinkPage(
        [(people[link.learner_id], link) for link in shown if link.learner_id in people],
        after=shown[-1].learner_id if shown and has_next else None,
        before=shown[0].learner_id if shown and has_previous else None,
        ahead=links.filter(_beyond(shown[0], keys, is_back=True)).count() if waits else 0,
    )


def _beyond(link: LicenseAssignment, keys: Sequence[str], *, is_back: bool) -> Q:
    """Return what follows a link in the order of the keys, or what comes before it."""
    sign = "lt" if is_back else "gt"
    found, same = Q(), Q()
    for key in keys:
        found |= same & Q(**{f"{key}__{sign}": getattr(link, key)})
        same &= Q(**{key: getattr(link, key)})
    return found


def links_by_learner(pool: Pool, learner_ids: Collection[int]) -> dict[int, LicenseAssignment]:
    """Return by learner how they stand with the pool."""
    mine = LicenseAssignment.objects.filter(organization_id=pool.organization_id, pool_id=pool.pk)
    return {link.learner_id: link for link in mine.filter(learner_id__in=learner_ids)}


def history_of(pool: Pool, first: date, last: date, zone: str) -> list[DayOfLicenses]:
    """Return each day from the first to the last in the time zone; quiet days are zero."""
    values: dict[str, Any] = {"organization": pool.organization_id, "pool": pool.pk, "zone": zone, "first": first}
    days = {first + timedelta(days=number): [0, 0] for number in range((last - first).days + 1)}
    with connection.cursor() as cursor:
        cursor.execute(_HISTORY, values)
        for day, granted, revoked in cursor.fetchall():
            if day in days:
                days[day][0] += granted
                days[day][1] += revoked
    return [DayOfLicenses(day, granted, revoked) for day, (granted, revoked) in days.items()]


def pools_csv(organization: Organization) -> Iterator[bytes]:
    """Yield every pool with its numbers."""
    lines = (
        (one.pool.name, one.pool.key, one.pool.seats, one.granted, one.waiting, one.scheduled, one.denied, one.by_hand)
        for one in pool_standings(organization)
    )
    yield from csv_file(POOL_COLUMNS, lines)


def holders_csv(links: QuerySet[LicenseAssignment], which: str) -> Iterator[bytes]:
    """Yield everybody of `links_of`, in the order of its pages."""
    yield from csv_file(HOLDER_COLUMNS, _holder_lines(links, which))


def _people_of(links: Sequence[LicenseAssignment]) -> dict[int, Learner]:
    if not links:
        return {}
    return {one.id: one for one in people_in_order(links[0].organization_id, [link.learner_id for link in links])}


def _holder_lines(links: QuerySet[LicenseAssignment], which: str) -> Iterator[Sequence[object]]:
    order = "position" if which == LicenseState.WAITING else "learner_id"
    ordered = links.order_by(order).iterator(chunk_size=_SLICE)
    while some := list(islice(ordered, _SLICE)):
        people = _people_of(some)
        for link in some:
            one = people[link.learner_id]
            names = (one.preferred_first_name, one.preferred_last_name)
            status, kept = "active" if one.is_active else "inactive", "yes" if link.is_by_hand else "no"
            keys = (one.primary_email_address, one.unique_user_id)
            yield (*keys, *names, status, link.state, link.position, kept, link.since)
