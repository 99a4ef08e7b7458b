"""The log in the database: entries and their effects together, no way back, and what is broken is found."""

from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from orgsync.server.audit.actions import MEANINGS, Action
from orgsync.server.audit.actors import COMMAND, SYSTEM, account, acting
from orgsync.server.audit.chain import Head
from orgsync.server.audit.log import Fact, record, record_all
from orgsync.server.audit.models import AuditEntry, PersonKey
from orgsync.server.audit.retention import trim_log
from orgsync.server.audit.veil import destroy_keys, ensure_keys, is_value, veil_values
from orgsync.server.audit.verify import verify_log
from orgsync.server.orgs.models import Organization
from orgsync.server.orgs.trimming import trim_audit_logs
from tests.server.pipeline.pipeline_world import MONDAY, World
from tests.server.queue.queue_world import worker_database_url


def add(world: World, count: int = 1, *, days: int = 0) -> None:
    with transaction.atomic():
        facts = [Fact(Action.FEED_CHANGED, {"feed": number, "settings": ["mode"]}) for number in range(count)]
        record_all(world.id, facts, at=MONDAY + timedelta(days=days))


def head(world: World) -> Head:
    return verify_log(world.id).head


def tamper(sql: str, *values: object) -> None:
    """Do what somebody who owns the database can do: put the triggers to sleep."""
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, values)
        cursor.execute("COMMIT")


def test_entries_count_up_and_hold(world: World) -> None:
    """
    One after the other, whoever writes them, in as many transactions as it takes.
    """
    add(world, 3)
    add(world, 2)

    verdict = verify_log(world.id)

    assert (verdict.broken, verdict.kept, verdict.head.number) == (None, 5, 5)


def test_entry_and_effect_are_rolled_back_together(world: World) -> None:
    """
    What did not happen is not recorded, and the next entry follows the one before.
    """
    add(world)
    with transaction.atomic():
        world.set_feed(is_paused=True)
        record(world.id, Action.FEED_CHANGED, {"feed": 1}, at=MONDAY)
        transaction.set_rollback(True)

    add(world)

    world.feed.refresh_from_db()
    assert not world.feed.is_paused
    assert (verify_log(world.id).broken, head(world).number) == (None, 2)


def test_entry_needs_a_transaction(world: World) -> None:
    """
    Nobody can write an entry beside its effect by mistake.
    """
    with pytest.raises(transaction.TransactionManagementError):
        record(world.id, Action.FEED_CHANGED, at=MONDAY)


def test_number_of_statements_does_not_grow(world: World, django_assert_num_queries: Callable[..., object]) -> None:
    """
    A hundred entries are written in three statements.
    """
    with transaction.atomic(), django_assert_num_queries(3):
        record_all(world.id, [Fact(Action.JOB_CANCELLED, {"job": job}) for job in range(100)], at=MONDAY)

    assert head(world).number == 100


def test_logs_of_organizations_are_apart(make: Callable[..., World]) -> None:
    """
    Each counts for itself, and one that waits does not hold up the other.
    """
    one, other = make("One"), make("Other")
    add(one)
    with psycopg.connect(worker_database_url()) as busy:
        busy.execute("SELECT FROM audit_audithead WHERE organization_id = %s FOR UPDATE", [one.id])
        add(other, 2)

    assert (head(one).number, head(other).number) == (1, 2)


def test_whoever_acts_is_named(world: World) -> None:
    """
    The border says who it is; without it, it is the system.
    """
    add(world)
    with acting(account(5)), acting(COMMAND):
        add(world)
    with acting(account(5)):
        add(world)

    actors = AuditEntry.objects.filter(organization_id=world.id).order_by("number")

    assert list(actors.values_list("actor_kind", "actor_id")) == [
        (SYSTEM.kind.value, None),
        (COMMAND.kind.value, None),
        ("account", 5),
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditentry SET action = 'signed_in' WHERE organization_id = %s",
        "DELETE FROM audit_auditentry WHERE organization_id = %s",
        "DELETE FROM audit_audithead WHERE organization_id = %s",
        "UPDATE audit_audithead SET number = 0 WHERE organization_id = %s",
    ],
)
def test_database_refuses_to_change_the_past(world: World, statement: str) -> None:
    """
    Nobody who can only send SQL as the application does gets past the triggers.
    """
    add(world, 2)

    with pytest.raises(ProgrammingError, match="audit"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [world.id])

    assert (verify_log(world.id).broken, head(world).number) == (None, 2)


@pytest.mark.parametrize(
    ("statement", "number"),
    [
        ("UPDATE audit_auditentry SET at = at + interval '1 second' WHERE organization_id = %s AND number = 2", 2),
        ("UPDATE audit_auditentry SET action = 'signed_in' WHERE organization_id = %s AND number = 2", 2),
        ("UPDATE audit_auditentry SET ids = '{\"feed\": 9}' WHERE organization_id = %s AND number = 2", 2),
        ('UPDATE audit_auditentry SET veiled = \'{"x": "0"}\' WHERE organization_id = %s AND number = 2', 2),
        ("UPDATE audit_auditentry SET actor_kind = 'ghost' WHERE organization_id = %s AND number = 2", 2),
        ("UPDATE audit_auditentry SET actor_id = 3 WHERE organization_id = %s AND number = 2", 2),
        ("UPDATE audit_auditentry SET previous = hash WHERE organization_id = %s AND number = 2", 2),
        ("UPDATE audit_auditentry SET hash = previous WHERE organization_id = %s AND number = 2", 2),
        ("DELETE FROM audit_auditentry WHERE organization_id = %s AND number = 1", 1),
        ("DELETE FROM audit_auditentry WHERE organization_id = %s AND number = 2", 2),
        ("DELETE FROM audit_auditentry WHERE organization_id = %s AND number = 3", 3),
        ("DELETE FROM audit_auditentry WHERE organization_id = %s", 1),
        ("UPDATE audit_auditentry SET number = number + 3 WHERE organization_id = %s AND number < 2", 1),
    ],
)
def test_tampering_is_found(world: World, statement: str, number: int) -> None:
    """
    Somebody who puts the triggers to sleep is found all the same, at the entry that they touched.
    """
    add(world, 3)
    tamper(statement, world.id)

    broken = verify_log(world.id).broken

    assert broken is not None
    assert broken.number == number


