"""What stands against a file: local overrides, and the claims of feeds that come before its own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import polars as pl
from django.db.backends.utils import CursorWrapper

from orgsync.core.directory import CLAIM_SCHEMA, OVERRIDE_SCHEMA, FeedAbove
from orgsync.server.directory.copying import read_frame, staged
from orgsync.server.directory.misfit import check_count
from orgsync.server.directory.models import Feed

_OVERRIDES: Final = "SELECT learner_id, target FROM directory_override WHERE organization_id = %s"
_CLAIMS: Final = "SELECT learner_id, feed_id FROM directory_claim WHERE organization_id = %s AND feed_id = ANY (%s)"
_ONLY: Final = " AND learner_id = ANY (%s)"
_ADD: Final = """
    INSERT INTO directory_override (organization_id, learner_id, target, at, by_id)
    SELECT %s, learner_id, target, %s, %s FROM planned_override WHERE is_kept
"""
_LIFT: Final = """
    DELETE FROM directory_override AS override
     USING planned_override AS planned
     WHERE NOT planned.is_kept AND override.organization_id = %s
       AND override.learner_id = planned.learner_id AND override.target = planned.target
"""
# A mark on a license that the same plan has taken away is gone with it.
_MARK: Final = """
    UPDATE directory_licenseassignment AS license
       SET is_by_hand = planned.is_kept
      FROM planned_override AS planned
     WHERE license.organization_id = %s AND license.learner_id = planned.learner_id
       AND 'license:' || license.pool_id = planned.target
"""
_LICENSE: Final = "license:"


def feeds_above(organization_id: int, feed_id: int | None) -> tuple[FeedAbove, ...]:
    """Return the feeds that come before this one in the organization's order, the highest first.

    Feeds of the same rank stand in the order in which they were made, so that of two feeds one is always higher.
    """
    feeds = list(Feed.objects.filter(organization_id=organization_id).order_by("rank", "id"))
    place = next((place for place, feed in enumerate(feeds) if feed.pk == feed_id), 0)
    return tuple(FeedAbove(feed.pk, feed.name, frozenset(feed.named_fields)) for feed in feeds[:place])


def read_claims(
    cursor: CursorWrapper, organization_id: int, feeds: Sequence[FeedAbove], people: Sequence[int] | None
) -> pl.DataFrame:
    """Return `CLAIM_SCHEMA`: whom these feeds claim, of `people` where they are given."""
    if not feeds:
        return pl.DataFrame(schema=CLAIM_SCHEMA)
    ids = [feed.feed_id for feed in feeds]
    return _read(cursor, _CLAIMS, [organization_id, ids], people, CLAIM_SCHEMA)


def read_overrides(cursor: CursorWrapper, organization_id: int, people: Sequence[int] | None) -> pl.DataFrame:
    """Return `OVERRIDE_SCHEMA`: attributes, and groups that people were taken out of; of `people` where given."""
    return _read(cursor, _OVERRIDES, [organization_id], people, OVERRIDE_SCHEMA)


def _read(
    cursor: CursorWrapper, query: str, parameters: list[Any], people: Sequence[int] | None, schema: pl.Schema
) -> pl.DataFrame:
    if people is None:
        return read_frame(cursor, query, parameters, schema)
    return read_frame(cursor, query + _ONLY, [*parameters, people], schema)


def write_overrides(
    cursor: CursorWrapper, organization_id: int, overrides: pl.DataFrame, *, by_id: int | None, at: datetime
) -> None:
    """Set and lift local overrides (`core.plan.OVERRIDES`), after the licenses have been written.

    What stands on a license is a mark of the license. Raises WritesMisfit when one to be lifted is not there.
    """
    if overrides.is_empty():
        return
    planned = overrides.select("learner_id", "target", is_kept="is_kept").sort("learner_id", "target")
    is_license = pl.col("target").str.starts_with(_LICENSE)
    sources = {"is_kept": "is_protected", "learner_id": "id", "target": "primary_email_address"}
    with staged(cursor, "planned_override", planned.filter(~is_license), like="directory_learner", sources=sources):
        cursor.execute(_ADD, [organization_id, at, by_id])
        cursor.execute(_LIFT, [organization_id])
        lifted = planned.filter(~is_license & ~pl.col("is_kept")).height
        check_count("directory_override", expected=lifted, found=cursor.rowcount)
    with staged(cursor, "planned_override", planned.filter(is_license), like="directory_learner", sources=sources):
        cursor.execute(_MARK, [organization_id])


def overrides_as_log(overrides: pl.DataFrame) -> pl.DataFrame:
    """Return the lines of the log: attribute `override:<target>`, which became `kept` or ceased to be."""
    kept, nothing = pl.lit("kept"), pl.lit(None, dtype=pl.String)
    return overrides.select(
        "learner_id",
        "row_number",
        attribute=pl.format("override:{}", pl.col("target")),
        before=pl.when(~pl.col("is_kept")).then(kept).otherwise(nothing),
        after=pl.when("is_kept").then(kept).otherwise(nothing),
    )


_TAKE_CLAIMS: Final = """
    INSERT INTO directory_claim (organization_id, learner_id, feed_id, since, since_job_id)
    SELECT DISTINCT claim.organization_id, planned.learner_id, claim.feed_id, %(at)s::timestamptz, %(job)s::bigint
      FROM directory_claim AS claim JOIN planned_claim AS planned ON planned.other_id = claim.learner_id
     WHERE claim.organization_id = %(organization)s AND planned.learner_id IS NOT NULL
        ON CONFLICT (organization_id, learner_id, feed_id) DO NOTHING
