"""What people did follows them when a job merges two records, and goes back when the merge is undone."""

import polars as pl

from orgsync.core.planning.handrows import ABSORBS, LEARNER
from orgsync.core.planning.mergerows import merges_in
from orgsync.server.learning.moving import give_back_activity, move_activity
from orgsync.server.uploads.draft import Draft
from orgsync.server.uploads.models import UploadJob


def follow_people(job: UploadJob, draft: Draft) -> None:
    """Move activity as the applied plan moved people, in the job's transaction."""
    writes = draft.plan.writes
    gone = set(writes.removed["learner_id"].to_list())
    rows = draft.file.checked.rows
    if gone and ABSORBS in rows.columns:
        merges = merges_in(rows.with_columns(learner_id=pl.col(LEARNER).cast(pl.Int64)))
        kept = dict(merges.select("other_id", "learner_id").iter_rows())
        move_activity(job.organization_id, {other: kept[other] for other in gone if other in kept})
    give_back_activity(job.organization_id, writes.restored["learner_id"].to_list())
