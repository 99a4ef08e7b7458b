"""The history of upload jobs as a CSV file."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Final

from orgsync.core.formula import defuse
from orgsync.core.results import BYTE_ORDER_MARK, LINE_END
from orgsync.server.orgs.models import Organization
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.queries import JobFilter, chosen_jobs

COLUMNS: Final = (
    *("job", "feed", "status", "mode", "dry_run", "file", "bytes", "sha256", "sent_by"),
    *("accepted_at", "started_at", "held_at", "approved_at", "approved_by", "finished_at", "ended_by"),
    *("rows", "created", "updated", "deactivated", "unchanged", "skipped", "warnings", "errors"),
    *("held_for", "reason"),
)
_LINES: Final = 500
"""Lines in one piece of the stream."""


def history_csv(organization: Organization, chosen: JobFilter) -> Iterator[bytes]:
    """Yield the header and one line a job, the newest first; times are ISO 8601 in UTC."""
    yield BYTE_ORDER_MARK + _written([COLUMNS])
    jobs = chosen_jobs(organization, chosen).select_related("approved_by", "ended_by").order_by("-id")
    lines = map(_line, jobs.iterator(chunk_size=_LINES))
    while some := list(islice(lines, _LINES)):
        yield _written(some)


def _line(job: UploadJob) -> tuple[str, ...]:
    sent_by = job.token.name if job.token else job.requested_by.email if job.requested_by else ""
    reasons = " ".join(reason["message"] for reason in job.hold_reasons)
    cells = (
        *(job.public_id, job.feed.name, job.status, job.mode, "true" if job.is_dry_run else "false"),
        *(job.source.file_name, job.source.size, bytes(job.source.sha256).hex(), sent_by),
        *(_time(job.created_at), _time(job.started_at), _time(job.held_at)),
        *(_time(job.approved_at), job.approved_by or "", _time(job.finished_at), job.ended_by or ""),
        *(job.total_count, job.created_count, job.updated_count, job.deleted_count, job.unchanged_count),
        *(job.skipped_count, job.warning_count, job.error_count, reasons, job.reason),
    )
    return tuple(defuse(str(cell)) for cell in cells)


def _time(at: datetime | None) -> str:
    return "" if at is None else at.isoformat(timespec="seconds")


def _written(lines: list[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator=LINE_END).writerows(lines)
    return text.getvalue().encode()
