"""Assignments as a plan needs them, and what a plan writes of them. The tables are those of `learning`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import polars as pl
from django.db.backends.utils import CursorWrapper

from orgsync.core.assigning import (
    STANDING,
    Assignment,
    AssignmentBook,
    AssignmentEdit,
    Audience,
    AudienceKind,
    Due,
    DueKind,
)
from orgsync.core.plan import Writes
from orgsync.server.directory.copying import read_plain, staged
from orgsync.server.directory.misfit import check_count

_IN_FORCE: Final = "assignment.begun_at IS NOT NULL AND assignment.ended_at IS NULL"
ANY_IN_FORCE: Final = f"""
    EXISTS (SELECT FROM learning_assignment AS assignment
             WHERE assignment.organization_id = organization.id AND {_IN_FORCE})
"""
"""Whether the organization at hand has any, for a query that reads the organization anyway."""
_READ: Final = f"""
    SELECT assignment.id, {_IN_FORCE}, content.title, audience, group_id, learner_id, attribute, value,
           due, due_on, due_days, former_learner_ids[cardinality(former_learner_ids)]
      FROM learning_assignment AS assignment JOIN learning_content AS content
        ON content.organization_id = assignment.organization_id AND content.id = assignment.content_id
     WHERE assignment.organization_id = %(organization)s AND ({_IN_FORCE} OR assignment.id = ANY (%(edited)s))
     ORDER BY assignment.id
"""  # noqa: S608
_STANDING: Final = """
    learning_learnerassignment WHERE organization_id = %(organization)s AND assignment_id = ANY (%(assignments)s)
"""
_ONLY_PEOPLE: Final = " AND learner_id = ANY (%(people)s)"

_TABLE: Final = "learning_learnerassignment"
_MATCHES: Final = """
     WHERE link.organization_id = %(organization)s AND link.learner_id = planned.learner_id
       AND link.assignment_id = planned.assignment_id AND link.state = planned.before
"""
_KEEP: Final = f"""
    INSERT INTO learning_pastlearnerassignment
           (organization_id, learner_id, assignment_id, content_id, since, since_job_id, due_on, until, until_job_id)
    SELECT link.organization_id, link.learner_id, link.assignment_id, link.content_id, link.since, link.since_job_id,
           link.due_on, link.until, link.until_job_id
      FROM {_TABLE} AS link, planned_assignment AS planned {_MATCHES} AND planned.after = 'open'
"""  # noqa: S608
_REOPEN: Final = f"""
    UPDATE {_TABLE} AS link
       SET state = 'open', since = %(at)s, since_job_id = %(job)s, due_on = planned.due_on, reminded_days = NULL,
           until = NULL, until_job_id = NULL
      FROM planned_assignment AS planned {_MATCHES} AND planned.after = 'open'
"""  # noqa: S608
_CLOSE: Final = f"""
    UPDATE {_TABLE} AS link
       SET state = 'closed', until = %(at)s, until_job_id = %(job)s
      FROM planned_assignment AS planned {_MATCHES} AND planned.after = 'closed'
"""  # noqa: S608
_OPEN: Final = f"""
    INSERT INTO {_TABLE} (organization_id, learner_id, assignment_id, content_id, state, since, since_job_id, due_on)
    SELECT %(organization)s, planned.learner_id, planned.assignment_id, assignment.content_id, 'open', %(at)s, %(job)s,
           planned.due_on
      FROM planned_assignment AS planned JOIN learning_assignment AS assignment
        ON assignment.organization_id = %(organization)s AND assignment.id = planned.assignment_id
     WHERE planned.before IS NULL
     ORDER BY planned.learner_id, planned.assignment_id
"""  # noqa: S608
COMPLETE: Final = """
    UPDATE learning_learnerassignment AS link
       SET state = 'completed', until = greatest(link.since, progress.completed_at), until_job_id = NULL
      FROM ({pairs}) AS pair (learner_id, content_id), learning_progress AS progress
     WHERE link.organization_id = %(organization)s AND link.state = 'open'
       AND link.learner_id = pair.learner_id AND link.content_id = pair.content_id
       AND progress.organization_id = %(organization)s AND progress.learner_id = pair.learner_id
       AND progress.content_id = pair.content_id AND progress.completed_at IS NOT NULL
