"""Memberships, licenses, permissions and claims; what ends or changes is kept as a span of the past."""

import pytest
from directory_world import MONDAY, TUESDAY, WEDNESDAY, World, make_world, make_writes, rows_of
from django.db import IntegrityError

from orgsync.server.directory.apply import FeedMissing, apply_writes
from orgsync.server.directory.misfit import WritesMisfit
from orgsync.server.directory.models import (
    Claim,
    Feed,
    LicenseAssignment,
    Membership,
    PastLicense,
    PastMembership,
    PermissionGrant,
)

SPAN = ("since", "since_job_id")
ENDED = (*SPAN, "until", "until_job_id")


def test_a_membership_ends_as_a_span_of_the_past(world: World) -> None:
    """Somebody who leaves a group was in it from one job to another."""
    (ana,), sales = world.add_people("ana"), world.add_group("Sales")
    world.apply(make_writes(memberships=[(ana, sales, 0, 1)]), at=MONDAY, job_id=1)

    world.apply(make_writes(memberships=[(ana, sales, 1, 0)]), at=TUESDAY, job_id=2)

    assert rows_of(Membership, world, "learner_id") == []
    assert rows_of(PastMembership, world, "learner_id", "group_id", "reasons", *ENDED) == [
        (ana, sales, 1, MONDAY, 1, TUESDAY, 2)
    ]


def test_a_change_of_reasons_closes_one_span_and_opens_the_next(world: World) -> None:
    """So an undo finds both what the job ended and what it began."""
    (ana,), sales = world.add_people("ana"), world.add_group("Sales")
    world.apply(make_writes(memberships=[(ana, sales, 0, 2)]), at=MONDAY, job_id=1)

    world.apply(make_writes(memberships=[(ana, sales, 2, 3)]), at=TUESDAY, job_id=2)

    assert rows_of(Membership, world, "reasons", *SPAN) == [(3, TUESDAY, 2)]
    assert rows_of(PastMembership, world, "reasons", *ENDED) == [(2, MONDAY, 1, TUESDAY, 2)]


def test_one_plan_begins_changes_and_ends_memberships(world: World) -> None:
    """Each link goes its own way, and those that the plan does not name stay."""
    ana, bo = world.add_people("ana", "bo")
    sales, lisbon = world.add_group("Sales"), world.add_group("Lisbon")
    world.apply(make_writes(memberships=[(ana, sales, 0, 1), (ana, lisbon, 0, 1), (bo, sales, 0, 4)]), at=MONDAY)

    moves = [(bo, lisbon, 0, 1), (ana, sales, 1, 0), (bo, sales, 4, 5)]
    world.apply(make_writes(memberships=moves), at=TUESDAY)

    assert rows_of(Membership, world, "learner_id", "group_id", "reasons", "since") == [
        (ana, lisbon, 1, MONDAY),
        (bo, sales, 5, TUESDAY),
        (bo, lisbon, 1, TUESDAY),
    ]


def test_a_license_goes_through_its_states(world: World) -> None:
    """Waiting, granted, revoked: every state is a span, and a seat that is free again leaves no row."""
    (ana,), pool = world.add_people("ana"), world.add_pool(seats=1)

    world.apply(make_writes(licenses=[(ana, pool, None, "waiting", 4)]), at=MONDAY, job_id=1)
    world.apply(make_writes(licenses=[(ana, pool, "waiting", "active", None)]), at=TUESDAY, job_id=2)
    assert rows_of(LicenseAssignment, world, "state", "position", *SPAN) == [("active", None, TUESDAY, 2)]

    world.apply(make_writes(licenses=[(ana, pool, "active", None, None)]), at=WEDNESDAY, job_id=3)
    assert rows_of(LicenseAssignment, world, "state") == []
    assert rows_of(PastLicense, world, "state", *ENDED) == [
        ("active", TUESDAY, 2, WEDNESDAY, 3),
        ("waiting", MONDAY, 1, TUESDAY, 2),
    ]


def test_a_new_place_on_the_waiting_list_is_no_new_state(world: World) -> None:
    """The wait goes on since the day it began."""
    (ana,), pool = world.add_people("ana"), world.add_pool()
    world.apply(make_writes(licenses=[(ana, pool, None, "waiting", 4)]), at=MONDAY, job_id=1)

    world.apply(make_writes(licenses=[(ana, pool, "waiting", "waiting", 2)]), at=TUESDAY, job_id=2)

    assert rows_of(LicenseAssignment, world, "state", "position", *SPAN) == [("waiting", 2, MONDAY, 1)]
    assert rows_of(PastLicense, world, "state") == []


