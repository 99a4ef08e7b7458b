"""The check that stands in for foreign keys: everything that a row points to is there, and no pool is over-used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl
from django.db import connection
from django.db.backends.utils import CursorWrapper

from orgsync.core.errors import OrgSyncError
from orgsync.server.directory.copying import staged

_LEARNER: Final = ("directory_learner", "id", "learner_id")
_POINTERS: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "memberships without a learner": ("directory_membership", *_LEARNER),
    "memberships without a group": ("directory_membership", "directory_group", "id", "group_id"),
    "licenses without a learner": ("directory_licenseassignment", *_LEARNER),
    "licenses without a pool": ("directory_licenseassignment", "directory_pool", "id", "pool_id"),
    "claims without a learner": ("directory_claim", *_LEARNER),
    "claims without a feed": ("directory_claim", "directory_feed", "id", "feed_id"),
    "permissions without a learner": ("directory_permissiongrant", *_LEARNER),
    "learners without their manager": ("directory_learner", "directory_learner", "id", "manager_id"),
    "admins without their learner": ("orgs_admin", *_LEARNER),
    "assignments without content": ("learning_assignment", "learning_content", "id", "content_id"),
    "assigned content without an assignment": (
        *("learning_learnerassignment", "learning_assignment", "id", "assignment_id"),
    ),
}
"""What is counted: rows of a table whose column names nothing in the other table of the same organization."""

_ORPHANS: Final = """
    SELECT count(*) FROM {table} AS link
     WHERE link.organization_id = %(organization)s AND link.{column} IS NOT NULL
       AND NOT EXISTS (SELECT FROM {target} AS target
                        WHERE target.organization_id = %(organization)s AND target.{key} = link.{column})
"""
# The log of somebody whom an undo removed stays.
_ORPHANED_CHANGES: Final = (
    _ORPHANS.format(table="directory_learnerchange", target="directory_learner", key="id", column="learner_id")
    + """
       AND NOT EXISTS (SELECT FROM directory_removal AS removal
                        WHERE removal.organization_id = %(organization)s AND removal.kind = 'learner'
                          AND removal.removed_id = link.learner_id)
"""
)
_OVER_USED: Final = """
    SELECT count(*) FROM directory_pool AS pool
     WHERE pool.organization_id = %(organization)s {some_pools}
       AND pool.seats < (SELECT count(*) FROM directory_licenseassignment AS license
                          WHERE license.organization_id = %(organization)s AND license.pool_id = pool.id
                            AND license.state = 'active')
"""
_ILL_PLACED: Final = """
    SELECT count(*) FROM directory_licenseassignment
     WHERE organization_id = %(organization)s AND (state = 'waiting') <> (position IS NOT NULL)
"""
# Of somebody whom an undo removed what is closed or completed stays.
_OPEN_FOR_NOBODY: Final = """
    SELECT count(*) FROM learning_learnerassignment AS assigned
     WHERE assigned.organization_id = %(organization)s AND assigned.state = 'open'
       AND (NOT EXISTS (SELECT FROM directory_learner AS learner
                         WHERE learner.organization_id = %(organization)s AND learner.id = assigned.learner_id
                           AND learner.is_active)
         OR NOT EXISTS (SELECT FROM learning_assignment AS assignment
                         WHERE assignment.organization_id = %(organization)s AND assignment.id = assigned.assignment_id
                           AND assignment.begun_at IS NOT NULL AND assignment.ended_at IS NULL))
"""
_MISSING_LEARNERS: Final = """
    SELECT count(*) FROM named_learner AS named
     WHERE NOT EXISTS (SELECT FROM directory_learner AS learner
                        WHERE learner.organization_id = %(organization)s AND learner.id = named.id)
"""
_MISSING: Final = """
    SELECT count(*) FROM unnest(%({name})s::bigint[]) AS named (id)
     WHERE NOT EXISTS (SELECT FROM {table} AS target
                        WHERE target.organization_id = %(organization)s AND target.id = named.id)
"""


class DirectoryBroken(OrgSyncError):
    """Rows of the directory contradict each other; a transaction that meets this must not be committed."""

    def __init__(self, organization_id: int, counts: Mapping[str, int]) -> None:
        self.organization_id = organization_id
        self.counts = dict(counts)
        found = ", ".join(f"{count} {what}" for what, count in counts.items())
        super().__init__(f"The directory of organization {organization_id} would not hold together: {found}.")


@dataclass(frozen=True, slots=True)
class Written:
    """What the rows of one write point to, each id once."""

    learner_ids: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.Int64))
    group_ids: Sequence[int] = ()
    pool_ids: Sequence[int] = ()
    fuller_pool_ids: Sequence[int] = ()
    """Pools that have more active licenses than before; the others may be over-used, when seats were taken away."""
    feed_ids: Sequence[int] = ()


def find_faults(organization_id: int) -> dict[str, int]:
    """Look through the whole directory of the organization; return only faults, as what is wrong and how often.

    Reads every link: some seconds for a million people.
    """
    counts = {
        what: _ORPHANS.format(table=table, target=target, key=key, column=column)
        for what, (table, target, key, column) in _POINTERS.items()
    }
    counts["changes without a learner"] = _ORPHANED_CHANGES
    counts["pools with more licenses than seats"] = _OVER_USED.format(some_pools="")
    counts["open assignments of people who have left, or that have ended"] = _OPEN_FOR_NOBODY
    counts["licenses with a place on the waiting list that does not fit"] = _ILL_PLACED
    with connection.cursor() as cursor:
        return _count(cursor, counts, {"organization": organization_id})


def check_directory(organization_id: int) -> None:
    """Raise DirectoryBroken when the organization's directory has any fault."""
    if faults := find_faults(organization_id):
        raise DirectoryBroken(organization_id, faults)


def check_written(cursor: CursorWrapper, organization_id: int, written: Written) -> None:
    """Raise DirectoryBroken when anything that was just written points to nothing, or a pool ran out of seats.

    Looks only at what the write named, so that the cost follows the size of the change.
    """
    counts = {
        "groups that are named and missing": _MISSING.format(name="groups", table="directory_group"),
        "pools that are named and missing": _MISSING.format(name="pools", table="directory_pool"),
        "feeds that are named and missing": _MISSING.format(name="feeds", table="directory_feed"),
        "learners who are named and missing": _MISSING_LEARNERS,
        "pools with more licenses than seats": _OVER_USED.format(some_pools="AND pool.id = ANY (%(fuller_pools)s)"),
    }
    parameters: dict[str, Any] = {
        "organization": organization_id,
        "groups": list(written.group_ids),
        "pools": list(written.pool_ids),
        "fuller_pools": list(written.fuller_pool_ids),
        "feeds": list(written.feed_ids),
    }
    with staged(cursor, "named_learner", written.learner_ids.to_frame("id"), like="directory_learner"):
        faults = _count(cursor, counts, parameters)
    if faults:
        raise DirectoryBroken(organization_id, faults)


def _count(cursor: CursorWrapper, counts: Mapping[str, str], parameters: Mapping[str, Any]) -> dict[str, int]:
    """Run every count in one statement; return those that are not zero."""
    cursor.execute("SELECT " + ", ".join(f"({count})" for count in counts.values()), parameters)
    return {what: count for what, count in zip(counts, cursor.fetchone(), strict=True) if count}
