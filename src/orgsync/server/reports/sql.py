"""The SQL of reports: people with the value they are sliced by, now or as of a past moment, and what is added up.

A value at a moment is what the first later change found there, or what stands when nothing has changed it since
(`directory.asof` reads everything so; a report reads the one attribute that it needs).
"""

from typing import Any, Final

from orgsync.server.orgs.access import People
from orgsync.server.reports.measures import Kind, Measure
from orgsync.server.reports.questions import ATTRIBUTES, GROUP, MANAGER, WHOLE, Question, Span

_NOW: Final = """
    SELECT learner.id, {value} AS slice
      FROM directory_learner AS learner {groups}
     WHERE learner.organization_id = %(organization)s AND learner.is_active {scope}
"""
_GROUPS_NOW: Final = """
    JOIN directory_membership AS membership
      ON membership.organization_id = %(organization)s AND membership.learner_id = learner.id {groups_seen}
"""
# People who are there, and people whom an undo has removed since. Nobody is both at one moment.
_THEN: Final = """
    SELECT learner.id, {value} AS slice
      FROM (SELECT id, {current} AS current, is_active FROM directory_learner AS learner
             WHERE organization_id = %(organization)s AND created_at < %(moment)s {scope}
            {removed}) AS learner
      LEFT JOIN later AS status ON status.learner_id = learner.id AND status.attribute = 'status'
      LEFT JOIN later AS other ON other.learner_id = learner.id AND other.attribute = %(attribute)s {groups}
     WHERE CASE WHEN status.learner_id IS NULL THEN learner.is_active ELSE status.before = 'active' END
"""
_REMOVED: Final = """
     UNION ALL
    SELECT learner.id, {current}, learner.is_active
      FROM directory_removal AS removal, jsonb_populate_record(NULL::directory_learner, removal.values) AS learner
     WHERE removal.organization_id = %(organization)s AND removal.kind = 'learner'
       AND removal.at >= %(moment)s AND learner.created_at < %(moment)s
"""
_LATER: Final = """
    later AS MATERIALIZED (
        SELECT DISTINCT ON (learner_id, attribute) learner_id, attribute, before
          FROM directory_learnerchange
         WHERE organization_id = %(organization)s AND at >= %(moment)s AND attribute = ANY (%(attributes)s)
         ORDER BY learner_id, attribute, id),
"""
_GROUPS_THEN: Final = """
    JOIN (SELECT learner_id, group_id FROM directory_membership
           WHERE organization_id = %(organization)s AND since < %(moment)s
           UNION
          SELECT learner_id, group_id FROM directory_pastmembership
           WHERE organization_id = %(organization)s AND since < %(moment)s AND until >= %(moment)s) AS membership
      ON membership.learner_id = learner.id {groups_seen}
"""
_SCOPE: Final = """
    AND EXISTS (SELECT FROM directory_membership AS seen
                 WHERE seen.organization_id = %(organization)s AND seen.learner_id = learner.id
                   AND seen.group_id = ANY (%(groups)s))
"""
_LICENSES_NOW: Final = """
    SELECT learner_id, 1 AS value FROM directory_licenseassignment
     WHERE organization_id = %(organization)s AND state = 'active'
"""
_LICENSES_THEN: Final = """
    SELECT learner_id, 1 AS value FROM directory_licenseassignment
     WHERE organization_id = %(organization)s AND state = 'active' AND since < %(moment)s
     UNION ALL
    SELECT learner_id, 1 FROM directory_pastlicense
     WHERE organization_id = %(organization)s AND state = 'active' AND since < %(moment)s AND until >= %(moment)s
"""
_ASSIGNMENTS: Final = """
    SELECT learner_id, 1 AS value
      FROM (SELECT learner_id, state, since, due_on, until FROM learning_learnerassignment
             WHERE organization_id = %(organization)s
             UNION ALL
            SELECT learner_id, 'closed', since, due_on, until FROM learning_pastlearnerassignment
             WHERE organization_id = %(organization)s) AS given
     WHERE given.since < %(end)s AND ({condition})
"""
_DAYS: Final = """
    SELECT learner_id, {value} AS value FROM learning_daysum
     WHERE organization_id = %(organization)s AND day BETWEEN %(first)s AND %(last)s
"""
_SLICES: Final = """
    WITH {later} person AS {once} MATERIALIZED ({people})
    SELECT sized.slice, sized.people, coalesce(added.value, 0) AS value
      FROM (SELECT slice, count(*) AS people FROM person GROUP BY slice) AS sized
      LEFT JOIN ({added}) AS added ON added.slice IS NOT DISTINCT FROM sized.slice
     ORDER BY value DESC, sized.people DESC, sized.slice
"""
_ADDED: Final = """
    SELECT person.slice, {total} AS value FROM ({deeds}) AS did JOIN person ON person.id = did.learner_id
     GROUP BY person.slice
"""
_PEOPLE_LISTED: Final = """
    WITH {later} person AS ({people}),
    counted AS (
        SELECT person.id, {amount} AS value
          FROM person {joined}
         WHERE person.slice IS NOT DISTINCT FROM %(wanted)s
         GROUP BY person.id)
    SELECT counted.id, counted.value, named.preferred_first_name, named.preferred_last_name,
           named.primary_email_address
      FROM counted
      LEFT JOIN directory_learner AS named ON named.organization_id = %(organization)s AND named.id = counted.id
     WHERE %(after_id)s::bigint IS NULL OR (counted.value, counted.id) < (%(after_value)s::bigint, %(after_id)s::bigint)
     ORDER BY counted.value DESC, counted.id DESC
     LIMIT %(limit)s
"""

