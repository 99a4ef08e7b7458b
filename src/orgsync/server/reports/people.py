"""The SQL of the people of a report with the value they are sliced by, now or as of a past moment.

A value at a moment is what the first later change found there, or what stands when nothing has changed it since
(`directory.asof` reads everything so; a report reads the one attribute that it needs).
"""

from typing import Any, Final

from orgsync.server.orgs.access import People
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


def people_sql(organization_id: int, asked: Question, span: Span, people: People) -> tuple[str, str, dict[str, Any]]:
    """
    Return the SQL for later changes and for people (`id`, `slice`), and the parameters of a report.

    The first is empty, or stands before the other parts of a WITH.
    """
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
        "zone": span.zone_name,
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
