"""The same bytes again, with nothing written since and nothing left to do: nobody has to look at their rows.

What the last results said of every row stays true, but for what was done: each row is UNCHANGED now. So the new results
are made of the last ones, line by line, without taking a row apart.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

import polars as pl
from django.conf import settings
from django.db import transaction

from orgsync.core import planfile
from orgsync.core.model import JobStatus, Mode, RowStatus
from orgsync.core.plan import PLAN_SCHEMA
from orgsync.core.results import LINE_END
from orgsync.server.directory.models import Feed
from orgsync.server.directory.revision import lock_directory
from orgsync.server.orgs.blackouts import blackout_at
from orgsync.server.uploads import transitions
from orgsync.server.uploads.attempt import Attempt
from orgsync.server.uploads.epoch import epoch_before_file
from orgsync.server.uploads.media import DamagedMedia, RemovedMedia, discard, open_verified, record_media, write_file
from orgsync.server.uploads.models import MediaKind, UploadJob
from orgsync.server.uploads.receive import Received, Receiver
from orgsync.server.uploads.shortcut import Shortcuts, is_plain_file
from orgsync.server.uploads.telling import tell

_END: Final = LINE_END.encode()
_UNCHANGED: Final = f",{RowStatus.UNCHANGED.value},,".encode() + _END
_SAID: Final = tuple(
    f",{status.value},,".encode() + _END
    for status in (RowStatus.UNCHANGED, RowStatus.CREATED, RowStatus.UPDATED, RowStatus.DEACTIVATED)
)
"""How the line of a row ends that was applied without any remark."""


class _NotPlain(Exception):
    """The last results hold a line that is not the whole line of one row without remarks."""


def find_repeated(job: UploadJob, *, now: datetime) -> UploadJob | None:
    """Return the job that left nothing to do for the same bytes, when nothing at all has happened since."""
    feed, source = job.feed, job.source
    if settings.SHORTCUTS == Shortcuts.OFF or not is_plain_file(job) or job.is_dry_run or job.approved_plan_id:
        return None
    if feed.is_paused or feed.holds_next or feed.last_content_sha256 is None or blackout_at(job.organization, now):
        return None
    if bytes(feed.last_content_sha256) != bytes(source.content_sha256):
        return None
    jobs = UploadJob.objects.select_related("result").filter(organization_id=job.organization_id, feed=feed)
    last = jobs.filter(status=JobStatus.DONE, settled_epoch__isnull=False).order_by("-id").first()
    if last is None or last.result is None or last.result.removed_at is not None:
        return None
    if not last.revision == feed.last_revision == job.organization.revision:
        return None
    is_same = last.settled_epoch == epoch_before_file(job)
    return last if is_same and source.expected_rows in {None, last.total_count} else None


def finish_repeated(attempt: Attempt, last: UploadJob, *, patience: timedelta | None) -> bool:
    """
    End the attempt as `last` lets it end, in one transaction; return False when the rows have to be looked at.

    That is when the directory was written to meanwhile, or the last results hold anything but plain lines. With
    `patience`, DirectoryBusy rises as from `pipeline.process`.
    """
    job, now = attempt.job, attempt.began_at
    written: list[Received] = []
    is_over = False
    try:
        written.append(_write_results(job, last, now=now))
        written.append(_write_plan(job, now=now))
        attempt.report(transitions.APPLYING, total=last.total_count)
        with transaction.atomic():
            if lock_directory(job.organization_id, wait=patience) == last.revision:
                _finish(attempt, last, *written)
                is_over = True
    except (_NotPlain, DamagedMedia, RemovedMedia, FileNotFoundError):
        # The rows tell as much as the last results would have.
        is_over = False
    finally:
        if not is_over:
            for received in written:
                discard(received)
    return is_over


def _finish(attempt: Attempt, last: UploadJob, results: Received, plan: Received) -> None:
    job, now = attempt.job, attempt.began_at
    Feed.objects.filter(organization_id=job.organization_id, id=job.feed_id).update(last_applied_at=now)
    superseded = transitions.cancel_superseded(job, now=now) if job.mode == Mode.FULL else []
    transitions.finish(
        job,
        attempt.number,
        JobStatus.DONE,
        now=attempt.clock(),
        unchanged_count=last.total_count,
        total_count=last.total_count,
        messages=[],
        result=record_media(results, feed=job.feed, kind=MediaKind.RESULT),
        plan=record_media(plan, feed=job.feed, kind=MediaKind.PLAN),
        revision=last.revision,
        settled_epoch=last.settled_epoch,
    )
    tell(job, now=attempt.clock())
    transitions.note_superseded(job, superseded, now=now)


def _write_results(job: UploadJob, last: UploadJob, *, now: datetime) -> Received:
    assert last.result is not None
    lines = _unchanged(open_verified(last.result), rows=last.total_count)

    def write(target: Receiver) -> None:
        for part in lines:
            target.write(part)

    return write_file(f"results-{job.public_id}.csv", write, now=now)


def _write_plan(job: UploadJob, *, now: datetime) -> Received:
    def write(target: Receiver) -> None:
        target.write(planfile.plan_bytes(pl.DataFrame(schema=PLAN_SCHEMA)))

    return write_file(f"plan-{job.public_id}.parquet", write, now=now)


def _unchanged(chunks: Iterable[bytes], *, rows: int) -> Iterator[bytes]:
    """Yield results with every row UNCHANGED; raise _NotPlain, at the latest at the end, when that is not sure.

    As many line ends as rows, each behind a status without remarks: then each of them ends the line of one row, and
    none stands inside a cell.
    """
    seen, rest, is_head = 0, b"", True
    for chunk in chunks:
        text = rest + chunk
        cut = text.rfind(_END) + len(_END)
        if cut < len(_END):
            rest = text
            continue
        whole, rest = text[:cut], text[cut:]
        if is_head:
            head, _, whole = whole.partition(_END)
            is_head = False
            yield head + _END
        ends = whole.count(b"\n")
        seen += ends
        # Mostly all lines end alike, the last time's UNCHANGED first: then there is one thing to count.
        for said in _SAID:
            counted = whole.count(said) if ends else 0
            ends -= counted
            if counted and said != _UNCHANGED:
                whole = whole.replace(said, _UNCHANGED)
        if ends:
            raise _NotPlain
        yield whole
    if rest or seen != rows:
        raise _NotPlain
