"""Whether kept counts of a directory are what would be counted now."""

import polars as pl
from polars.testing import assert_frame_equal

from orgsync.server.directory.everybody import CountedDirectory
from orgsync.server.directory.models import Headcount
from orgsync.server.orgs.models import Organization
from tests.server.pipeline.pipeline_world import World


def check_counts(world: World) -> int:
    """Compare what is kept of the present revision with what there is; return for how many feeds it is kept."""
    revision = Organization.objects.get(id=world.id).revision
    current = list(Headcount.objects.filter(**world.mine, revision=revision))
    for row in current:
        now = CountedDirectory(world.id, row.feed_id)
        for kept, counted in (
            (row.people, now.people(row.names)),
            (row.licenses, now.licenses()),
            (row.memberships, now.memberships()),
        ):
            assert_frame_equal(pl.read_parquet(bytes(kept)), counted, check_row_order=False)
    return len(current)
