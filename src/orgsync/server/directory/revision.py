"""One writer at a time for each organization, and the number that says which directory a plan was made for."""

from datetime import timedelta
from typing import Final

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from orgsync.core.errors import OrgSyncError

PAGE_PATIENCE: Final = timedelta(seconds=5)
"""How long a page, a SCIM call or an API call waits for the lock."""

# NO KEY UPDATE, not UPDATE: a row that names the organization by a foreign key (an upload, a job) must not wait for
# a long apply.
_LOCK = "SELECT revision FROM orgs_organization WHERE id = %s FOR NO KEY UPDATE"
_RAISE = "UPDATE orgs_organization SET revision = revision + 1 WHERE id = %s RETURNING revision"
_SET_PATIENCE = "SELECT set_config('lock_timeout', %s, true)"
_RESET_PATIENCE = "SET LOCAL lock_timeout TO DEFAULT"


class DirectoryBusy(OrgSyncError):
    """Another writer holds the organization's directory; nothing was changed, and trying again later may succeed."""

    def __init__(self, organization_id: int, waited: timedelta) -> None:
        self.organization_id = organization_id
        self.waited = waited
        super().__init__(f"A sync is being applied; waited {waited.total_seconds():g} s for it. Try again in a minute.")


class OrganizationMissing(OrgSyncError):
    """No organization has this id."""

    def __init__(self, organization_id: int) -> None:
        self.organization_id = organization_id
        super().__init__(f"There is no organization {organization_id}.")


def lock_directory(organization_id: int, *, wait: timedelta | None) -> int:
    """Take the organization's write lock until the transaction ends; return the directory's revision.

    `wait` None waits as long as it takes. Raises DirectoryBusy when the lock is not got in time, OrganizationMissing,
    and Django's TransactionManagementError outside a transaction. The caller's transaction stays usable.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("lock_directory() needs a transaction: the lock ends with it.")
    try:
        with transaction.atomic():
            return _lock(organization_id, wait)
    except OperationalError as error:
        if wait is not None and isinstance(error.__cause__, LockNotAvailable):
            raise DirectoryBusy(organization_id, wait) from error
        raise


def _lock(organization_id: int, wait: timedelta | None) -> int:
    with connection.cursor() as cursor:
        if wait is not None:
            # 0 would mean "for ever".
            milliseconds = max(1, int(wait / timedelta(milliseconds=1)))
            cursor.execute(_SET_PATIENCE, [str(milliseconds)])
        cursor.execute(_LOCK, [organization_id])
        found = cursor.fetchone()
        if wait is not None:
            cursor.execute(_RESET_PATIENCE)
    if found is None:
        raise OrganizationMissing(organization_id)
    return int(found[0])


def raise_revision(organization_id: int) -> int:
    """Count one write to the directory in the current transaction; return the new revision."""
    with connection.cursor() as cursor:
        cursor.execute(_RAISE, [organization_id])
        found = cursor.fetchone()
    if found is None:
        raise OrganizationMissing(organization_id)
    return int(found[0])
