"""A plan on a terminal: how many of each kind, and a few examples."""

from collections.abc import Iterator
from typing import Final

import click
import polars as pl

from orgsync.core.model import JobStatus
from orgsync.core.plan import ChangeKind
from orgsync.server.uploads.approvals import lines_since_approval
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.reporting import read_plan

_NAMED_BY_TARGET: Final = frozenset(
    kind.value for kind in ChangeKind if kind.value.startswith(("group_", "license_", "waiting_", "attribute_"))
)
"""Kinds of which the target says everything: joined which group, got which license."""


def show_plan(job: UploadJob, lines: int, *, since_approval: bool = False) -> None:
    """Print status, reasons to hold, and the plan grouped by kind, with `lines` examples of each.

    With `since_approval` only what the plan that was approved before does not have.
    """
    if job.plan is None:
        click.echo(f"Job {job.public_id} is {job.status} and has no plan.")
        return
    plan = lines_since_approval(job) if since_approval else read_plan(job.plan)
    what = "that were not in the approved plan" if since_approval else "and effects"
    click.echo(f"Job {job.public_id} · {job.status} · mode {job.mode} · {plan.height:,} changes {what}")
    for reason in job.hold_reasons:
        click.echo(f"  {_held_words(job)}: {reason['message']}")
    for sentence in _decisions(job):
        click.echo(f"  {sentence}")
    for kind in ChangeKind:
        chosen = plan.filter(pl.col("kind") == kind.value)
        if not chosen.is_empty():
            click.echo(f"{chosen.height:>9,}  {kind.value.replace('_', ' ')}")
            for line in chosen.head(lines).iter_rows(named=True):
                click.echo(f"             {_example(line)}")


def _decisions(job: UploadJob) -> Iterator[str]:
    if job.rest_of is not None:
        yield f"the rest of job {job.rest_of.public_id}, whose additions were applied"
    if job.status == JobStatus.HELD and job.first_approved_by is not None:
        meant = "the additions" if job.takes_nothing else "the plan"
        yield f"{job.first_approved_by.email} has approved {meant}; it takes a second person"


def _held_words(job: UploadJob) -> str:
    if job.status == JobStatus.HELD:
        return "held"
    return "would be held" if job.is_dry_run else "had been held"


def _example(line: dict[str, str | int | None]) -> str:
    who = str(line["name"] or line["email"] or "")
    if line["kind"] == ChangeKind.CREATED.value:
        return f"{who} <{line['email']}>"
    if line["kind"] in _NAMED_BY_TARGET:
        return ": ".join(filter(None, [who, str(line["target"])]))
    if line["before"] is None and line["after"] is None:
        return who
    return f"{who}: {line['target']} {line['before'] or '–'} → {line['after'] or '–'}"
