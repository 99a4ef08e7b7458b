"""What a home page shows of files and jobs: what is held, how fresh each feed is, what changed lately."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import groupby, pairwise
from typing import Final

from django.db.models import F, Sum, Window
from django.db.models.functions import RowNumber, TruncDate

from orgsync.core.model import JobStatus, Mode
from orgsync.server.directory.models import Feed
from orgsync.server.orgs.models import Organization
from orgsync.server.tokens.models import AccessToken
from orgsync.server.uploads.models import UploadJob

LATE_AFTER: Final = timedelta(hours=26)
"""A nightly file that is this old has been missed, with two hours for a slow night."""
_USUAL_OF: Final = 6
_UNFINISHED: Final = (JobStatus.QUEUED, JobStatus.PROCESSING, JobStatus.HELD)


@dataclass(frozen=True, slots=True)
class FeedFreshness:
    """A feed with its last job."""

    feed: Feed
    last: UploadJob | None
    is_late: bool
    """Whether a file is overdue by the feed's own rhythm; never for a paused feed or one without a file."""


@dataclass(frozen=True, slots=True)
class DayOfChanges:
    """What files changed on one day."""

    day: date
    joiners: int
    movers: int
    leavers: int


@dataclass(frozen=True, slots=True)
class SetUpSteps:
    """Which of the steps to a nightly sync have been done."""

    has_token: bool
    has_file: bool
    has_result: bool
    has_full_file: bool

    @property
    def is_complete(self) -> bool:
        return self.has_token and self.has_file and self.has_result and self.has_full_file


def held_jobs(organization: Organization, limit: int) -> list[UploadJob]:
    """Return the newest held jobs with their feeds."""
    held = UploadJob.objects.filter(organization=organization, status=JobStatus.HELD)
    return list(held.select_related("feed").order_by("-id")[:limit])


def count_unfinished(organization: Organization) -> dict[str, int]:
    """Return how many jobs there are of each status that is not an end."""
    unfinished = UploadJob.objects.filter(organization=organization, status__in=_UNFINISHED)
    found = list(unfinished.values_list("status", flat=True))
    return {status: found.count(status) for status in _UNFINISHED}


def feed_freshness(organization: Organization, now: datetime) -> list[FeedFreshness]:
    """Return every feed in its order, with the last job and whether the next file is overdue."""
    newest = Window(RowNumber(), partition_by=F("feed_id"), order_by=F("id").desc())
    jobs = UploadJob.objects.filter(organization=organization).defer("messages", "hold_reasons")
    jobs = jobs.annotate(place=newest).filter(place__lte=_USUAL_OF)
    by_feed = {feed: list(found) for feed, found in groupby(jobs.order_by("feed_id", "-id"), lambda job: job.feed_id)}
    feeds = Feed.objects.filter(organization=organization).order_by("rank", "id")
    return [_freshness(feed, by_feed.get(feed.pk, []), now) for feed in feeds]


def changes_by_day(organization: Organization, days: int, now: datetime, zone: tzinfo) -> list[DayOfChanges]:
    """Return the last `days` days in `zone`, oldest first, today included; quiet days are zero."""
    today = now.astimezone(zone).date()
    first = today - timedelta(days=days - 1)
    applied = UploadJob.objects.filter(organization=organization, status=JobStatus.DONE, is_dry_run=False)
    recent = applied.annotate(day=TruncDate("finished_at", tzinfo=zone)).filter(day__gte=first)
    sums = recent.values("day").annotate(
        joiners=Sum("created_count"), movers=Sum(F("updated_count") - F("created_count")), leavers=Sum("deleted_count")
    )
    found = {row["day"]: DayOfChanges(**row) for row in sums}
    all_days = (first + timedelta(days=number) for number in range(days))
    return [found.get(day, DayOfChanges(day, 0, 0, 0)) for day in all_days]


def set_up_steps(organization: Organization) -> SetUpSteps:
    """Say which steps to a nightly sync have been done."""
    jobs = UploadJob.objects.filter(organization=organization)
    applied = jobs.filter(status=JobStatus.DONE, is_dry_run=False)
    return SetUpSteps(
        has_token=AccessToken.objects.filter(organization=organization, feed__isnull=False).exists(),
        has_file=jobs.exists(),
        has_result=jobs.filter(status=JobStatus.DONE, result__isnull=False).exists(),
        has_full_file=applied.filter(mode=Mode.FULL).exists(),
    )


def _freshness(feed: Feed, jobs: Sequence[UploadJob], now: datetime) -> FeedFreshness:
    last = jobs[0] if jobs else None
    is_late = (
        last is not None and not feed.is_paused and now - last.created_at > _patience([j.created_at for j in jobs])
    )
    return FeedFreshness(feed, last, is_late)


def _patience(times: list[datetime]) -> timedelta:
    """Return the age at which a file is late: a weekly feed is not late on the second day."""
    gaps = [(later - earlier).total_seconds() for later, earlier in pairwise(times)]
    usual = statistics.median(gaps) if gaps else 0.0
    return max(LATE_AFTER, timedelta(seconds=usual * 1.1))
