"""One writer at a time for each organization; whoever waits in vain is told."""

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from directory_world import World, make_world
from django.db import connection, transaction

from orgsync.server.directory.revision import DirectoryBusy, OrganizationMissing, lock_directory, raise_revision

SOON = timedelta(milliseconds=50)
LOCK = "SELECT 1 FROM orgs_organization WHERE id = %s FOR NO KEY UPDATE"


@pytest.fixture
def elsewhere(committed_world: World) -> Iterator[psycopg.Connection]:
    """Another process's connection to the same database; it never waits long."""
    parameters = connection.get_connection_params()
    plain = {name: parameters[name] for name in ("dbname", "user", "password", "host", "port") if name in parameters}
    with psycopg.connect(**plain, options="-c lock_timeout=3s") as other:
        yield other
        other.rollback()


@pytest.mark.parametrize("wait", [SOON, timedelta(0)])
def test_a_writer_that_meets_the_lock_is_told(
    committed_world: World, elsewhere: psycopg.Connection, wait: timedelta
) -> None:
    """The exception says who and how long, and the transaction is still good for reading."""
    elsewhere.execute(LOCK, [committed_world.id])

    with transaction.atomic():
        with pytest.raises(DirectoryBusy) as busy:
            lock_directory(committed_world.id, wait=wait)
        assert (busy.value.organization_id, busy.value.waited) == (committed_world.id, wait)
        committed_world.organization.refresh_from_db()


def test_another_organization_is_not_in_the_way(committed_world: World, elsewhere: psycopg.Connection) -> None:
    """Organizations wait for their own writers only."""
    elsewhere.execute(LOCK, [committed_world.id])
    other = make_world("Other")

    with transaction.atomic():
        assert lock_directory(other.id, wait=SOON) == 0


def test_the_lock_is_free_again_after_the_transaction(committed_world: World, elsewhere: psycopg.Connection) -> None:
    """Also when the transaction is rolled back."""
    elsewhere.execute(LOCK, [committed_world.id])
    elsewhere.rollback()

    with transaction.atomic():
        assert lock_directory(committed_world.id, wait=SOON) == 0


def test_the_lock_keeps_other_writers_out(committed_world: World, elsewhere: psycopg.Connection) -> None:
    """Until the end of the transaction."""
    elsewhere.execute("SET LOCAL lock_timeout = 50")
    with transaction.atomic():
        lock_directory(committed_world.id, wait=None)
        with pytest.raises(psycopg.errors.LockNotAvailable):
            elsewhere.execute(LOCK, [committed_world.id])


def test_an_upload_is_accepted_while_a_plan_is_applied(committed_world: World, elsewhere: psycopg.Connection) -> None:
    """A row that only names the organization by a foreign key does not wait."""
    with transaction.atomic():
        lock_directory(committed_world.id, wait=None)
        raise_revision(committed_world.id)
        elsewhere.execute(
            "INSERT INTO directory_pool (organization_id, key, name, created_at) VALUES (%s, 'k', 'n', now())",
            [committed_world.id],
        )
        elsewhere.commit()


def test_the_patience_is_that_of_the_lock_alone(committed_world: World) -> None:
    """Later statements of the transaction wait as the session was told."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        usual = cursor.fetchone()
        lock_directory(committed_world.id, wait=SOON)
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == usual


def test_the_revision_is_raised_once_for_each_write(world: World) -> None:
    """The lock returns what the last write left."""
    assert [raise_revision(world.id), raise_revision(world.id)] == [1, 2]
    assert lock_directory(world.id, wait=None) == 2


def test_an_organization_that_is_not_there_cannot_be_locked(world: World) -> None:
    """The id is named."""
    with pytest.raises(OrganizationMissing):
        lock_directory(world.id + 1, wait=None)
    with pytest.raises(OrganizationMissing):
        raise_revision(world.id + 1)


def test_a_lock_outside_a_transaction_is_refused(committed_world: World) -> None:
    """It would be gone at once."""
    with pytest.raises(transaction.TransactionManagementError):
        lock_directory(committed_world.id, wait=None)
