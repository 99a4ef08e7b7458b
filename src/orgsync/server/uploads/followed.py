"""What people did, and what is assigned to them, follows them when a job merges two records; and back."""

from datetime import datetime

import polars as pl

from orgsync.core.planning.handrows import ABSORBS, LEARNER
from orgsync.core.planning.mergerows import merges_in
from orgsync.server.learning.moving import give_back_learning, move_learning
from orgsync.server.uploads.draft import Draft
from orgsync.server.uploads.models import UploadJob


def follow_people(job: UploadJob, draft: Draft, *, now: datetime) -> None:
    """Move what people learned as the applied plan moved people, in the job's transaction."""
    writes = draft.plan.writes
    gone = set(writes.removed["learner_id"].to_list())
    rows = draft.file.checked.rows
    if gone and ABSORBS in rows.columns:
        merges = merges_in(rows.with_columns(learner_id=pl.col(LEARNER).cast(pl.Int64)))
        kept = dict(merges.select("other_id", "learner_id").iter_rows())
        move_learning(job.organization, {other: kept[other] for other in gone if other in kept}, now=now)
    give_back_learning(job.organization, writes.restored["learner_id"].to_list(), now=now)
