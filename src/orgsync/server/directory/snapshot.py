"""Read an organization's directory as frames, in one consistent look."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import polars as pl
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from orgsync.core.assigning import AssignmentBook
from orgsync.core.columns import ATTRIBUTE_NAMES, CUSTOM_PREFIX
from orgsync.core.directory import (
    ACTIVE,
    DATE_ATTRIBUTES,
    GROUP_SCHEMA,
    INVITED_SCHEMA,
    LEARNER_SCHEMA,
    LICENSE_SCHEMA,
    MEMBERSHIP_SCHEMA,
    PERMISSION_SCHEMA,
    POOL_SCHEMA,
    Directory,
)
from orgsync.core.grouprules.book import RuleBook
from orgsync.server.directory.assignments import ANY_IN_FORCE, read_assignments
from orgsync.server.directory.copying import read_frame, read_plain
from orgsync.server.directory.headcounts import best_counts
from orgsync.server.directory.revision import OrganizationMissing
from orgsync.server.directory.rulebook import read_book
from orgsync.server.directory.setwise import plan_for_sets
from orgsync.server.directory.standing import feeds_above, read_claims, read_overrides

_ATTRIBUTES: Final = ", ".join(
    f"to_char(learner.{name}, 'YYYY-MM-DD')" if name in DATE_ATTRIBUTES else f"learner.{name}"
    for name in ATTRIBUTE_NAMES
)
_LEARNERS: Final = """
    SELECT learner.id, learner.is_active::text,
           (learner.id IN (SELECT learner_id FROM directory_permissiongrant WHERE organization_id = %s
                           UNION SELECT learner_id FROM orgs_admin
                                  WHERE organization_id = %s AND learner_id IS NOT NULL
                                    AND deactivated_at IS NULL))::text,
           learner.is_protected::text, learner.primary_email_address, learner.email_key, learner.unique_user_id,
           learner.manager_id, learner.pending_manager_id, learner.pending_manager_email,
           coalesce(claimed.here, false)::text, coalesce(claimed.elsewhere, false)::text,
           claimed.missed, {attributes}
      FROM directory_learner AS learner
      LEFT JOIN (SELECT learner_id, bool_or(feed_id = %s) AS here, bool_or(feed_id <> %s) AS elsewhere,
                       max(missed) FILTER (WHERE feed_id = %s) AS missed
                   FROM directory_claim WHERE organization_id = %s {only_claims} GROUP BY learner_id) AS claimed
             ON claimed.learner_id = learner.id
     WHERE learner.organization_id = %s {only_learners}
"""
_GROUPS: Final = "SELECT id, name, name_key, is_rule::text FROM directory_group WHERE organization_id = %s"
_MEMBERSHIPS: Final = "directory_membership WHERE organization_id = %(organization)s"
_POOLS: Final = "SELECT id, key, name, seats FROM directory_pool WHERE organization_id = %s"
_MEMBERSHIP: Final = ("learner_id", "group_id", "reasons")
_LICENSES: Final = "directory_licenseassignment WHERE organization_id = %(organization)s"
_LICENSE: Final = ("learner_id", "pool_id", "state", "is_by_hand::text", "position")
_INVITATIONS: Final = "directory_learnerinvitation WHERE organization_id = %(organization)s"
_ONLY: Final = " AND learner_id = ANY (%s)"
_ONLY_PEOPLE: Final = " AND learner_id = ANY (%(people)s)"
_ACTIVE_ELSEWHERE: Final = """
    SELECT pool_id, count(*) FROM directory_licenseassignment
     WHERE organization_id = %s AND state = 'active' GROUP BY pool_id
