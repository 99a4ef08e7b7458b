"""The people whom lines of a plan are about, once the plan is applied: also those whom it has created."""

from collections.abc import Sequence

import polars as pl

from orgsync.core.normalize import fold_key
from orgsync.server.directory.models import Learner
from orgsync.server.directory.scope import ids_within, learners_within
from orgsync.server.orgs.access import People
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.planpages import PlanFile, PlanFilter


def people_in_plan(
    job: UploadJob, plan: PlanFile, chosen: PlanFilter, positions: Sequence[int] | None = None
) -> list[int]:
    """Return the learners of the lines at these positions, or of all lines that the filter leaves; two statements.

    Lines about nobody name nobody. A plan knows people whom it creates by their row; they are found by it.
    """
    lines = plan.frame(chosen) if positions is None else plan.frame(PlanFilter(), positions)
    known = set(lines.filter(pl.col("learner_id") > 0)["learner_id"].unique())
    rows = lines.filter(pl.col("learner_id") <= 0)["row_number"].drop_nulls().unique().to_list()
    created = Learner.objects.filter(
        organization_id=job.organization_id, created_job_id=job.pk, created_row__in=rows
    ).values_list("id", flat=True)
    return sorted(known | set(created))


def seen_by(people: People, organization_id: int, plan: PlanFile) -> PlanFilter:
    """Return a filter that leaves the lines about these people, and names no manager but theirs; two statements."""
    if people.is_everybody:
        return PlanFilter()
    addresses = {fold_key(manager): manager for manager in plan.managers()}
    found = learners_within(organization_id, people).filter(email_key__in=addresses)
    return PlanFilter(
        only=ids_within(organization_id, people, plan.learner_ids()),
        managers=frozenset(addresses[key] for key in found.values_list("email_key", flat=True) if key),
    )