def test_log_that_was_written_anew_does_not_fit_its_anchor(world: World) -> None:
    """
    Whoever rewrites a whole chain cannot rewrite what was noted elsewhere.
    """
    add(world, 3)
    noted = head(world)
    for table in ("audit_auditentry", "audit_audithead"):
        tamper(f"DELETE FROM {table} WHERE organization_id = %s", world.id)
    add(world, 4, days=1)

    assert verify_log(world.id).broken is None
    broken = verify_log(world.id, anchor=(noted.number, noted.hash)).broken
    assert broken is not None
    assert broken.number == 3


def test_anchor_holds_while_the_log_grows(world: World) -> None:
    """
    An honest log keeps every anchor.
    """
    add(world, 3)
    noted = head(world)
    add(world, 2)

    assert verify_log(world.id, anchor=(noted.number, noted.hash)).broken is None


def test_retention_takes_the_beginning_and_the_rest_holds(world: World) -> None:
    """
    Twice, with new entries in between; each time the log says so itself.
    """
    add(world, 3)
    add(world, 2, days=10)

    first = trim_log(world.id, before=MONDAY + timedelta(days=5), at=MONDAY + timedelta(days=11))
    add(world, 1, days=12)
    second = trim_log(world.id, before=MONDAY + timedelta(days=12), at=MONDAY + timedelta(days=13))
    again = trim_log(world.id, before=MONDAY + timedelta(days=12), at=MONDAY + timedelta(days=13))

    numbers = AuditEntry.objects.filter(organization_id=world.id).order_by("number").values_list("number", "action")
    assert (first, second, again) == (3, 3, 0)
    assert list(numbers) == [(7, "feed_changed"), (8, "audit_trimmed")]
    assert verify_log(world.id).broken is None


def test_everything_may_be_too_old(world: World) -> None:
    """
    What is left is the entry that says so.
    """
    add(world, 3)

    trim_log(world.id, before=MONDAY + timedelta(days=5), at=MONDAY + timedelta(days=6))

    assert (verify_log(world.id).broken, verify_log(world.id).kept) == (None, 1)


def test_checkpoint_that_somebody_moved_is_found(world: World) -> None:
    """
    To move the checkpoint opens the way to delete, but the log has no entry of it.
    """
    add(world, 3)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE audit_audithead SET kept_from = 3, kept_after = (SELECT hash FROM audit_auditentry"
            " WHERE organization_id = %s AND number = 2) WHERE organization_id = %s",
            [world.id, world.id],
        )
        cursor.execute("DELETE FROM audit_auditentry WHERE organization_id = %s AND number < 3", [world.id])

    broken = verify_log(world.id).broken

    assert broken is not None
    assert "retention" in broken.why


def test_veiled_value_is_proved_until_the_key_is_gone(world: World) -> None:
    """
    The same value of two people looks different; erasing a person leaves the chain whole.
    """
    keys = ensure_keys(world.id, [1, 2, 1])
    veiled = veil_values(keys[1], {"work_title": "Cook", "status": None})
    with transaction.atomic():
        record_all(world.id, [Fact(Action.LEARNER_EDITED, {"learner": 1}, veiled)], at=MONDAY)

    assert ensure_keys(world.id, [1])[1] == keys[1]
    assert is_value(keys[1], "work_title", "Cook", veiled["work_title"])
    assert not is_value(keys[1], "work_title", "Baker", veiled["work_title"])
    assert not is_value(keys[1], "status", "", veiled["status"])
    assert veil_values(keys[2], {"work_title": "Cook"})["work_title"] != veiled["work_title"]
    assert destroy_keys(world.id, [1]) == 1
    assert not PersonKey.objects.filter(organization_id=world.id, learner_id=1).exists()
    assert verify_log(world.id).broken is None


def test_every_action_has_a_meaning() -> None:
    """
    The reference page leaves none out.
    """
    assert set(MEANINGS) == set(Action)


def test_daily_sweep_trims_what_is_older_than_the_organization_keeps(make: Callable[..., World]) -> None:
    """
    Each organization by its own setting; what is young enough stays as it is.
    """
    short, long = make("Short"), make("Long")
    Organization.objects.filter(id=short.id).update(audit_days=30)
    for world in (short, long):
        add(world, 2)
        add(world, 1, days=40)

    trim_audit_logs(MONDAY + timedelta(days=45))

    assert (verify_log(short.id).kept, verify_log(long.id).kept) == (2, 3)
    assert verify_log(short.id).broken is verify_log(long.id).broken is None
