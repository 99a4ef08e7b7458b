"""What is read is what is stored: exact schemas, NULL and '' apart, one moment, one organization."""

import polars as pl
import psycopg
import pytest
from directory_world import World, make_world, make_writes, new_person
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orgsync.core import directory as contract
from orgsync.server.directory.copying import read_frame, staged
from orgsync.server.directory.models import Claim, Feed, LicenseAssignment
from orgsync.server.directory.revision import OrganizationMissing
from orgsync.server.directory.snapshot import consistent_read, read_directory
from orgsync.server.orgs.models import Account, Admin, Role

TEXT = st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=6)
SIGNS = st.none() | st.text(st.sampled_from(list("ab,\"\\.N\r\n\t' ")), max_size=6)


def read(world: World, *custom: str) -> contract.Directory:
    return read_directory(world.id, feed_id=world.feed.pk, custom=custom)


def test_an_empty_organization_has_empty_frames_of_the_schemas(world: World) -> None:
    """Nothing has to be special for the first load."""
    found = read(world)

    assert found.learners.schema == contract.LEARNER_SCHEMA
    assert found.groups.schema == contract.GROUP_SCHEMA
    assert found.memberships.schema == contract.MEMBERSHIP_SCHEMA
    assert found.pools.schema == contract.POOL_SCHEMA
    assert found.licenses.schema == contract.LICENSE_SCHEMA
    assert found.permissions.schema == contract.PERMISSION_SCHEMA
    assert (found.learners.height, found.custom_attributes, found.revision) == (0, frozenset(), 0)


def test_everything_that_was_written_is_read(world: World) -> None:
    """Learners, groups, memberships, pools, licenses, permissions, attribute names, revision."""
    pool = world.add_pool(seats=3)
    ana = new_person(2, "Ana", unique_user_id="E1", work_title="", start_date="2024-02-29", attribute_a="x")
    bo = new_person(
        3, "bo", is_active=False, manager_id=-2, pending_manager_id="E9", pending_manager_email="z@example.com"
    )
    ids = world.apply(
        make_writes(
            creates=[ana, bo],
            new_groups=[(-1, "Sales")],
            new_attributes=("attribute_a", "attribute_b"),
            memberships=[(-2, -1, 0, 5)],
            licenses=[(-2, pool, None, "waiting", 3)],
            permissions=[(-3, "p", None, "group:Sales")],
        )
    )

    found = read(world, "attribute_a")

    sales = ids.groups["id"][0]
    assert found.learners.schema == pl.Schema({**contract.LEARNER_SCHEMA, "attribute_a": pl.String()})
    first, second = found.learners.sort("learner_id").rows(named=True)
    assert {name for name, value in first.items() if value is None} == set(first) - {
        *("learner_id", "is_active", "is_admin", "is_protected", "is_claimed_here", "is_claimed_elsewhere"),
        *("primary_email_address", "email_key", "unique_user_id", "work_title", "start_date", "attribute_a"),
    }
    assert (first["primary_email_address"], first["email_key"]) == ("Ana@example.com", "ana@example.com")
    assert (first["work_title"], first["start_date"], first["attribute_a"]) == ("", "2024-02-29", "x")
    assert (first["is_active"], second["is_active"], second["manager_id"]) == (True, False, 1)
    assert (second["pending_manager_id"], second["pending_manager_email"]) == ("E9", "z@example.com")
    assert found.groups.rows() == [(sales, "Sales", "sales", False)]
    assert found.memberships.rows() == [(1, sales, 5)]
    assert found.pools.rows() == [(pool, "license_basic_status", "license_basic_status", 3)]
    assert found.licenses.rows() == [(1, pool, "waiting", False, 3)]
    assert found.permissions.rows() == [(2, "p", "group:Sales")]
    assert found.custom_attributes == {"attribute_a", "attribute_b"}
    assert found.revision == 1


def test_an_admin_is_an_account_or_a_permission(world: World) -> None:
    """Either makes a learner one whom no file may remove."""
    ana, bo, cy = world.add_people("ana", "bo", "cy")
    account = Account.objects.create_user("ana@example.com")
    Admin.objects.create(organization=world.organization, account=account, role=Role.ADMIN, learner_id=ana)
    stranger = Account.objects.create_user("zoe@example.com")
    Admin.objects.create(organization=world.organization, account=stranger, role=Role.OWNER)
    other = make_world("Other")
    Admin.objects.create(organization=other.organization, account=account, role=Role.ADMIN, learner_id=cy)
    world.apply(make_writes(permissions=[(bo, "p", None, "yes")]))

    found = dict(read(world).learners.select("learner_id", "is_admin").rows())

    assert found == {ana: True, bo: True, cy: False}


