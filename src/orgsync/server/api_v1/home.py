"""What the home page shows: what waits for a decision, people, licenses, feeds, the last fortnight."""

from datetime import UTC, datetime
from typing import Any, Final

from pydantic import Field

from orgsync.core.model import JobStatus
from orgsync.server.api_v1.calls import MakerRequest
from orgsync.server.api_v1.operations import Resource
from orgsync.server.api_v1.shapes import Shape, iso
from orgsync.server.directory.queries_home import people_counts
from orgsync.server.orgs.access import Permission
from orgsync.server.orgs.zones import zone_named
from orgsync.server.reports.home import DAYS, learning_of
from orgsync.server.tokens.scopes import Scope
from orgsync.server.uploads.queries_home import (
    changes_by_day,
    count_unfinished,
    feed_freshness,
    held_jobs,
    set_up_steps,
)

resource = Resource("home", "How everything stands.")
FORTNIGHT: Final = 14
HELD_SHOWN: Final = 20


class PoolUseShape(Shape):
    """How a pool is used."""

    name: str
    seats: int | None
    granted: int
    waiting: int
    scheduled: int


class FreshnessShape(Shape):
    """How fresh a feed is."""

    feed: int
    name: str
    last_job: int | None
    last_at: str | None
    is_late: bool


class ChangesOfDay(Shape):
    """What files changed on a day."""

    day: str
    joiners: int
    movers: int
    leavers: int


class StepsShape(Shape):
    """Which steps to a nightly sync have been done."""

    has_token: bool
    has_file: bool
    has_result: bool
    has_full_file: bool


class LearningShape(Shape):
    """What everybody did together in the last days."""

    days: int
    people: int
    hours: float
    completions: int


class HomeShape(Shape):
    """How everything stands."""

    held: int
    working: int = Field(description="Jobs that are queued or being processed.")
    held_jobs: list[int] = Field(description=f"The newest {HELD_SHOWN}.")
    active_people: int
    inactive_people: int
    pools: list[PoolUseShape]
    feeds: list[FreshnessShape]
    days: list[ChangesOfDay]
    steps: StepsShape
    learning: LearningShape


@resource.get(
    "/home",
    Scope.PLANS_READ,
    HomeShape,
    also=[Scope.DIRECTORY_READ, Scope.REPORTS_READ],
    permission=Permission.SEE_JOBS,
)
def show_home(request: MakerRequest) -> dict[str, Any]:
    """Show what waits for a decision, and how people, licenses and feeds stand."""
    organization, now = request.organization, datetime.now(UTC)
    unfinished, people = count_unfinished(organization), people_counts(organization)
    steps, learned = set_up_steps(organization), learning_of(organization, now)
    days = changes_by_day(organization, FORTNIGHT, now, zone_named(organization.time_zone))
    return {
        "held": unfinished[JobStatus.HELD],
        "working": unfinished[JobStatus.QUEUED] + unfinished[JobStatus.PROCESSING],
        "held_jobs": [job.public_id for job in held_jobs(organization, HELD_SHOWN)],
        "active_people": people.active,
        "inactive_people": people.inactive,
        "pools": [{name: getattr(pool, name) for name in PoolUseShape.model_fields} for pool in people.pools],
        "feeds": [
            {
                "feed": one.feed.pk,
                "name": one.feed.name,
                "last_job": one.last.public_id if one.last else None,
                "last_at": iso(one.last.created_at) if one.last else None,
                "is_late": one.is_late,
            }
            for one in feed_freshness(organization, now)
        ],
        "days": [
            {"day": one.day.isoformat(), "joiners": one.joiners, "movers": one.movers, "leavers": one.leavers}
            for one in days
        ],
        "steps": {name: getattr(steps, name) for name in StepsShape.model_fields},
        "learning": {"days": DAYS, **{name: getattr(learned, name) for name in ("people", "hours", "completions")}},
    }
