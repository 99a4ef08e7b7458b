"""Statistics for PostgreSQL's planner of what a plan has just written."""

from collections.abc import Mapping, Sequence
from typing import Final

from django.db.backends.utils import CursorWrapper
from psycopg.sql import SQL, Identifier

from orgsync.core.plan import Writes

MANY: Final = 20_000
"""Rows written to a table in one go after which its statistics are made anew in any case."""
SOME: Final = 1_000
"""Rows from which that is done where they are a tenth of the table or more: it may have been all but empty."""
_LOOKED_UP_BY: Final[Mapping[str, Sequence[str]]] = {
    "directory_learner": (
        *("id", "is_active", "email_key", "unique_user_id", "manager_id", "department_name"),
        *("pending_manager_id", "pending_manager_email"),
    ),
    "directory_learnerchange": ("learner_id", "job_id"),
    "directory_membership": ("learner_id", "group_id"),
    "directory_licenseassignment": ("learner_id", "pool_id", "state"),
    "directory_claim": ("learner_id", "feed_id"),
    "learning_learnerassignment": ("learner_id", "assignment_id", "state"),
}
"""What jobs look rows up by. Statistics of the other columns would take as long as half of the writing of a small
file; autovacuum makes them later, as it does where only some columns are looked at."""
_SMALL_SAMPLE: Final = "SET LOCAL default_statistics_target = 20"
_ROWS_KNOWN: Final = "SELECT relname, reltuples FROM pg_class WHERE oid = ANY (%s::regclass[])"


def analyze_grown(cursor: CursorWrapper, writes: Writes) -> None:
    """Make statistics of the tables that grew or changed much.

    Inside the transaction: the check that follows and whoever reads first after the commit need them, and autovacuum
    comes a minute too late. It waits for nobody, and a rollback takes the statistics back.
    """
    heights = {
        "directory_learner": writes.creates.height + writes.updates.height,
        "directory_learnerchange": writes.changes.height,
        "directory_membership": writes.memberships.height,
        "directory_licenseassignment": writes.licenses.height,
        "directory_claim": writes.claims.height,
        "learning_learnerassignment": writes.assignments.height,
    }
    grown = {table: height for table, height in heights.items() if height >= SOME}
    if not grown:
        return
    cursor.execute(_SMALL_SAMPLE)
    cursor.execute(_ROWS_KNOWN, [list(grown)])
    for table, known in cursor.fetchall():
        if grown[table] >= MANY or grown[table] * 10 >= known:
            columns = SQL(", ").join(map(Identifier, ["organization_id", *_LOOKED_UP_BY[table]]))
            cursor.execute(SQL("ANALYZE {} ({})").format(Identifier(table), columns))
