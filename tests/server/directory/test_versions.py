"""Every write that touches a person raises their version once, whoever makes it."""

from collections.abc import Callable

import pytest
from directory_world import MONDAY, TUESDAY, World, make_world, make_writes, new_person
from django.db import connection, transaction

from orgsync.server.directory.models import (
    Claim,
    Learner,
    LicenseAssignment,
    Membership,
    PermissionGrant,
)

LINKS = {
    "membership": (Membership, {"group_id": 5, "reasons": 1, "since": MONDAY}, {"reasons": 3}),
    "license": (LicenseAssignment, {"pool_id": 5, "state": "waiting", "position": 1, "since": MONDAY}, {"position": 2}),
    "permission": (PermissionGrant, {"permission": "p", "scope": "yes"}, {"scope": "group:Sales"}),
}


def versions(world: World) -> dict[int, int]:
    return dict(Learner.objects.filter(organization_id=world.id).values_list("id", "version"))


def number_of(act: Callable[[], object]) -> int:
    """Act in a transaction and return its number."""
    with transaction.atomic(), connection.cursor() as cursor:
        act()
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        return int(cursor.fetchone()[0])


def learner_rows_written() -> tuple[int, int]:
    """Return how many learners this session has inserted and updated since its statistics were last sent."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT n_tup_ins, n_tup_upd FROM pg_stat_xact_user_tables WHERE relname = 'directory_learner'")
        return cursor.fetchone()


def test_a_new_person_has_the_version_of_their_birth(committed_world: World) -> None:
    """Both by a load and by the ORM, which names no version."""
    loaded = number_of(lambda: committed_world.add_people("ana"))
    made = number_of(
        lambda: Learner.objects.create(
            organization_id=committed_world.id, id=50, primary_email_address="bo@example.com", created_at=MONDAY
        )
    )

    assert versions(committed_world) == {1: loaded, 50: made}


def test_an_update_raises_the_version_of_those_it_touches(committed_world: World) -> None:
    """Nobody can set a version by hand, and nobody else is touched."""
    ana, bo = committed_world.add_people("ana", "bo")
    before = versions(committed_world)

    person = Learner.objects.filter(organization_id=committed_world.id, id=ana)
    number = number_of(lambda: person.update(is_protected=True, version=1))

    assert versions(committed_world) == {ana: number, bo: before[bo]}


@pytest.mark.parametrize("kind", LINKS)
def test_every_write_to_a_link_raises_its_learners_version(committed_world: World, kind: str) -> None:
    """Insert, update and delete each count; the neighbour and the namesake elsewhere stay as they are."""
    model, values, changed = LINKS[kind]
    ana, bo = committed_world.add_people("ana", "bo")
    other = make_world("Other")
    other.add_people("ana", "bo")
    before, elsewhere = versions(committed_world), versions(other)
    links = model._default_manager.filter(organization_id=committed_world.id, learner_id=ana)

    inserted = number_of(lambda: model(organization_id=committed_world.id, learner_id=ana, **values).save())
    assert versions(committed_world) == {ana: inserted, bo: before[bo]}
    updated = number_of(lambda: links.update(**changed))
    assert versions(committed_world) == {ana: updated, bo: before[bo]}
    deleted = number_of(links.delete)
    assert versions(committed_world) == {ana: deleted, bo: before[bo]}
    assert versions(other) == elsewhere


def test_a_link_that_moves_touches_both_people(committed_world: World) -> None:
    """Whoever loses it and whoever gets it."""
    ana, bo, cy = committed_world.add_people("ana", "bo", "cy")
    before = versions(committed_world)
    Membership.objects.create(organization_id=committed_world.id, learner_id=ana, group_id=5, reasons=1, since=MONDAY)

    links = Membership.objects.filter(organization_id=committed_world.id)
    number = number_of(lambda: links.update(learner_id=bo))

    assert versions(committed_world) == {ana: number, bo: number, cy: before[cy]}


def test_one_statement_may_touch_people_of_several_organizations(committed_world: World) -> None:
    """A sweep over all organizations is no exception."""
    other = make_world("Other")
    for place in (committed_world, other):
        place.add_people("ana")
        Membership.objects.create(organization_id=place.id, learner_id=1, group_id=5, reasons=1, since=MONDAY)

    number = number_of(lambda: Membership.objects.update(reasons=3))

    assert (versions(committed_world), versions(other)) == ({1: number}, {1: number})


def test_an_applied_plan_raises_versions_only_of_those_it_names(committed_world: World) -> None:
    """Attributes, groups, licenses and permissions all count, a claim does not."""
    people = committed_world.add_people("ana", "bo", "cy", "di", "ed", "flo")
    pool, sales = committed_world.add_pool(), committed_world.add_group("Sales")
    before = versions(committed_world)
    writes = make_writes(
        updates=[{"learner_id": 1, "work_title": "X"}],
        memberships=[(2, sales, 0, 1)],
        licenses=[(3, pool, None, "active", None)],
        permissions=[(4, "p", None, "yes")],
        claims=[(5, True)],
    )

    number = number_of(lambda: committed_world.apply(writes, at=TUESDAY))

    assert versions(committed_world) == {n: number if n <= 4 else before[n] for n in people}


def test_a_fingerprint_is_stored_without_touching_the_person(committed_world: World) -> None:
    """Otherwise no fingerprint would ever fit."""
    committed_world.add_people("ana")
    committed_world.apply(make_writes(claims=[(1, True)]))
    before = versions(committed_world)

    Claim.objects.filter(organization_id=committed_world.id).update(fingerprint=1, version=before[1], epoch=3)

    assert versions(committed_world) == before


def test_a_first_load_rewrites_none_of_its_people(world: World) -> None:
    """Their links find them with the number of this transaction already."""
    pool, sales = world.add_pool(), world.add_group("Sales")
    rows = range(2, 40)
    before = learner_rows_written()

    world.apply(
        make_writes(
            creates=[new_person(row, f"p{row}") for row in rows],
            memberships=[(-row, sales, 0, 1) for row in rows],
            licenses=[(-row, pool, None, "active", None) for row in rows],
            permissions=[(-row, "p", None, "yes") for row in rows],
        )
    )

    inserted, updated = (after - earlier for after, earlier in zip(learner_rows_written(), before, strict=True))
    assert (inserted, updated) == (38, 0)
