"""Counts over a whole directory, kept for the next plan: good for one revision only.

Every write raises the revision, so that what is kept is exactly what would be counted now, or is not used.
"""

import io
from functools import partial

import polars as pl

from orgsync.core.directory import Everybody
from orgsync.server.directory.everybody import CountedBefore, CountedDirectory
from orgsync.server.directory.models import Headcount
from orgsync.server.orgs.models import Organization


def best_counts(organization_id: int, feed_id: int) -> Everybody:
    """Return the feed's counts that are kept of this revision; where there are none, those made when asked for.

    Call it in the transaction in which the plan is made.
    """
    now = CountedDirectory(organization_id, feed_id)
    revision = Organization.objects.filter(id=organization_id).values("revision")[:1]
    kept = Headcount.objects.filter(organization_id=organization_id, feed_id=feed_id, revision=revision).first()
    if kept is None:
        return now
    frames = (kept.people, kept.licenses, kept.memberships)
    return CountedBefore(now, kept.names, *(partial(frame_of, content) for content in frames))


def content_of(frame: pl.DataFrame) -> bytes:
    """Return a frame of counts as it is kept."""
    content = io.BytesIO()
    frame.write_parquet(content)
    return content.getvalue()


def frame_of(content: bytes | memoryview) -> pl.DataFrame:
    """Return the frame that was kept."""
    return pl.read_parquet(bytes(content))
