"""The people whom lines of a plan are about, once the plan is applied: also those whom it has created."""

from collections.abc import Sequence

import polars as pl

from orgsync.server.directory.models import Learner
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
