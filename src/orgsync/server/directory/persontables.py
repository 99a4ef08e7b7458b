"""Every table with rows of a person, and how a person leaves all of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from django.db.backends.utils import CursorWrapper
from psycopg.sql import SQL, Identifier

PERSON_TABLES: Final[Mapping[str, str]] = {
    "directory_claim": "learner_id",
    "directory_learner": "id",
    "directory_learnerchange": "learner_id",
    "directory_learnerinvitation": "learner_id",
    "directory_licenseassignment": "learner_id",
    "directory_membership": "learner_id",
    "directory_notduplicate": "learner_id",
    "directory_override": "learner_id",
    "directory_pastclaim": "learner_id",
    "directory_pastlicense": "learner_id",
    "directory_pastmembership": "learner_id",
    "directory_permissiongrant": "learner_id",
    "learning_activity": "learner_id",
    "learning_assignment": "learner_id",
    "learning_daysum": "learner_id",
    "learning_document": "learner_id",
    "learning_follow": "learner_id",
    "learning_learnerassignment": "learner_id",
    "learning_learnerchoices": "learner_id",
    "learning_learnersession": "learner_id",
    "learning_monthsum": "learner_id",
    "learning_pastlearnerassignment": "learner_id",
    "learning_progress": "learner_id",
    "learning_share": "learner_id",
    "learning_sharedwith": "learner_id",
    "learning_signinlink": "learner_id",
    "learning_statement": "learner_id",
    "audit_personkey": "learner_id",
    "orgs_invitation": "learner_id",
}
"""Table → the column that names the person. A test finds tables that should be here and are not."""

_LOG_REPORTS: Final = """
    INSERT INTO directory_learnerchange (organization_id, learner_id, at, attribute, before)
    SELECT organization_id, id, %s, 'manager', manager_id::text
      FROM directory_learner
     WHERE organization_id = %s AND manager_id = ANY (%s) AND id <> ALL (%s)
"""
_UNLINK_REPORTS: Final = """
    UPDATE directory_learner SET manager_id = NULL WHERE organization_id = %s AND manager_id = ANY (%s)
"""
_UNLINK_ADMINS: Final = "UPDATE orgs_admin SET learner_id = NULL WHERE organization_id = %s AND learner_id = ANY (%s)"
_DELETE_PAIRS: Final = "DELETE FROM directory_notduplicate WHERE organization_id = %s AND other_id = ANY (%s)"
_DELETE_FOLLOWED: Final = "DELETE FROM learning_follow WHERE organization_id = %s AND followed_id = ANY (%s)"
_DELETE_SHOWN: Final = "DELETE FROM learning_sharedwith WHERE organization_id = %s AND by_id = ANY (%s)"
_DELETE_REMOVED: Final = """
    DELETE FROM directory_removal WHERE organization_id = %s AND kind = 'learner' AND removed_id = ANY (%s)
"""
# What rows of other people say of them.
_OF_OTHERS: Final = (
    *(_UNLINK_REPORTS, _UNLINK_ADMINS),
    *(_DELETE_PAIRS, _DELETE_REMOVED, _DELETE_FOLLOWED, _DELETE_SHOWN),
)


def remove_people(
    cursor: CursorWrapper, organization_id: int, learner_ids: Sequence[int], *, at: datetime
) -> dict[str, int]:
    """Delete every row of the people; return how many by table, without empty ones.

    Whose manager they were has none from now on; an account that was linked to them stays, without the link. Call it
    with the organization's write lock held, and raise the revision. One statement a table, whatever the number.
    """
    ids = list(learner_ids)
    cursor.execute(_LOG_REPORTS, [at, organization_id, ids, ids])
    for statement in _OF_OTHERS:
        cursor.execute(statement, [organization_id, ids])
    counts = {}
    for table, column in PERSON_TABLES.items():
        delete = SQL("DELETE FROM {} WHERE organization_id = %s AND {} = ANY (%s)")
        cursor.execute(delete.format(Identifier(table), Identifier(column)), [organization_id, ids])
        counts[table] = cursor.rowcount
    return {table: count for table, count in counts.items() if count}
