"""A plan for LinkedIn and what became of it, in words and in counts."""

from pathlib import Path
from typing import Any, Final

from orgsync.client.answers import MessageGroup, group_messages, read_job
from orgsync.client.report import group_line
from orgsync.client.resultsfile import group_results
from orgsync.client.targets.linkedin.parts import Part
from orgsync.client.targets.linkedin.planning import LocalPlan
from orgsync.client.targets.linkedin.sending import SentPart
from orgsync.core.model import RowStatus
from orgsync.core.plan import ChangeKind

_KINDS: Final = {
    ChangeKind.CREATED: "new",
    ChangeKind.DEACTIVATED: "leaving",
    ChangeKind.REACTIVATED: "coming back",
    ChangeKind.EMAIL_CHANGED: "new address",
    ChangeKind.ID_CHANGED: "new id",
    ChangeKind.MANAGER_CHANGED: "new manager",
    ChangeKind.VALUE_SET: "values set",
    ChangeKind.VALUE_CHANGED: "values changed",
    ChangeKind.GROUP_JOINED: "memberships gained",
    ChangeKind.GROUP_LEFT: "memberships lost",
    ChangeKind.LICENSE_GRANTED: "licenses granted",
    ChangeKind.LICENSE_REVOKED: "licenses revoked",
    ChangeKind.LICENSE_SCHEDULED: "licenses to come on a first day",
}
_SHOWN: Final = 5
_GROUPS: Final = 20
_COLUMNS: Final = 8


def counts_of(plan: LocalPlan) -> dict[str, int]:
    """Return how often each kind of change is planned, in the plan's order, and how many rows do what."""
    lines = dict(plan.plan.changes.group_by("kind").len().iter_rows())
    statuses = dict(plan.plan.outcome.group_by("status").len().iter_rows())
    found = {kind.value: lines[kind.value] for kind in _KINDS if kind.value in lines}
    return {
        "rows": plan.plan.outcome.height,
        "unchanged": statuses.get(RowStatus.UNCHANGED.value, 0),
        "rows_in_error": statuses.get(RowStatus.ERROR.value, 0),
        **found,
        "told": plan.told,
    }


def plan_lines(plan: LocalPlan) -> list[str]:
    """Return the plan in a few lines; rows and columns are named, people never."""
    counts = counts_of(plan)
    moves = [f"{counts[kind.value]:,} {word}" for kind, word in _KINDS.items() if kind.value in counts]
    lines = [
        f"Plan {plan.digest}, against what LinkedIn has accepted so far:",
        f"  {counts['rows']:,} rows: {counts['unchanged']:,} unchanged, {counts['rows_in_error']:,} in error",
        f"  {', '.join(moves) or 'nothing changes'}",
    ]
    lines += [
        f"  file {number}: {part.rows.height:,} rows, columns {_columns(plan, part)}"
        for number, part in enumerate(plan.parts, 1)
    ]
    for name, rows in plan.emptied.items():
        first = ", ".join(str(row) for row in rows[:_SHOWN])
        lines.append(
            f"  emptied by HR, but nobody can clear it at LinkedIn: {name} ({len(rows):,} rows, first {first})"
        )
    if plan.never_known:
        lines.append(f"  left before LinkedIn heard of them: {plan.never_known:,} rows, not sent")
    lines += [f"  HELD {reason.code}: {reason.message}" for reason in plan.reasons]
    return lines


def _columns(plan: LocalPlan, part: Part) -> str:
    named = ", ".join(plan.headers.of(name) for name in part.fields[:_COLUMNS])
    more = len(part.fields) - _COLUMNS
    return f"{named} and {more} more" if more > 0 else named


def plan_facts(plan: LocalPlan) -> dict[str, Any]:
    """Return the plan as JSON, with a line a change."""
    changes = plan.plan.changes.select("kind", "row_number", "email", "target", "before", "after")
    return {
        "plan": plan.digest,
        "counts": counts_of(plan),
        "reasons": [
            {"code": reason.code, "message": reason.message, "count": reason.count, "base": reason.base}
            for reason in plan.reasons
        ],
        "files": [
            {"rows": part.rows.height, "columns": [plan.headers.of(name) for name in part.fields]}
            for part in plan.parts
        ],
        "emptied": {name: len(rows) for name, rows in plan.emptied.items()},
        "never_known": plan.never_known,
        "changes": changes.to_dicts(),
    }


def sent_lines(parts: list[SentPart], total: int) -> list[str]:
    """Return what became of each file."""
    lines = []
    for number, part in enumerate(parts, 1):
        name = f"File {number} of {total}"
        if part.job is None:
            lines.append(f"{name}: {part.rows:,} rows uploaded as {part.media}. LinkedIn mails the results;")
            lines.append("  bring them back with: orgsync results --file RESULTS.csv")
            continue
        lines.append(f"{name}: job {part.job} {part.status}, {part.accepted:,} of {part.rows:,} rows accepted")
        lines += [f"  {note}" for note in part.notes]
        lines += [f"  {group_line(group)}" for group in _said(part)[:_GROUPS]]
    if len(parts) < total:
        lines.append(f"{total - len(parts)} files were not sent, because they build on one that failed.")
    return lines


def _said(part: SentPart) -> list[MessageGroup]:
    """Return what the results file says of rows; where it says nothing, the job's messages, whatever their shape."""
    of_rows = group_results(Path(part.results)) if part.results else []
    return of_rows or group_messages(read_job(part.job or "", part.raw).messages)


def sent_counts(parts: list[SentPart]) -> dict[str, int]:
    """Return accepted and refused rows over all files."""
    return {
        "accepted": sum(part.accepted for part in parts),
        "refused": sum(part.refused for part in parts if part.job),
        "files": len(parts),
    }
