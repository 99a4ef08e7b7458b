"""The check that stands in for foreign keys finds what foreign keys would have refused, and counts it."""

from collections.abc import Callable
from typing import Final

import pytest
from directory_world import MONDAY, World, make_world, make_writes, new_person, rows_of
from django.db import models

from orgsync.core.plan import Writes
from orgsync.server.directory.integrity import DirectoryBroken, check_directory, find_faults
from orgsync.server.directory.models import (
    Claim,
    Learner,
    LearnerChange,
    LicenseAssignment,
    Membership,
    PermissionGrant,
    Pool,
)
from orgsync.server.orgs.models import Account, Admin, Role

ANA, NOBODY = 1, 99


def membership(learner: int, group: int) -> models.Model:
    return Membership(learner_id=learner, group_id=group, reasons=1, since=MONDAY)


def license_of(learner: int, pool: int) -> models.Model:
    return LicenseAssignment(learner_id=learner, pool_id=pool, state="denied", since=MONDAY)


def report_to(manager: int) -> models.Model:
    return Learner(id=50, primary_email_address="x@example.com", manager_id=manager, created_at=MONDAY)


def admin_for(learner: int) -> models.Model:
    return Admin(account=Account.objects.create_user("zoe@example.com"), role=Role.ADMIN, learner_id=learner)


ORPHANS: Final[dict[str, Callable[[World], models.Model]]] = {
    "memberships without a learner": lambda world: membership(NOBODY, world.add_group("Sales")),
    "memberships without a group": lambda world: membership(ANA, NOBODY),
    "licenses without a learner": lambda world: license_of(NOBODY, world.add_pool()),
    "licenses without a pool": lambda world: license_of(ANA, NOBODY),
    "claims without a learner": lambda world: Claim(learner_id=NOBODY, feed_id=world.feed.pk),
    "claims without a feed": lambda world: Claim(learner_id=ANA, feed_id=NOBODY),
    "permissions without a learner": lambda world: PermissionGrant(learner_id=NOBODY, permission="p", scope="yes"),
    "changes without a learner": lambda world: LearnerChange(learner_id=NOBODY, at=MONDAY, attribute="a"),
    "learners without their manager": lambda world: report_to(NOBODY),
    "admins without their learner": lambda world: admin_for(NOBODY),
    "licenses with a place on the waiting list that does not fit": lambda world: LicenseAssignment(
        learner_id=ANA, pool_id=world.add_pool(), state="waiting", since=MONDAY
    ),
    "pools with more licenses than seats": lambda world: LicenseAssignment(
        learner_id=ANA, pool_id=world.add_pool(seats=0), state="active", since=MONDAY
    ),
}


def test_a_sound_directory_has_no_faults(world: World) -> None:
    """Everything that is named is there."""
    pool = world.add_pool(seats=1)
    world.apply(
        make_writes(
            creates=[new_person(2, "ana"), new_person(3, "bo", manager_id=-2)],
            new_groups=[(-1, "Sales")],
            memberships=[(-2, -1, 0, 1)],
            licenses=[(-2, pool, None, "active", None), (-3, pool, None, "waiting", 1)],
            permissions=[(-2, "p", None, "yes")],
            claims=[(-2, True)],
        )
    )

    check_directory(world.id)
    assert find_faults(world.id) == {}


@pytest.mark.parametrize("what", ORPHANS)
def test_every_fault_is_found_and_counted(world: World, what: str) -> None:
    """Each under its own name, and only in the organization that has it."""
    world.add_people("ana")
    sound = make_world("Sound")
    sound.add_people("ana")
    fault = ORPHANS[what](world)
    fault.organization_id = world.id  # type: ignore[attr-defined]
    fault.save(force_insert=True)

    with pytest.raises(DirectoryBroken) as broken:
        check_directory(world.id)

    assert broken.value.counts == {what: 1}
    assert f"1 {what}" in str(broken.value)
    assert find_faults(sound.id) == {}


def test_what_is_there_in_another_organization_is_missing_here(world: World) -> None:
    """A group of theirs is no group of ours."""
    world.add_people("ana")
    theirs = make_world("Other").add_group("Sales")
    Membership.objects.create(organization_id=world.id, learner_id=ANA, group_id=theirs, reasons=1, since=MONDAY)

    assert find_faults(world.id) == {"memberships without a group": 1}


@pytest.mark.parametrize(
    ("writes", "what"),
    [
        (make_writes(memberships=[(NOBODY, 1, 0, 1)]), "learners who are named and missing"),
        (make_writes(permissions=[(NOBODY, "p", None, "yes")]), "learners who are named and missing"),
        (make_writes(claims=[(NOBODY, True)]), "learners who are named and missing"),
        (make_writes(changes=[(NOBODY, None, "a", None, "b")]), "learners who are named and missing"),
        (make_writes(creates=[new_person(2, "bo", manager_id=NOBODY)]), "learners who are named and missing"),
        (make_writes(updates=[{"learner_id": ANA, "manager_id": NOBODY}]), "learners who are named and missing"),
        (make_writes(memberships=[(ANA, NOBODY, 0, 1)]), "groups that are named and missing"),
        (make_writes(licenses=[(ANA, NOBODY, None, "active", None)]), "pools that are named and missing"),
    ],
)
def test_apply_refuses_to_point_to_nothing(world: World, writes: Writes, what: str) -> None:
    """The transaction that wrote it is rolled back."""
    world.add_people("ana")

    with pytest.raises(DirectoryBroken) as broken:
        world.apply(writes)

    assert broken.value.counts[what] == 1
    assert find_faults(world.id) == {}


def test_apply_refuses_more_licenses_than_seats(world: World) -> None:
    """The last proof that no license is half granted."""
    ana, bo = world.add_people("ana", "bo")
    pool = world.add_pool(seats=1)

    with pytest.raises(DirectoryBroken) as broken:
        world.apply(make_writes(licenses=[(n, pool, None, "active", None) for n in (ana, bo)]))

    assert broken.value.counts == {"pools with more licenses than seats": 1}
    assert rows_of(LicenseAssignment, world, "learner_id") == []


def test_a_pool_that_lost_seats_may_be_emptied_step_by_step(world: World) -> None:
    """A write that does not make an over-used pool fuller is no fault of its own."""
    ana, bo, cy = world.add_people("ana", "bo", "cy")
    pool = world.add_pool(seats=3)
    world.apply(make_writes(licenses=[(n, pool, None, "active", None) for n in (ana, bo, cy)]))
    Pool.objects.filter(organization_id=world.id, id=pool).update(seats=1)

    world.apply(make_writes(licenses=[(ana, pool, "active", None, None)]))

    assert find_faults(world.id) == {"pools with more licenses than seats": 1}