"""
_KEEP_CLAIMS: Final = """
    INSERT INTO directory_pastclaim (organization_id, learner_id, feed_id, since, since_job_id, until, until_job_id)
    SELECT claim.organization_id, claim.learner_id, claim.feed_id, claim.since, claim.since_job_id, %(at)s, %(job)s
      FROM directory_claim AS claim JOIN planned_claim AS planned ON planned.other_id = claim.learner_id
     WHERE claim.organization_id = %(organization)s
"""
_END_CLAIMS: Final = """
    DELETE FROM directory_claim AS claim USING planned_claim AS planned
     WHERE claim.organization_id = %(organization)s AND claim.learner_id = planned.other_id
"""


def move_claims(
    cursor: CursorWrapper, organization_id: int, moved: pl.DataFrame, *, job_id: int | None, at: datetime
) -> None:
    """End every claim of some people, and give them to others (`core.plan.MOVED_CLAIMS`)."""
    if moved.is_empty():
        return
    values = {"organization": organization_id, "job": job_id, "at": at}
    sources = {"other_id": "id", "learner_id": "manager_id"}
    with staged(cursor, "planned_claim", moved.sort("other_id"), like="directory_learner", sources=sources):
        for statement in (_TAKE_CLAIMS, _KEEP_CLAIMS, _END_CLAIMS):
            cursor.execute(statement, values)


_END_BEGUN: Final = """
    WITH gone AS (
        DELETE FROM directory_claim WHERE organization_id = %(organization)s AND since_job_id = %(of_job)s RETURNING *)
    INSERT INTO directory_pastclaim (organization_id, learner_id, feed_id, since, since_job_id, until, until_job_id)
    SELECT organization_id, learner_id, feed_id, since, since_job_id, %(at)s, %(job)s FROM gone
"""
_BRING_BACK: Final = """
    INSERT INTO directory_claim (organization_id, learner_id, feed_id, since, since_job_id)
    SELECT past.organization_id, past.learner_id, past.feed_id, %(at)s, %(job)s
      FROM directory_pastclaim AS past
      JOIN directory_learner AS learner
        ON learner.organization_id = past.organization_id AND learner.id = past.learner_id
     WHERE past.organization_id = %(organization)s AND past.until_job_id = %(of_job)s
        ON CONFLICT (organization_id, learner_id, feed_id) DO NOTHING
"""


def take_claims_back(
    cursor: CursorWrapper, organization_id: int, of_job: int | None, *, job_id: int | None, at: datetime
) -> None:
    """End the claims, of whatever feed, that a job began and that still stand, and bring back those that it ended."""
    if of_job is not None:
        values = {"organization": organization_id, "of_job": of_job, "job": job_id, "at": at}
        cursor.execute(_END_BEGUN, values)
        cursor.execute(_BRING_BACK, values)
