"""Write in how many full files in a row a feed has been silent on somebody."""

from typing import Final

import polars as pl
from django.db.backends.utils import CursorWrapper

from orgsync.server.directory.copying import staged
from orgsync.server.directory.misfit import check_count

_CLAIMS: Final = "directory_claim"
_COUNT: Final = """
    UPDATE directory_claim AS claim
       SET missed = planned.after
      FROM planned_missed AS planned
     WHERE claim.organization_id = %s AND claim.feed_id = %s AND claim.learner_id = planned.learner_id
       AND claim.missed = planned.before
"""


def write_missed(cursor: CursorWrapper, organization_id: int, feed_id: int, missed: pl.DataFrame) -> None:
    """Write `Writes.missed` to the feed's claims; raise WritesMisfit when a count is not as the plan saw it."""
    if missed.is_empty():
        return
    planned = missed.select("learner_id", "before", "after").sort("learner_id")
    with staged(cursor, "planned_missed", planned, like=_CLAIMS, sources={"before": "missed", "after": "missed"}):
        cursor.execute(_COUNT, [organization_id, feed_id])
        check_count(_CLAIMS, expected=planned.height, found=cursor.rowcount)
