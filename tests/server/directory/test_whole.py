"""Apply is all or nothing, raises the revision, and does not grow with the number of rows."""

from collections.abc import Callable

import pytest
from directory_world import MONDAY, World, make_writes, new_person
from django.apps import apps
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from orgsync.core.plan import Writes
from orgsync.server.directory.apply import apply_writes
from orgsync.server.orgs.models import Organization


def everything_stored() -> dict[str, int]:
    """Count the rows of every table of the directory, and read the organizations' counters."""
    counts = {model.__name__: model._default_manager.count() for model in apps.get_app_config("directory").get_models()}
    numbers = Organization.objects.values_list("next_learner_id", "revision").get()
    return counts | dict(zip(("next_learner_id", "revision"), numbers, strict=True))


def writes_of_every_kind(world: World, people: int, known: list[int]) -> Writes:
    """Create as many people as are known already, and change everything about the known ones."""
    pool, group = world.add_pool(f"license_{people}_status"), world.add_group(f"Group {people}")
    rows = range(2, people + 2)
    both = [*known, *(-row for row in rows)]
    return make_writes(
        creates=[new_person(row, f"new{people}-{row}", manager_id=-2, attribute_a="1") for row in rows],
        updates=[{"learner_id": n, "work_title": "X", "email_key": f"moved{people}-{n}"} for n in known],
        changes=[(n, None, "work_title", None, "X") for n in known],
        memberships=[(n, group, 0, 1) for n in both] + [(n, -1, 0, 1) for n in both],
        licenses=[(n, pool, None, "active", None) for n in both],
        permissions=[(n, "p", None, "yes") for n in both],
        claims=[(n, True) for n in both],
        new_groups=[(-1, f"New group {people}")],
        new_attributes=("attribute_a",),
    )


def reversal(writes: Writes, world: World) -> Writes:
    """End every link of people that `writes` began."""
    return make_writes(
        memberships=[(n, g, after, 0) for n, g, _, after in writes.memberships.rows() if n > 0 and g > 0],
        licenses=[(n, pool, after, None, None) for n, pool, _, after, _ in writes.licenses.rows() if n > 0],
        permissions=[(n, name, after, None) for n, name, _, after in writes.permissions.rows() if n > 0],
        claims=[(n, False) for n, _ in writes.claims.rows() if n > 0],
    )


def count_statements(act: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)


def test_the_number_of_statements_does_not_grow_with_the_rows(world: World) -> None:
    """Three people and two hundred cost the same statements, coming and going."""
    counts = []
    for people in (3, 200):
        known = world.add_people(*(f"known{people}-{n}" for n in range(people)))
        writes = writes_of_every_kind(world, people, known)
        there = count_statements(lambda writes=writes: world.apply(writes))
        back = count_statements(lambda writes=writes: world.apply(reversal(writes, world)))
        counts.append((there, back))

    assert counts[0] == counts[1]


def test_a_rollback_leaves_nothing(committed_world: World) -> None:
    """A crash after the last write and before the commit is as if nothing had been done."""
    known = committed_world.add_people("ana", "bo")
    writes = writes_of_every_kind(committed_world, 3, known)
    before = everything_stored()

    with transaction.atomic():
        apply_writes(writes, organization_id=committed_world.id, feed_id=committed_world.feed.pk, job_id=1, at=MONDAY)
        written = everything_stored()
        transaction.set_rollback(True)

    assert {name for name, count in before.items() if written[name] == count} == {
        *("Feed", "Headcount", "Pool", "PastMembership", "PastLicense", "PastClaim"),
        *("NotDuplicate", "Override", "Erasure", "Removal", "Tombstone", "LearnerInvitation"),
    }
    assert everything_stored() == before


def test_every_write_raises_the_revision_and_returns_it(world: World) -> None:
    """A plan made for an earlier directory can be told."""
    first = world.apply(make_writes(creates=[new_person(2, "ana")])).revision
    second = world.apply(make_writes(updates=[{"learner_id": 1, "work_title": "X"}])).revision

    assert (first, second) == (1, 2)
    assert Organization.objects.get(id=world.id).revision == 2


def test_two_plans_may_be_applied_in_one_transaction(world: World) -> None:
    """Nothing that one apply stages stands in the way of the next."""
    with transaction.atomic():
        known = world.add_people("ana")
        world.apply(writes_of_every_kind(world, 2, known))
        world.apply(make_writes(updates=[{"learner_id": 1, "work_title": "Y"}]))

    assert world.learner(1).work_title == "Y"


def test_apply_outside_a_transaction_is_refused(committed_world: World) -> None:
    """Without one, a crash would leave a half."""
    with pytest.raises(transaction.TransactionManagementError):
        apply_writes(make_writes(), organization_id=committed_world.id, feed_id=None, job_id=None, at=MONDAY)


def test_a_large_load_has_statistics_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planner knows the size of what was loaded before autovacuum comes by."""
    monkeypatch.setattr("orgsync.server.directory.analyzing.SOME", 50)
    monkeypatch.setattr("orgsync.server.directory.analyzing.MANY", 50)

    world.apply(make_writes(creates=[new_person(row, f"p{row}") for row in range(2, 102)]))

    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'directory_learner'")
        assert cursor.fetchone() == (100,)
