"""The summary of a push, a job or a check, as text for people and as JSON for programs."""

from collections.abc import Sequence
from typing import Any

import click

from orgsync.client.answers import Counts, MessageGroup, UploadJob, group_messages
from orgsync.client.visible import visible


def show_json(document: object) -> None:
    """Write the one JSON document that a command with --json puts on stdout."""
    import json  # noqa: PLC0415  --help has to be quick

    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def job_lines(job: UploadJob, groups: Sequence[MessageGroup] | None = None) -> list[str]:
    """Return the summary of a job; `groups` replace the messages of its JSON."""
    head = f"Job {job.id}: {visible(job.status)}" + (" (dry run: nothing was applied)" if job.is_dry_run else "")
    shown = group_messages(job.messages) if groups is None else groups
    return [head, f"  {count_line(job.counts)}", *(f"  {group_line(group)}" for group in shown)]


def count_line(counts: Counts) -> str:
    """Return the counts that every server gives, and of ours those that are not 0."""
    parts = [
        _part(counts.created, "created"),
        f"{counts.updated:,} updated",
        f"{counts.deleted:,} deleted",
        _part(counts.unchanged, "unchanged"),
        _part(counts.skipped, "skipped"),
        f"{counts.errors:,} in error",
        f"{counts.warnings:,} with warnings",
    ]
    return f"{counts.total:,} rows: " + ", ".join(filter(None, parts))


def _part(count: int, word: str) -> str:
    return f"{count:,} {word}" if count else ""


def group_line(group: MessageGroup) -> str:
    """Return one line for messages that say the same."""
    name = " ".join(filter(None, [group.level, group.code]))
    column = f" [{group.column}]" if group.column else ""
    return visible(f"{name}{column}{': ' if name or column else ''}{group.text}{_where(group)}")


def _where(group: MessageGroup) -> str:
    if group.first_row is None:
        return f" (×{group.count:,})" if group.count > 1 else ""
    return f" (row {group.first_row})" if group.count == 1 else f" ({group.count:,} rows, first {group.first_row})"


def group_facts(group: MessageGroup) -> dict[str, Any]:
    """Return a group as JSON."""
    return {
        "level": group.level,
        "code": group.code,
        "column": group.column or None,
        "message": group.text,
        "first_row": group.first_row,
        "count": group.count,
    }
