"""Write a plan: one transaction, sets only, all or nothing."""

from dataclasses import replace
from datetime import datetime

import polars as pl
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from orgsync.core.directory import ACTIVE
from orgsync.core.errors import OrgSyncError
from orgsync.core.plan import Writes
from orgsync.server.directory.analyzing import analyze_grown
from orgsync.server.directory.assignments import write_assignments
from orgsync.server.directory.fingerprints import SaidOfCreated
from orgsync.server.directory.integrity import Written, check_written
from orgsync.server.directory.invitations import end_links
from orgsync.server.directory.links import LinkWriter
from orgsync.server.directory.missing import write_missed
from orgsync.server.directory.people import insert_learners, log_changes, update_learners
from orgsync.server.directory.registry import AppliedIds, add_attributes, add_groups, take_learner_ids
from orgsync.server.directory.removing import remove_attributes, remove_groups, remove_learners, restore_groups
from orgsync.server.directory.rulebook import with_real_group, write_rule
from orgsync.server.directory.setwise import plan_for_sets
from orgsync.server.directory.standing import move_claims, overrides_as_log, take_claims_back, write_overrides


class FeedMissing(OrgSyncError):
    """The plan changes claims, and no feed was named to own them; nothing was applied."""

    def __init__(self, claims: int) -> None:
        self.claims = claims
        super().__init__(f"The plan changes {claims} claims, but belongs to no feed.")


