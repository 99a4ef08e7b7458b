"""The stages of a leaver after the organization's delays: anonymized, then gone. Coming back before that cancels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from orgsync.server.audit.actions import Action
from orgsync.server.audit.actors import SYSTEM
from orgsync.server.audit.log import record
from orgsync.server.directory.persontables import remove_people
from orgsync.server.directory.revision import lock_directory, raise_revision

# Who is protected, or helps to administer, is left alone. The clock starts anew when somebody comes back and leaves.
_LEFT: Final = """
    NOT learner.is_active AND NOT learner.is_protected
    AND NOT EXISTS (SELECT FROM orgs_admin AS admin
                     WHERE admin.organization_id = learner.organization_id AND admin.learner_id = learner.id
                       AND admin.deactivated_at IS NULL)
    AND NOT EXISTS (SELECT FROM directory_permissiongrant AS permission
                     WHERE permission.organization_id = learner.organization_id AND permission.learner_id = learner.id)
"""
_TO_ANONYMIZE: Final = f"""
    {_LEFT} AND learner.anonymized_at IS NULL
    AND learner.deactivated_at < %(now)s - organization.anonymize_after_days * interval '1 day'
"""
_WAITS_TO_ANONYMIZE: Final = f"{_LEFT} AND learner.anonymized_at IS NULL"
_WAITS_TO_PURGE: Final = f"{_LEFT} AND learner.anonymized_at IS NOT NULL"
_TO_PURGE: Final = f"""
    {_LEFT} AND learner.anonymized_at < %(now)s - organization.purge_after_days * interval '1 day'
"""
_FIND_ORGANIZATIONS: Final = """
    SELECT organization.id FROM orgs_organization AS organization
     WHERE EXISTS (SELECT FROM directory_learner AS learner
                    WHERE learner.organization_id = organization.id AND {due})
     ORDER BY organization.id
"""
_FIND_PEOPLE: Final = """
    SELECT learner.id
      FROM directory_learner AS learner JOIN orgs_organization AS organization
        ON organization.id = learner.organization_id
     WHERE learner.organization_id = %(organization)s AND {due}
     ORDER BY learner.id
"""
# What remains is what reports count by. `.invalid` is a top level that no mail is ever delivered to.
_ANONYMIZE: Final = (
    """
    UPDATE directory_learner
       SET primary_email_address = 'anonymized-' || id || '@anonymized.invalid',
           email_key = 'anonymized-' || id || '@anonymized.invalid',
           unique_user_id = NULL, preferred_first_name = NULL, preferred_last_name = NULL,
           first_name_key = '', last_name_key = '', work_phone_number = NULL, mobile_phone_number = NULL,
           profile_description = NULL, custom = '{}', pending_manager_id = NULL, pending_manager_email = NULL,
           anonymized_at = %(now)s
     WHERE organization_id = %(organization)s AND id = ANY (%(people)s)
    """,
    """
    UPDATE directory_learnerchange SET before = NULL, after = NULL
     WHERE organization_id = %(organization)s AND learner_id = ANY (%(people)s)
    """,
    """
    INSERT INTO directory_learnerchange (organization_id, learner_id, at, attribute)
    SELECT %(organization)s, id, %(now)s, 'anonymized' FROM unnest(%(people)s::bigint[]) AS person (id)
    """,
    """
    INSERT INTO directory_pastclaim (organization_id, learner_id, feed_id, since, since_job_id, until)
    SELECT organization_id, learner_id, feed_id, since, since_job_id, %(now)s
      FROM directory_claim WHERE organization_id = %(organization)s AND learner_id = ANY (%(people)s)
    """,
    "DELETE FROM directory_claim WHERE organization_id = %(organization)s AND learner_id = ANY (%(people)s)",
    "DELETE FROM directory_override WHERE organization_id = %(organization)s AND learner_id = ANY (%(people)s)",
    """
    DELETE FROM directory_notduplicate
     WHERE organization_id = %(organization)s AND (learner_id = ANY (%(people)s) OR other_id = ANY (%(people)s))
    """,
    "DELETE FROM learning_statement WHERE organization_id = %(organization)s AND learner_id = ANY (%(people)s)",
    "DELETE FROM learning_document WHERE organization_id = %(organization)s AND learner_id = ANY (%(people)s)",
    "DELETE FROM learning_learnerchoices WHERE organization_id = %(organization)s AND learner_id = ANY (%(people)s)",
    """
    DELETE FROM learning_follow
     WHERE organization_id = %(organization)s AND (learner_id = ANY (%(people)s) OR followed_id = ANY (%(people)s))
    """,
    """
    DELETE FROM learning_sharedwith
     WHERE organization_id = %(organization)s AND (learner_id = ANY (%(people)s) OR by_id = ANY (%(people)s))
    """,
    "DELETE FROM learning_share WHERE organization_id = %(organization)s AND learner_id = ANY (%(people)s)",
    "DELETE FROM audit_personkey WHERE organization_id = %(organization)s AND learner_id = ANY (%(people)s)",
)

_COUNT_NEXT: Final = f"""
    SELECT count(*) FILTER (WHERE {_TO_ANONYMIZE}), min(learner.deactivated_at) FILTER (WHERE {_WAITS_TO_ANONYMIZE}),
           count(*) FILTER (WHERE {_WAITS_TO_ANONYMIZE}),
           count(*) FILTER (WHERE {_TO_PURGE}), min(learner.anonymized_at) FILTER (WHERE {_WAITS_TO_PURGE}),
           count(*) FILTER (WHERE {_WAITS_TO_PURGE})
      FROM directory_learner AS learner JOIN orgs_organization AS organization
        ON organization.id = learner.organization_id
     WHERE learner.organization_id = %(organization)s AND NOT learner.is_active
