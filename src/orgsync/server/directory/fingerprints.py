"""Keep with the feed's claims what its file said of people, for as long as they stay as that left them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl
from django.db import connection
from django.db.backends.utils import CursorWrapper

from orgsync.core.directory import SCHEDULED, WAITING
from orgsync.core.plan import Writes
from orgsync.server.directory.copying import staged
from orgsync.server.directory.registry import AppliedIds

_PENDING: Final = ("pending_manager_id", "pending_manager_email")
_VERSION: Final = "SELECT pg_current_xact_id()::text::bigint"
# What a row means for somebody whose day is still to come, or who waits, may be another thing tomorrow.
_KEEP: Final = """
    UPDATE directory_claim AS claim
       SET fingerprint = said.fingerprint, version = learner.version, epoch = %(epoch)s
      FROM said_of_learner AS said, directory_learner AS learner
     WHERE claim.organization_id = %(organization)s AND claim.feed_id = %(feed)s
       AND claim.learner_id = said.learner_id
       AND learner.organization_id = %(organization)s AND learner.id = said.learner_id
       AND learner.pending_manager_id IS NULL AND learner.pending_manager_email IS NULL
       AND (learner.start_date IS NULL OR learner.start_date <= %(today)s)
       AND (learner.end_date IS NULL OR learner.end_date < %(today)s)
       AND NOT EXISTS (SELECT FROM directory_licenseassignment AS license
                        WHERE license.organization_id = %(organization)s AND license.learner_id = said.learner_id
                          AND license.state IN ('waiting', 'scheduled'))
"""


@dataclass(frozen=True, slots=True)
class SaidOfCreated:
    """What rows said of the people whom a plan creates, to be kept with their claims."""

    epoch: int
    worked_out: Callable[[], pl.DataFrame]
    """Waits for `learner_id` (negative) and `fingerprint`: they are worked out while the people are written."""

    def beside(self, cursor: CursorWrapper, claims: pl.DataFrame, ids: AppliedIds) -> pl.DataFrame:
        """Return the claims, whose ids are real, with fingerprints; call it in the transaction that writes them."""
        cursor.execute(_VERSION)
        version = cursor.fetchone()[0]
        known = {"version": pl.lit(version, pl.Int64), "epoch": pl.lit(self.epoch, pl.Int64)}
        said = ids.with_learners(self.worked_out())
        return claims.join(said, on="learner_id", how="left", maintain_order="left").with_columns(**known)


def said_of_created(writes: Writes, said: pl.DataFrame, *, today: date) -> pl.DataFrame:
    """Return the part of `said` (`learner_id`, negative: to be created; `fingerprint`) that can be kept of them."""
    return said.join(_fixed(writes, today), on="learner_id", how="semi")


def keep_fingerprints(organization_id: int, feed_id: int, said: pl.DataFrame, *, epoch: int, today: date) -> int:
    """Keep what was said of people who exist (`learner_id`, `fingerprint`); return of how many it can be kept.

    Call it after the plan is written, in the same transaction.
    """
    known = said.filter(pl.col("learner_id") > 0)
    if known.is_empty():
        return 0
    values: dict[str, Any] = {"organization": organization_id, "feed": feed_id, "epoch": epoch, "today": today}
    with (
        connection.cursor() as cursor,
        staged(cursor, "said_of_learner", known.sort("learner_id"), like="directory_claim"),
    ):
        cursor.execute(_KEEP, values)
        return int(cursor.rowcount)


def _fixed(writes: Writes, today: date) -> pl.DataFrame:
    """Return `learner_id` of the people to be created for whom the same row will mean the same tomorrow."""
    now = pl.lit(today.isoformat())
    dates = {"start_date": pl.col("start_date") <= now, "end_date": pl.col("end_date") < now}
    over = [is_over.fill_null(value=True) for name, is_over in dates.items() if name in writes.creates.columns]
    waits = writes.licenses.filter(pl.col("after").is_in([WAITING, SCHEDULED])).select("learner_id")
    claimed = writes.claims.filter("is_claimed").select("learner_id")
    settled = writes.creates.filter(pl.all_horizontal(*(pl.col(name).is_null() for name in _PENDING), *over))
    return (
        settled.select("learner_id").join(waits, on="learner_id", how="anti").join(claimed, on="learner_id", how="semi")
    )