def apply_writes(
    writes: Writes,
    *,
    organization_id: int,
    feed_id: int | None,
    job_id: int | None,
    at: datetime,
    by_id: int | None = None,
    said: SaidOfCreated | None = None,
) -> AppliedIds:
    """Write the plan's sets to the directory and return what its provisional ids have become.

    Call it inside a transaction, with the organization's write lock held (`revision.lock_directory`) and the plan made
    for the revision that the lock returned; whatever is raised, roll back. It raises the directory's revision. The
    number of statements does not grow with the number of rows. `feed_id` owns the claims; None where the plan has
    none. `said` is kept with the new ones. Raises WritesMisfit, UnknownProvisionalId, DirectoryBroken, FeedMissing,
    and Django's database errors.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("apply_writes() needs a transaction: it is all or nothing.")
    with connection.cursor() as cursor:
        plan_for_sets(cursor)
        ids = _real_ids(cursor, writes, organization_id, job_id=job_id, at=at)
        writes = _with_real_ids(writes, ids)
        # First of all: what they leave behind, an address or an id, may be taken.
        remove_learners(cursor, organization_id, writes.removed, job_id=job_id, at=at)
        update_learners(cursor, organization_id, writes.updates, at=at)
        insert_learners(cursor, organization_id, writes.restored, job_id=job_id, at=at)
        insert_learners(cursor, organization_id, writes.creates, job_id=job_id, at=at)
        log_changes(cursor, organization_id, _log(writes, ids), job_id=job_id, at=at)
        writer = LinkWriter(cursor, organization_id, job_id, at, ids.first_learner_id)
        _write_links(writer, writes, feed_id)
        _write_claims(writer, writes.claims, feed_id, said, ids)
        write_assignments(cursor, organization_id, writes, job_id=job_id, at=at)
        end_links(cursor, organization_id, writes)
        write_overrides(cursor, organization_id, writes.overrides, by_id=by_id, at=at)
        move_claims(cursor, organization_id, writes.moved_claims, job_id=job_id, at=at)
        take_claims_back(cursor, organization_id, writes.claims_of_job, job_id=job_id, at=at)
        remove_groups(cursor, organization_id, writes.removed_groups, job_id=job_id, at=at)
        remove_attributes(cursor, organization_id, writes.removed_attributes, job_id=job_id, at=at)
        write_rule(cursor, organization_id, writes.rule, removed_groups=writes.removed_groups)
        analyze_grown(cursor, writes)
        check_written(cursor, organization_id, _written(writes, ids, feed_id))
    return ids


def _real_ids(
    cursor: CursorWrapper, writes: Writes, organization_id: int, *, job_id: int | None, at: datetime
) -> AppliedIds:
    learners, revision = take_learner_ids(cursor, organization_id, writes.creates)
    groups = add_groups(cursor, organization_id, writes.new_groups, job_id=job_id, at=at)
    add_attributes(cursor, organization_id, writes.new_attributes, job_id=job_id, at=at)
    restore_groups(cursor, organization_id, writes.restored_groups, job_id=job_id, at=at)
    return AppliedIds(learners, groups, revision)


def _with_real_ids(writes: Writes, ids: AppliedIds) -> Writes:
    memberships = ids.with_groups(ids.with_learners(writes.memberships))
    return replace(
        writes,
        creates=_with_managers(ids.with_learners(writes.creates), ids),
        updates=_with_managers(ids.with_learners(writes.updates), ids),
        changes=_with_logged_managers(ids.with_learners(writes.changes), ids),
        memberships=memberships,
        licenses=ids.with_learners(writes.licenses),
        permissions=ids.with_learners(writes.permissions),
        assignments=ids.with_learners(writes.assignments),
        claims=ids.with_learners(writes.claims),
        rule=with_real_group(writes.rule, ids),
    )


def _with_managers(people: pl.DataFrame, ids: AppliedIds) -> pl.DataFrame:
    return ids.with_learners(people, "manager_id") if "manager_id" in people.columns else people


def _with_logged_managers(changes: pl.DataFrame, ids: AppliedIds) -> pl.DataFrame:
    """Map the ids of managers that the log holds as text."""
    manager = pl.when(pl.col("attribute") == "manager").then(pl.col("after")).cast(pl.Int64, strict=False)
    mapped = ids.with_learners(changes.with_columns(_manager=manager), "_manager")
    return mapped.with_columns(after=pl.coalesce(pl.col("_manager").cast(pl.String), "after")).drop("_manager")


def _log(writes: Writes, ids: AppliedIds) -> pl.DataFrame:
    """Return `writes.changes` and, in the same form, the permissions of people who were there before."""
    is_new = pl.col("learner_id").is_in(ids.learners["id"].implode())
    permissions = writes.permissions.filter(~is_new).select(
        "learner_id",
        pl.lit(None, pl.Int64).alias("row_number"),
        pl.col("permission").alias("attribute"),
        "before",
        "after",
    )
    return pl.concat([writes.changes, permissions, overrides_as_log(writes.overrides)])


def _write_links(writer: LinkWriter, writes: Writes, feed_id: int | None) -> None:
    writer.write_memberships(writes.memberships)
    writer.write_licenses(writes.licenses)
    writer.write_permissions(writes.permissions)
    if feed_id is not None:
        write_missed(writer.cursor, writer.organization_id, feed_id, writes.missed)


def _write_claims(
    writer: LinkWriter, claims: pl.DataFrame, feed_id: int | None, said: SaidOfCreated | None, ids: AppliedIds
) -> None:
    if claims.is_empty():
        return
    if feed_id is None:
        raise FeedMissing(claims.height)
    writer.write_claims(claims if said is None else said.beside(writer.cursor, claims, ids), feed_id)


def _written(writes: Writes, ids: AppliedIds, feed_id: int | None) -> Written:
    """Name everybody and everything that the written rows point to, but for the people just inserted."""
    people = [writes.memberships, writes.licenses, writes.permissions, writes.claims, writes.changes]
    people += [writes.assignments]
    managers = [
        frame.select(learner_id="manager_id") for frame in (writes.creates, writes.updates) if "manager_id" in frame
    ]
    is_new = pl.col("learner_id").is_between(ids.learners["id"].min(), ids.learners["id"].max()).fill_null(value=False)
    is_gone = pl.col("learner_id").is_in(writes.removed["learner_id"].implode())
    named = [frame.filter(~is_new & ~is_gone).select("learner_id").unique() for frame in [*people, *managers]]
    return Written(
        learner_ids=pl.concat(named).get_column("learner_id").drop_nulls().unique().sort(),
        group_ids=sorted(set(writes.memberships["group_id"].unique()) - set(writes.removed_groups)),
        pool_ids=writes.licenses["pool_id"].unique().to_list(),
        fuller_pool_ids=_fuller_pools(writes.licenses),
        feed_ids=[] if feed_id is None else [feed_id],
    )


def _fuller_pools(licenses: pl.DataFrame) -> list[int]:
    taken, freed = ((pl.col(side) == ACTIVE).fill_null(value=False).sum() for side in ("after", "before"))
    seats = licenses.group_by("pool_id").agg(more=taken.cast(pl.Int64) - freed.cast(pl.Int64))
    return seats.filter(pl.col("more") > 0).get_column("pool_id").to_list()