def test_a_license_by_hand_stays_by_hand(world: World) -> None:
    """When somebody who waits by hand gets a seat, the local override stands, and the past keeps it too."""
    (ana,), pool = world.add_people("ana"), world.add_pool()
    world.apply(make_writes(licenses=[(ana, pool, None, "waiting", 1)]))
    LicenseAssignment.objects.filter(organization_id=world.id).update(is_by_hand=True)

    world.apply(make_writes(licenses=[(ana, pool, "waiting", "active", None)]), at=TUESDAY)

    assert rows_of(LicenseAssignment, world, "state", "is_by_hand") == [("active", True)]
    assert rows_of(PastLicense, world, "state", "is_by_hand") == [("waiting", True)]


def test_a_freed_seat_may_be_taken_in_the_same_plan(world: World) -> None:
    """Ends come before beginnings, so a full pool changes hands."""
    ana, bo = world.add_people("ana", "bo")
    pool = world.add_pool(seats=1)
    world.apply(make_writes(licenses=[(ana, pool, None, "active", None)]))

    world.apply(make_writes(licenses=[(bo, pool, None, "active", None), (ana, pool, "active", None, None)]))

    assert rows_of(LicenseAssignment, world, "learner_id", "state") == [(bo, "active")]


def test_permissions_are_granted_changed_and_taken(world: World) -> None:
    """The scope is the value that moves."""
    ana, bo = world.add_people("ana", "bo")
    world.apply(make_writes(permissions=[(ana, "p", None, "yes"), (bo, "p", None, "group:Sales")]))

    moves = [(ana, "p", "yes", None), (bo, "p", "group:Sales", "yes"), (bo, "q", None, "yes")]
    world.apply(make_writes(permissions=moves))

    assert rows_of(PermissionGrant, world, "learner_id", "permission", "scope") == [(bo, "p", "yes"), (bo, "q", "yes")]


def test_a_feed_gains_and_loses_claims(world: World) -> None:
    """Only claims of the feed that applies are touched."""
    ana, bo = world.add_people("ana", "bo")
    other = Feed.objects.create(organization=world.organization, name="Contractors")
    Claim.objects.create(organization_id=world.id, learner_id=ana, feed_id=other.pk)
    world.apply(make_writes(claims=[(ana, True)]))

    world.apply(make_writes(claims=[(bo, True), (ana, False)]))

    assert rows_of(Claim, world, "learner_id", "feed_id") == [(ana, other.pk), (bo, world.feed.pk)]


def test_claims_without_a_feed_are_refused(world: World) -> None:
    """A write by hand claims nobody."""
    (ana,) = world.add_people("ana")

    with pytest.raises(FeedMissing):
        apply_writes(make_writes(claims=[(ana, True)]), organization_id=world.id, feed_id=None, job_id=None, at=MONDAY)


@pytest.mark.parametrize("before", [2, 5], ids=["other reasons", "more reasons"])
def test_a_membership_that_is_not_as_the_plan_saw_it_is_refused(world: World, before: int) -> None:
    """Nothing is overwritten that nobody looked at."""
    (ana,), sales = world.add_people("ana"), world.add_group("Sales")
    world.apply(make_writes(memberships=[(ana, sales, 0, 1)]))

    with pytest.raises(WritesMisfit):
        world.apply(make_writes(memberships=[(ana, sales, before, 0)]))

    assert rows_of(Membership, world, "reasons") == [(1,)]


def test_a_membership_that_exists_is_not_begun_again(world: World) -> None:
    """The key of the table is the last word."""
    (ana,), sales = world.add_people("ana"), world.add_group("Sales")
    world.apply(make_writes(memberships=[(ana, sales, 0, 1)]))

    with pytest.raises(IntegrityError):
        world.apply(make_writes(memberships=[(ana, sales, 0, 1)]))


def test_links_of_another_organization_are_out_of_reach(world: World) -> None:
    """The same learner and group ids there are not ours."""
    (ana,), sales = world.add_people("ana"), world.add_group("Sales")
    other = make_world("Other")
    other.add_people("ana")
    for place in (world, other):
        Membership.objects.create(
            organization_id=place.id, learner_id=ana, group_id=sales, reasons=1, since=MONDAY, since_job_id=None
        )

    world.apply(make_writes(memberships=[(ana, sales, 1, 0)]), at=TUESDAY)

    assert (rows_of(Membership, world, "reasons"), rows_of(Membership, other, "reasons")) == ([], [(1,)])
