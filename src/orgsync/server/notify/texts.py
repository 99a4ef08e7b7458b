"""The wording of the mails about upload jobs. They hold counts, codes and places, never a person's data.

So neither messages of issues nor headers from the file are repeated: the message may quote a cell,
and the first row of a file without a header is a person.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from orgsync.core.columns import BY_NAME
from orgsync.core.issues import KINDS_BY_CODE
from orgsync.core.model import JobStatus

MOST_ISSUES: Final = 20


@dataclass(frozen=True, slots=True)
class JobFacts:
    """What a mail may say about a job."""

    status: JobStatus
    organization: str
    feed: str
    job_id: int
    received: str
    """When the file came, in words."""
    base_url: str
    counts: Mapping[str, int]
    is_dry_run: bool = False
    undone_id: int | None = None
    """The job that this one undoes."""
    result_urn: str | None = None
    issues: tuple[Mapping[str, Any], ...] = ()
    hold_reasons: tuple[Mapping[str, Any], ...] = ()
    reason_code: str = ""
    reason: str = ""
    approval_days: int = 7
    contacts: Mapping[str, str] = field(default_factory=dict)


def subject(job: JobFacts) -> str:
    """Return the subject line."""
    which = "Upload" if job.undone_id is None else f"Undo of job {job.undone_id}"
    what = {
        JobStatus.DONE: "Dry run finished" if job.is_dry_run else f"{which} processed",
        JobStatus.HELD: f"{which} on hold: waits for approval",
        JobStatus.FAILED: f"{which} failed: nothing was applied",
    }[job.status]
    errors = job.counts.get("errors", 0)
    suffix = f", {errors:,} rows with errors" if job.status is JobStatus.DONE and errors else ""
    return f"[{job.organization}] {what}{suffix} ({job.feed})"


def body(job: JobFacts) -> str:
    """Return the whole text of the mail."""
    parts = [_opening(job), _counts(job), _issues(job.issues), _download(job), _decide(job)]
    return "\n\n".join(part for part in parts if part) + "\n" + contact_lines(job.contacts)


def curl_command(base_url: str, result_urn: str) -> str:
    """Return the command that downloads a results file; the reader puts the token in."""
    address = f"{base_url}/media/upload?media_type=enterprise_csv_upload&id={result_urn}"
    return f"curl -H 'Authorization: Bearer <OAUTH_TOKEN>' -X GET \"{address}\" -o results.csv"


def _opening(job: JobFacts) -> str:
    which = f"The file that the feed “{job.feed}” of {job.organization} received on {job.received}"
    if job.undone_id is not None:
        which = f"The undo of job {job.undone_id} of the feed “{job.feed}” of {job.organization}"
    match job.status:
        case JobStatus.HELD:
            reasons = "\n".join(f"  - {reason.get('message') or reason.get('code')}" for reason in job.hold_reasons)
            end = f"An admin can approve or reject it within {job.approval_days} days."
            return f"{which} is on hold. Nothing has been applied.\n\nWhy:\n{reasons}\n\n{end}"
        case JobStatus.FAILED:
            return f"{which} could not be processed. Nothing was applied.\n\n{_reason(job)}"
        case _ if job.is_dry_run:
            return f"{which} was checked as a dry run. Nothing was applied; the counts say what would have been."
        case _:
            return f"{which} was processed." + ("" if job.undone_id is None else _AFTER_UNDO)


_AFTER_UNDO: Final = " Where it took back a file, the feed's next file is held until somebody releases the feed."


def _reason(job: JobFacts) -> str:
    kind = KINDS_BY_CODE.get(job.reason_code)
    if kind is None:
        return job.reason or "The reason is unknown."
    return f"Reason: {kind.code}. {kind.mend}"


def _counts(job: JobFacts) -> str:
    if not job.counts.get("rows"):
        return ""
    width = max(map(len, job.counts))
    return "\n".join(f"  {name:<{width}}  {count:>9,}" for name, count in job.counts.items())


def _issues(issues: Iterable[Mapping[str, Any]]) -> str:
    lines = [_issue(issue) for issue in issues]
    if not lines:
        return ""
    more = f"\n  … and {len(lines) - MOST_ISSUES} more kinds" if len(lines) > MOST_ISSUES else ""
    return "Issues:\n" + "\n".join(lines[:MOST_ISSUES]) + more


def _issue(issue: Mapping[str, Any]) -> str:
    code, count, row, column = (issue.get(name) for name in ("code", "count", "row", "column"))
    kind = KINDS_BY_CODE.get(str(code))
    where = [f"column {column}"] if column in BY_NAME else []
    where += [f"row {row}" if (count or 1) == 1 else f"{count:,} times, first in row {row}"] if row else []
    place = f" ({', '.join(where)})" if where else ""
    return f"  {issue.get('level')} {code}{place}" + (f": {kind.mend}" if kind else "")


def _download(job: JobFacts) -> str:
    if job.result_urn is None:
        return ""
    return "To download the results file, put an access token in place of <OAUTH_TOKEN> and run:\n\n" + curl_command(
        job.base_url, job.result_urn
    )


def _decide(job: JobFacts) -> str:
    """Lead to the job's page, and say how to decide on a held one without a browser."""
    page = f"The job in the Account Center (sign-in needed):\n{job.base_url}/admin/people/sync-history/{job.job_id}/"
    if job.status is not JobStatus.HELD:
        return page
    commands = "\n".join(f"  orgsync admin {word} {job.job_id}" for word in ("plan", "approve", "reject"))
    return f"{page}\n\nOr, on the server:\n\n{commands}"


def contact_lines(contacts: Mapping[str, str]) -> str:
    """Return the foot of a mail: whom to ask; nothing where nobody is named."""
    lines = [f"{name}: {contact}\n" for name, contact in contacts.items() if contact]
    return "\n" + "".join(lines) if lines else ""