Statement = tuple[str, dict[str, Any]]


def slices_statement(organization_id: int, asked: Question, span: Span, people: People) -> Statement:
    """Return a query for `slice` (text, null where people have no value), `people` and `value`."""
    later, persons, values = _people(organization_id, asked, span, people)
    measure = asked.measured
    if measure.kind is Kind.PEOPLE:
        added = "SELECT slice, count(*) AS value FROM person GROUP BY slice"
    else:
        total = "count(DISTINCT person.id)" if measure.kind is Kind.LEARNERS else "sum(did.value)"
        added = _ADDED.format(total=total, deeds=_deeds(measure, span))
    # People of now are read twice, on several cores; those of a past day are worked out once.
    return _SLICES.format(later=later, once="" if span.moment else "NOT", people=persons, added=added), values


def people_statement(
    organization_id: int,
    asked: Question,
    span: Span,
    people: People,
    *,
    wanted: str | None,
    after: tuple[int, int] | None,
    limit: int | None,
) -> Statement:
    """Return a query for the people of one slice with their value, the highest first, after `(value, id)`."""
    later, persons, values = _people(organization_id, asked, span, people)
    measure = asked.measured
    joined, amount = "", "1"
    if measure.kind is not Kind.PEOPLE:
        joined = f"LEFT JOIN ({_deeds(measure, span)}) AS did ON did.learner_id = person.id"
        amount = "coalesce(sum(did.value), 0)"
        if measure.kind is Kind.LEARNERS:
            amount = "(count(did.learner_id) > 0)::int"
    text = _PEOPLE_LISTED.format(later=later, people=persons, joined=joined, amount=amount)
    value, last = after or (None, None)
    return text, {**values, "wanted": wanted, "after_value": value, "after_id": last, "limit": limit}


def _deeds(measure: Measure, span: Span) -> str:
    if measure.kind is Kind.LICENSES:
        return _LICENSES_THEN if span.moment else _LICENSES_NOW
    if measure.kind is Kind.ASSIGNMENTS:
        return _ASSIGNMENTS.format(condition=measure.value)
    return _DAYS.format(value=measure.value or "1")


def _people(organization_id: int, asked: Question, span: Span, people: People) -> tuple[str, str, dict[str, Any]]:
    """Return the SQL for later changes and for people with their slice, and every parameter of a report."""
    values = {
        "organization": organization_id,
        "attribute": asked.slice,
        "attributes": ["status", asked.slice],
        "groups": sorted(people.group_ids or ()),
        "moment": span.moment,
        "first": span.first,
        "last": span.last,
        "start": span.start,
        "end": span.end,
    }
    scope = "" if people.is_everybody else _SCOPE
    seen = "" if people.is_everybody else "AND membership.group_id = ANY (%(groups)s)"
    current = _current(asked.slice)
    if span.moment is None:
        groups = _GROUPS_NOW.format(groups_seen=seen) if asked.slice == GROUP else ""
        value = "membership.group_id::text" if asked.slice == GROUP else current
        return "", _NOW.format(value=value, groups=groups, scope=scope), values
    groups = _GROUPS_THEN.format(groups_seen=seen) if asked.slice == GROUP else ""
    changed = "CASE WHEN other.learner_id IS NULL THEN learner.current ELSE other.before END"
    value = "membership.group_id::text" if asked.slice == GROUP else changed
    removed = _REMOVED.format(current=current) if people.is_everybody else ""
    return _LATER, _THEN.format(value=value, current=current, scope=scope, removed=removed, groups=groups), values


def _current(name: str) -> str:
    """Return the SQL of what stands in the attribute by which people are sliced."""
    if name in (GROUP, WHOLE):
        return "''::text" if name == WHOLE else "NULL::text"
    if name == MANAGER:
        return "learner.manager_id::text"
    return f"learner.{name}::text" if name in ATTRIBUTES else "learner.custom ->> %(attribute)s"