def test_claims_are_here_or_elsewhere(world: World) -> None:
    """Both, either or none; without a feed there is no here."""
    both, here, elsewhere, nobody = world.add_people("ana", "bo", "cy", "di")
    other = Feed.objects.create(organization=world.organization, name="Contractors")
    for learner, feed in ((both, world.feed), (both, other), (here, world.feed), (elsewhere, other)):
        Claim.objects.create(organization_id=world.id, learner_id=learner, feed_id=feed.pk)
    columns = ("learner_id", "is_claimed_here", "is_claimed_elsewhere")

    found = read(world).learners.select(columns).sort("learner_id")
    by_hand = read_directory(world.id, feed_id=None).learners.select(columns).sort("learner_id")

    assert found.rows() == [
        (both, True, True),
        (here, True, False),
        (elsewhere, False, True),
        (nobody, False, False),
    ]
    assert by_hand["is_claimed_here"].sum() == 0
    assert by_hand["is_claimed_elsewhere"].to_list() == [True, True, True, False]


def test_a_license_by_hand_is_told_apart(world: World) -> None:
    """Files leave it alone, so the plan has to know."""
    (ana,), pool = world.add_people("ana"), world.add_pool()
    world.apply(make_writes(licenses=[(ana, pool, None, "active", None)]))
    LicenseAssignment.objects.filter(organization_id=world.id).update(is_by_hand=True)

    assert read(world).licenses.rows() == [(ana, pool, "active", True, None)]


def test_another_organization_is_not_read(world: World) -> None:
    """Not its people, groups, pools, links or attributes."""
    other = make_world("Other")
    pool = other.add_pool()
    other.apply(
        make_writes(
            creates=[new_person(2, "eve")],
            new_groups=[(-1, "Sales")],
            memberships=[(-2, -1, 0, 1)],
            licenses=[(-2, pool, None, "active", None)],
            permissions=[(-2, "p", None, "yes")],
            claims=[(-2, True)],
            new_attributes=("attribute_a",),
        )
    )

    found = read(world)

    frames = (found.learners, found.groups, found.memberships, found.pools, found.licenses, found.permissions)
    assert [frame.height for frame in frames] == [0] * 6
    assert found.custom_attributes == frozenset()


def test_custom_attributes_come_only_when_asked_for(world: World) -> None:
    """One that nobody has is all null; names are data, never SQL."""
    world.apply(make_writes(creates=[new_person(2, "ana", attribute_a="1", **{"attribute_'b'": "2"})]))

    found = read(world, "attribute_'b'", "attribute_none").learners

    assert set(found.columns) - set(contract.LEARNER_SCHEMA) == {"attribute_'b'", "attribute_none"}
    assert found.select("attribute_'b'", "attribute_none").rows() == [("2", None)]


def test_a_long_answer_is_read_in_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one part ends and the next begins, no row is lost or torn."""
    world.add_people(*(f"person{n}" for n in range(100)))
    monkeypatch.setattr("orgsync.server.directory.copying.PART_BYTES", 500)

    found = read(world).learners

    assert sorted(found["learner_id"]) == list(range(1, 101))
    assert found["email_key"].n_unique() == 100


def test_the_directory_is_that_of_one_moment(committed_world: World) -> None:
    """What another process commits meanwhile is not seen, and nothing can be written."""
    committed_world.add_people("ana")
    parameters = connection.get_connection_params()
    plain = {name: parameters[name] for name in ("dbname", "user", "password", "host", "port") if name in parameters}

    with consistent_read():
        before = read(committed_world)
        with psycopg.connect(**plain, autocommit=True) as elsewhere:
            elsewhere.execute("UPDATE directory_learner SET work_title = 'new'")
            elsewhere.execute("UPDATE orgs_organization SET revision = 99")
        after = read(committed_world)

    assert after.learners.equals(before.learners)
    assert after.revision == before.revision
    with pytest.raises(DatabaseError), consistent_read():
        committed_world.add_group("Sales")


def test_reading_outside_a_transaction_is_refused(committed_world: World) -> None:
    """Its frames would be of different moments."""
    with pytest.raises(transaction.TransactionManagementError):
        read(committed_world)


def test_an_organization_that_is_not_there_cannot_be_read(world: World) -> None:
    """No empty directory is made up for it: a full file would look like everybody's first."""
    with pytest.raises(OrganizationMissing):
        read_directory(world.id + 1, feed_id=None)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(TEXT | SIGNS, SIGNS, TEXT), max_size=8))
def test_any_text_survives_the_way_in_and_out(world: World, rows: list[tuple[str | None, ...]]) -> None:
    """Whatever PostgreSQL can store comes back as it was."""
    schema = pl.Schema({"id": pl.Int64, "work_title": pl.String, "job_level": pl.String, "country_code": pl.String})
    frame = pl.DataFrame([(n, *row) for n, row in enumerate(rows)], schema=schema, orient="row")

    with connection.cursor() as cursor, staged(cursor, "written", frame, like="directory_learner"):
        found = read_frame(cursor, "SELECT * FROM written ORDER BY id", [], schema)

    assert found.equals(frame)
