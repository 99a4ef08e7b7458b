"""What a server says about an upload job, read without trusting its shape."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orgsync.client.exits import ExitCode
from orgsync.core.model import JobStatus, Severity

SETTLED = frozenset({JobStatus.DONE, JobStatus.HELD, JobStatus.FAILED, JobStatus.CANCELLED})
"""Statuses after which nothing happens by itself. Every other word, known or not, means "still running"."""


@dataclass(frozen=True, slots=True)
class Counts:
    """`resultStats`; a count that the server does not give is 0."""

    total: int = 0
    created: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0
    skipped: int = 0
    warnings: int = 0
    errors: int = 0


@dataclass(frozen=True, slots=True)
class JobMessage:
    """One entry of `messages`; whatever its shape was, `text` can be shown."""

    text: str
    level: str = ""
    code: str = ""
    row: int | None = None
    column: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a running job is; `total` is 0 when nobody knows."""

    phase: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class UploadJob:
    """An upload job as the server last described it."""

    id: str
    status: str
    counts: Counts = field(default_factory=Counts)
    messages: tuple[JobMessage, ...] = ()
    source_media: str | None = None
    result_media: str | None = None
    is_dry_run: bool = False
    progress: Progress | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)
    """The JSON as received."""

    @property
    def is_settled(self) -> bool:
        return self.status in SETTLED

    @property
    def exit_code(self) -> ExitCode:
        """Return what a settled job means to whoever called the command."""
        if self.status == JobStatus.DONE:
            return ExitCode.ROW_ERRORS if self.counts.errors else ExitCode.DONE
        return ExitCode.HELD if self.status == JobStatus.HELD else ExitCode.REJECTED


def read_job(job_id: str, body: Mapping[str, Any]) -> UploadJob:
    """Read a job from JSON. Missing and odd fields become empty ones; a status is always some word."""
    return UploadJob(
        id=job_id,
        status=str(body.get("status") or "without a status").strip().upper(),
        counts=_read_counts(body.get("resultStats")),
        messages=read_messages(body.get("messages")),
        source_media=clean_urn(body.get("sourceMedia")),
        result_media=clean_urn(body.get("resultMedia")),
        is_dry_run=body.get("dryRun") is True,
        progress=_read_progress(body.get("progress")),
        raw=body,
    )


def clean_urn(value: object) -> str | None:
    """Take the blanks out of a URN, which some answers print; None when there is none."""
    text = "".join(value.split()) if isinstance(value, str) else ""
    return text or None


def read_messages(value: object) -> tuple[JobMessage, ...]:
    """Read `messages` of any shape: a list, one text, one object, or nothing at all."""
    if value is None or value in ("", [], {}):
        return ()
    return tuple(_read_message(entry) for entry in (value if isinstance(value, list) else [value]))


def _read_message(entry: object) -> JobMessage:
    if not isinstance(entry, dict):
        return JobMessage(entry if isinstance(entry, str) else json.dumps(entry, ensure_ascii=False))
    text = entry.get("message") or entry.get("text")
    return JobMessage(
        text=text if isinstance(text, str) else json.dumps(entry, ensure_ascii=False),
        level=str(entry.get("level") or entry.get("severity") or "").upper(),
        code=str(entry.get("code") or ""),
        row=_whole(entry.get("row")) or None,
        column=str(entry.get("column") or ""),
        count=_whole(entry.get("count")) or 1,
    )


def _read_counts(value: object) -> Counts:
    stats = value if isinstance(value, dict) else {}
    return Counts(
        total=_whole(stats.get("totalCount")),
        created=_whole(stats.get("createdCount")),
        updated=_whole(stats.get("updatedCount")),
        deleted=_whole(stats.get("deletedCount")),
        unchanged=_whole(stats.get("unchangedCount")),
        skipped=_whole(stats.get("skippedCount")),
        warnings=_whole(stats.get("warningCount")),
        errors=_whole(stats.get("errorCount")),
    )


def _read_progress(value: object) -> Progress | None:
    if not isinstance(value, dict):
        return None
    return Progress(str(value.get("phase") or ""), _whole(value.get("done")), _whole(value.get("total")))


def _whole(value: object) -> int:
    """Return a count that may come as number or text; 0 for anything else."""
    if isinstance(value, (int, float)):
        return int(value) if math.isfinite(value) else 0
    return int(value) if isinstance(value, str) and value.strip().isdecimal() else 0


@dataclass(frozen=True, slots=True)
class MessageGroup:
    """Messages that say the same: how often, and where first. `first_row` is None for the file as a whole."""

    level: str
    code: str
    column: str
    text: str
    first_row: int | None
    count: int


def group_messages(messages: tuple[JobMessage, ...]) -> list[MessageGroup]:
    """Group repeats by level, code and column (by text where there is no code): errors first, most frequent first."""
    groups: dict[tuple[str, str, str, str], MessageGroup] = {}
    for message in messages:
        key = (message.level, message.code, message.column, "" if message.code else message.text)
        known = groups.get(key)
        groups[key] = MessageGroup(
            level=message.level,
            code=message.code,
            column=message.column,
            text=known.text if known else message.text,
            first_row=_earlier(known.first_row if known else None, message.row),
            count=message.count + (known.count if known else 0),
        )
    return sorted(groups.values(), key=lambda group: (group.level != Severity.ERROR, -group.count))


def _earlier(one: int | None, other: int | None) -> int | None:
    return min((row for row in (one, other) if row is not None), default=None)