"""
"""Complete the open assignments of `pairs`, a query, whose content is done."""
_JUST_OPENED: Final = """
    SELECT DISTINCT opened.learner_id, opened.content_id
      FROM learning_learnerassignment AS opened, planned_assignment AS planned
     WHERE opened.organization_id = %(organization)s AND opened.learner_id = planned.learner_id
       AND opened.assignment_id = planned.assignment_id AND planned.after = 'open'
"""
_BEGIN: Final = """
    UPDATE learning_assignment SET begun_at = coalesce(begun_at, %s), ended_at = NULL
     WHERE organization_id = %s AND id = ANY (%s)
"""
_END: Final = "UPDATE learning_assignment SET ended_at = %s WHERE organization_id = %s AND id = ANY (%s)"


def read_assignments(
    cursor: CursorWrapper,
    organization_id: int,
    *,
    edits: Mapping[int, bool],
    people: Sequence[int] | None,
) -> AssignmentBook:
    """Return the assignments in force and those of `edits` (id → whether it begins), with the standing of `people`.

    An edit that changes nothing, of one that is in force already or no more, is left out.
    """
    cursor.execute(_READ, {"organization": organization_id, "edited": list(edits)})
    found = [(_assignment(row), bool(row[1])) for row in cursor.fetchall()]
    values = {
        "organization": organization_id,
        "people": people,
        "assignments": [one.assignment_id for one, _ in found],
    }
    columns = ("learner_id", "assignment_id", "state", "due_on")
    source = _STANDING + ("" if people is None else _ONLY_PEOPLE)
    return AssignmentBook(
        assignments=tuple(one for one, is_in_force in found if is_in_force),
        standing=read_plain(cursor, columns, source, values, STANDING, part="learner_id"),
        edits=tuple(
            AssignmentEdit(one, edits[one.assignment_id])
            for one, is_in_force in found
            if edits.get(one.assignment_id, is_in_force) != is_in_force
        ),
    )


def _assignment(row: Sequence[Any]) -> Assignment:
    number, _, title, audience, group_id, learner_id, attribute, value, due, due_on, due_days, former_id = row
    return Assignment(
        number,
        title,
        Audience(AudienceKind(audience), group_id, learner_id, attribute, value),
        Due(DueKind(due), due_on, due_days or 0),
        former_id,
    )


def write_assignments(
    cursor: CursorWrapper, organization_id: int, writes: Writes, *, job_id: int | None, at: datetime
) -> None:
    """Let assignments begin and end, open and close them for people, and complete at once what is done already.

    Raises WritesMisfit when somebody does not stand where the plan saw them.
    """
    for statement, begins in ((_BEGIN, True), (_END, False)):
        ids = [edit.assignment.assignment_id for edit in writes.assignment_edits if edit.begins is begins]
        if ids:
            cursor.execute(statement, [at, organization_id, ids])
    moves = writes.assignments
    if moves.is_empty():
        return
    values = {"organization": organization_id, "job": job_id, "at": at}
    known, opens = pl.col("before").is_not_null(), pl.col("after") == "open"
    steps = (
        (_KEEP, moves.filter(known & opens)),
        (_REOPEN, moves.filter(known & opens)),
        (_CLOSE, moves.filter(~opens)),
        (_OPEN, moves.filter(~known)),
    )
    sources = {"before": "state", "after": "state"}
    with staged(cursor, "planned_assignment", moves, like=_TABLE, sources=sources):
        for statement, expected in steps:
            if not expected.is_empty():
                cursor.execute(statement, values)
                check_count(_TABLE, expected=expected.height, found=cursor.rowcount)
        if moves.filter(opens).height:
            cursor.execute(COMPLETE.format(pairs=_JUST_OPENED), values)
