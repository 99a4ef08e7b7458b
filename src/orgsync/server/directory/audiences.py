"""Whom an audience is, in the database: as `core.planning.assignments` decides it for a plan."""

from collections.abc import Sequence
from typing import Final

from django.db import connection
from psycopg.sql import SQL, Composable, Identifier, Literal

from orgsync.core.assigning import Audience, AudienceKind
from orgsync.core.columns import ATTRIBUTE_NAMES
from orgsync.core.normalize import fold_key

_ACTIVE: Final = SQL("SELECT learner.id FROM directory_learner AS learner WHERE {} AND learner.is_active AND {}")
_VALUES: Final = SQL("SELECT DISTINCT {} FROM directory_learner AS learner WHERE {} AND {} IS NOT NULL")
_LICENSED: Final = SQL("""
    SELECT count(*), count(license.learner_id)
      FROM ({}) AS reached LEFT JOIN directory_licenseassignment AS license
        ON license.organization_id = {} AND license.learner_id = reached.id AND license.pool_id = {}
       AND license.state = 'active'
""")
_OPEN: Final = """
    SELECT DISTINCT learner_id FROM learning_learnerassignment
     WHERE organization_id = %s AND assignment_id = ANY (%s) AND state = 'open'
"""
_AUDIENCES: Final = """
    SELECT audience, group_id, learner_id, attribute, value FROM learning_assignment
     WHERE organization_id = %s AND id = ANY (%s)
"""


def people_reached(organization_id: int, audience: Audience, *, among: Sequence[int] | None = None) -> list[int]:
    """Return the ids of the active learners in the audience, in order; of those `among` whom it is asked, if any."""
    return _people_in(organization_id, [audience], among)


def people_concerned(organization_id: int, assignments: Sequence[int]) -> list[int]:
    """Return whom the beginning or the end of the assignments may concern: their audiences, and who has them open."""
    if not assignments:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, [organization_id, list(assignments)])
        found = {learner_id for (learner_id,) in cursor.fetchall()}
        cursor.execute(_AUDIENCES, [organization_id, list(assignments)])
        audiences = [Audience(AudienceKind(kind), *rest) for kind, *rest in cursor.fetchall()]
    return sorted(found.union(_people_in(organization_id, audiences)))


def count_licensed(organization_id: int, audiences: Sequence[Audience], pool_id: int) -> tuple[int, int]:
    """Return how many people any of the audiences reaches, and how many of them have an active license of the pool."""
    people = _each_once(organization_id, audiences)
    with connection.cursor() as cursor:
        cursor.execute(_LICENSED.format(people, Literal(organization_id), Literal(pool_id)))
        reached, licensed = cursor.fetchone()
    return int(reached), int(licensed)


def _people_in(organization_id: int, audiences: Sequence[Audience], among: Sequence[int] | None = None) -> list[int]:
    if not audiences:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_each_once(organization_id, audiences, among))
        return sorted(learner_id for (learner_id,) in cursor.fetchall())


def _each_once(organization_id: int, audiences: Sequence[Audience], among: Sequence[int] | None = None) -> Composable:
    """Return a query for the ids of the people in any of the audiences."""
    mine = SQL("learner.organization_id = {}").format(Literal(organization_id))
    if among is not None:
        mine = SQL("{} AND learner.id = ANY ({})").format(mine, Literal(list(among)))
    return SQL(" UNION ").join(_ACTIVE.format(mine, _is_reached(organization_id, audience)) for audience in audiences)


def _is_reached(organization_id: int, audience: Audience) -> Composable:
    match audience.kind:
        case AudienceKind.EVERYBODY:
            return SQL("true")
        case AudienceKind.PERSON:
            return SQL("learner.id = {}").format(Literal(audience.learner_id))
        case AudienceKind.GROUP:
            members = "SELECT learner_id FROM directory_membership WHERE organization_id = {} AND group_id = {}"
            return SQL(f"learner.id IN ({members})").format(Literal(organization_id), Literal(audience.group_id))
        case AudienceKind.ATTRIBUTE:
            values = [value for value in _values(organization_id, audience.attribute) if _same(value, audience.value)]
            return SQL("{} = ANY ({})").format(_cell(audience.attribute), Literal(values))


def values_of(organization_id: int, attribute: str, *, limit: int) -> list[str]:
    """Return values of the attribute that somebody has, sorted, no more than `limit`."""
    return sorted(_values(organization_id, attribute))[:limit]


def _values(organization_id: int, attribute: str) -> list[str]:
    cell = _cell(attribute)
    mine = SQL("learner.organization_id = {}").format(Literal(organization_id))
    with connection.cursor() as cursor:
        cursor.execute(_VALUES.format(cell, mine, cell))
        return [str(value) for (value,) in cursor.fetchall()]


def _same(value: str, wanted: str) -> bool:
    return fold_key(value) == fold_key(wanted)


def _cell(attribute: str) -> Composable:
    if attribute in ATTRIBUTE_NAMES:
        return SQL("learner.{}::text").format(Identifier(attribute))
    return SQL("(learner.custom ->> {})").format(Literal(attribute))