"""  # noqa: S608

_Stage = Callable[[CursorWrapper, int, Sequence[int], datetime], None]


@dataclass(frozen=True, slots=True)
class Stage:
    """What waits for one stage: how many people, how many of them with the next sweep, and since when the first one."""

    waiting: int
    due: int
    oldest: datetime | None


def stages_of(organization_id: int, now: datetime) -> tuple[Stage, Stage]:
    """Return who waits to be anonymized, and who, anonymized, waits to be removed; protected people and admins not."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_NEXT, {"organization": organization_id, "now": now})
        due, oldest, waiting, due_to_go, oldest_to_go, waiting_to_go = cursor.fetchone()
    return Stage(waiting, due, oldest), Stage(waiting_to_go, due_to_go, oldest_to_go)


def anonymize_leavers(now: datetime) -> int:
    """Anonymize everybody who left longer ago than their organization's delay; return how many.

    Names, address, ids, phones, free text and custom values go, from the timeline too; the person stays a number that
    reports can count, no feed claims them, and a file that names them creates somebody new. One transaction an
    organization, with its write lock; the number of statements does not grow with that of people.
    """
    return _each_organization(_TO_ANONYMIZE, _anonymize, Action.LEAVERS_ANONYMIZED, now)


def purge_leavers(now: datetime) -> int:
    """Remove everybody who was anonymized longer ago than their organization's delay; return how many."""
    return _each_organization(_TO_PURGE, _purge, Action.LEAVERS_REMOVED, now)


def _each_organization(due: str, stage: _Stage, action: Action, now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_FIND_ORGANIZATIONS.format(due=due), {"now": now})
        organizations = [organization_id for (organization_id,) in cursor.fetchall()]
    return sum(_one_organization(organization_id, due, stage, action, now) for organization_id in organizations)


def _one_organization(organization_id: int, due: str, stage: _Stage, action: Action, now: datetime) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        lock_directory(organization_id, wait=None)
        cursor.execute(_FIND_PEOPLE.format(due=due), {"now": now, "organization": organization_id})
        people = [learner_id for (learner_id,) in cursor.fetchall()]
        if people:
            stage(cursor, organization_id, people, now)
            raise_revision(organization_id)
            record(organization_id, action, {"people": len(people)}, at=now, by=SYSTEM)
    return len(people)


def _anonymize(cursor: CursorWrapper, organization_id: int, people: Sequence[int], now: datetime) -> None:
    for statement in _ANONYMIZE:
        cursor.execute(statement, {"organization": organization_id, "people": list(people), "now": now})


def _purge(cursor: CursorWrapper, organization_id: int, people: Sequence[int], now: datetime) -> None:
    remove_people(cursor, organization_id, people, at=now)