"""
_PERMISSIONS: Final = "SELECT learner_id, permission, scope FROM directory_permissiongrant WHERE organization_id = %s"
_CUSTOM_ATTRIBUTES: Final = "SELECT name FROM directory_customattribute WHERE organization_id = %s"
_REVISION: Final = f"SELECT revision, {ANY_IN_FORCE} FROM orgs_organization AS organization WHERE id = %s"  # noqa: S608

_BY_PERSON: Final = "learner_id"
_NO_FEED: Final = 0
"""Identity columns start at 1, so that nobody is claimed by this one."""


@contextmanager
def consistent_read(snapshot: str | None = None) -> Iterator[None]:
    """Open a read-only transaction in which every statement sees the directory of one moment.

    It is the moment of `snapshot`, which another transaction has exported and keeps open; without, it is now. Must be
    the outermost transaction. Inside a transaction that holds the organization's write lock it is not needed: nobody
    else writes then.
    """
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            if snapshot is not None:
                cursor.execute("SET TRANSACTION SNAPSHOT %s", [snapshot])
            plan_for_sets(cursor)
        yield


def read_directory(
    organization_id: int,
    *,
    feed_id: int | None,
    custom: Collection[str] = (),
    people: Sequence[int] | None = None,
    rules: RuleBook | None = None,
    assignment_edits: Mapping[int, bool] | None = None,
) -> Directory:
    """Return the directory of the organization; learners carry the custom attributes named in `custom`.

    It is the whole directory, or that of `people` alone (`needs.find_needed` says who they must be). `feed_id` is the
    feed whose claims are "here"; `assignment_edits` are those of `assignments.read_assignments`. Call it inside
    `consistent_read()`, or with the write lock held; elsewhere its frames may be of different moments. Raises
    OrganizationMissing.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("read_directory() needs a transaction to be one consistent look.")
    above = feeds_above(organization_id, feed_id)
    of_people = {"organization": organization_id, "people": people}
    only = "" if people is None else _ONLY_PEOPLE
    with connection.cursor() as cursor:
        book = read_book(cursor, organization_id) if rules is None else rules
        revision, has_assignments = _revision(cursor, organization_id)
        assigned = AssignmentBook()
        if has_assignments or assignment_edits:
            assigned = read_assignments(cursor, organization_id, edits=assignment_edits or {}, people=people)
        asked = {*custom, *_custom_of(book.attributes), *_custom_of(assigned.attributes)}
        licenses = read_plain(cursor, _LICENSE, _LICENSES + only, of_people, LICENSE_SCHEMA, part=_BY_PERSON)
        memberships = read_plain(
            cursor, _MEMBERSHIP, _MEMBERSHIPS + only, of_people, MEMBERSHIP_SCHEMA, part=_BY_PERSON
        )
        invited = read_plain(cursor, (_BY_PERSON,), _INVITATIONS + only, of_people, INVITED_SCHEMA, part=_BY_PERSON)
        return Directory(
            revision=revision,
            learners=_learners(cursor, organization_id, feed_id, sorted(asked), people),
            groups=read_frame(cursor, _GROUPS, [organization_id], GROUP_SCHEMA),
            memberships=memberships,
            pools=read_frame(cursor, _POOLS, [organization_id], POOL_SCHEMA),
            licenses=licenses,
            everybody=None if people is None or feed_id is None else best_counts(organization_id, feed_id),
            active_elsewhere={} if people is None else _active_elsewhere(cursor, organization_id, licenses),
            permissions=read_frame(cursor, _PERMISSIONS, [organization_id], PERMISSION_SCHEMA),
            invited=invited,
            overrides=read_overrides(cursor, organization_id, people),
            claims_above=read_claims(cursor, organization_id, above, people),
            feeds_above=above,
            rules=book,
            assignments=assigned,
            custom_attributes=_custom_attributes(cursor, organization_id),
        )


def _custom_of(asked: Collection[str]) -> list[str]:
    """Return the custom attributes among those that rules or assignments ask about."""
    return [name for name in asked if name.startswith(CUSTOM_PREFIX)]


def _revision(cursor: CursorWrapper, organization_id: int) -> tuple[int, bool]:
    """Return the revision, and whether any assignment is in force: most have none, and need read no more then."""
    cursor.execute(_REVISION, [organization_id])
    found = cursor.fetchone()
    if found is None:
        raise OrganizationMissing(organization_id)
    return int(found[0]), bool(found[1])


def _active_elsewhere(cursor: CursorWrapper, organization_id: int, licenses: pl.DataFrame) -> dict[int, int]:
    """Count, by pool, the active licenses that `licenses` leaves out."""
    read = licenses.filter(pl.col("state") == ACTIVE)
    known = dict(read.group_by("pool_id").agg(pl.len()).iter_rows())
    cursor.execute(_ACTIVE_ELSEWHERE, [organization_id])
    return {pool_id: count - known.get(pool_id, 0) for pool_id, count in cursor.fetchall()}


def _learners(
    cursor: CursorWrapper,
    organization_id: int,
    feed_id: int | None,
    custom: Sequence[str],
    people: Sequence[int] | None,
) -> pl.DataFrame:
    """Read the learners; custom attributes are asked for by name, so that the rest of the JSON stays where it is."""
    attributes = ", ".join([_ATTRIBUTES, *["learner.custom ->> %s"] * len(custom)])
    feed = _NO_FEED if feed_id is None else feed_id
    around: list[Any] = [organization_id, organization_id]
    only = [] if people is None else [people]
    claims: list[Any] = [feed, feed, feed, organization_id, *only, organization_id, *only]
    statement = _LEARNERS.format(
        attributes=attributes,
        only_claims=_ONLY if only else "",
        only_learners=" AND learner.id = ANY (%s)" if only else "",
    )
    schema = pl.Schema({**LEARNER_SCHEMA, **dict.fromkeys(custom, pl.String())})
    return read_frame(cursor, statement, [*around, *custom, *claims], schema)


def _custom_attributes(cursor: CursorWrapper, organization_id: int) -> frozenset[str]:
    cursor.execute(_CUSTOM_ATTRIBUTES, [organization_id])
    return frozenset(name for (name,) in cursor.fetchall())
