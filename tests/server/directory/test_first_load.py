"""A plan that creates people, groups and attributes gives all of them real ids."""

from datetime import date

import pytest
from directory_world import MONDAY, World, make_world, make_writes, new_person, rows_of

from orgsync.server.directory.models import Claim, CustomAttribute, Group, Learner, LicenseAssignment, Membership
from orgsync.server.directory.registry import UnknownProvisionalId
from orgsync.server.orgs.models import Organization


def test_people_get_ids_in_the_order_of_their_rows(world: World) -> None:
    """Ids count within the organization and are handed out as one block."""
    make_world("Other").add_people("eve")

    ids = world.apply(make_writes(creates=[new_person(2, "ana"), new_person(5, "bo")]))

    assert ids.learners.rows() == [(-2, 1), (-5, 2)]
    assert Organization.objects.get(id=world.id).next_learner_id == 3


def test_a_new_person_is_stored_with_every_value(world: World) -> None:
    """Text, dates and custom attributes arrive; what the file does not have is NULL."""
    ana = new_person(2, "ana", work_title='Head, "R&D"', start_date="2024-02-29", attribute_floor="3")

    world.apply(make_writes(creates=[ana], new_attributes=("attribute_floor",)))

    learner = world.learner(1)
    assert (learner.primary_email_address, learner.work_title) == ("ana@example.com", 'Head, "R&D"')
    assert (learner.start_date, learner.end_date) == (date(2024, 2, 29), None)
    assert learner.custom == {"attribute_floor": "3"}
    assert (learner.created_at, learner.created_job_id, learner.created_row) == (MONDAY, 7, 2)
    assert rows_of(CustomAttribute, world, "name", "created_job_id") == [("attribute_floor", 7)]


def test_an_absent_custom_value_has_no_key(world: World) -> None:
    """A missing attribute is absent from the JSON, an empty one is not."""
    people = [
        new_person(2, "ana", attribute_a=None, attribute_b='{"x": 1}'),
        new_person(3, "bo", attribute_a="", attribute_b=None),
        new_person(4, "cy", attribute_a=None, attribute_b=None),
    ]

    world.apply(make_writes(creates=people))

    assert [world.learner(n).custom for n in (1, 2, 3)] == [{"attribute_b": '{"x": 1}'}, {"attribute_a": ""}, {}]


def test_managers_among_new_people_are_linked(world: World) -> None:
    """A manager may be created by any row of the same file, or be there already."""
    (boss,) = world.add_people("boss")
    people = [new_person(2, "ana", manager_id=-3), new_person(3, "bo", manager_id=boss), new_person(4, "cy")]

    ids = world.apply(make_writes(creates=people))

    ana, bo, cy = ids.learners["id"]
    assert [world.learner(n).manager_id for n in (ana, bo, cy)] == [bo, boss, None]


def test_groups_licenses_and_claims_follow_the_new_people(world: World) -> None:
    """Links of a new person to a new group, a pool and the feed carry the real ids."""
    pool = world.add_pool(seats=1)
    writes = make_writes(
        creates=[new_person(2, "ana"), new_person(3, "bo")],
        new_groups=[(-1, "Sales"), (-2, "Lisbon")],
        memberships=[(-3, -1, 0, 1), (-2, -2, 0, 1), (-2, -1, 0, 1)],
        licenses=[(-2, pool, None, "active", None), (-3, pool, None, "waiting", 1)],
        claims=[(-2, True), (-3, True)],
    )

    ids = world.apply(writes)

    sales, lisbon = (Group.objects.get(organization=world.id, name=name).pk for name in ("Sales", "Lisbon"))
    assert ids.groups.rows() == [(-1, sales), (-2, lisbon)]
    found = rows_of(Membership, world, "learner_id", "group_id", "reasons", "since", "since_job_id")
    assert found == sorted((n, g, 1, MONDAY, 7) for n, g in [(1, sales), (1, lisbon), (2, sales)])
    assert rows_of(LicenseAssignment, world, "learner_id", "state", "position") == [
        (1, "active", None),
        (2, "waiting", 1),
    ]
    assert rows_of(Claim, world, "learner_id", "feed_id", "fingerprint") == [
        (1, world.feed.pk, None),
        (2, world.feed.pk, None),
    ]


def test_a_group_that_is_there_already_is_not_made_twice(world: World) -> None:
    """A new group whose key exists by now is that group; its name stays as first written."""
    sales = world.add_group("Sales")

    ids = world.apply(make_writes(new_groups=[(-1, "SALES")]))

    assert ids.groups.rows() == [(-1, sales)]
    assert rows_of(Group, world, "name") == [("Sales",)]


def test_a_person_may_be_created_inactive(world: World) -> None:
    """Somebody who is inactive from the start carries the moment."""
    world.apply(make_writes(creates=[new_person(2, "ana", is_active=False), new_person(3, "bo")]))

    assert [world.learner(n).deactivated_at for n in (1, 2)] == [MONDAY, None]


@pytest.mark.parametrize("title", [None, "", "\\N", "\\.", "a\n\\.\nb", 'say "hi", twice', "a\r\nb", " ", "null", "\t"])
def test_every_text_arrives_as_it_is(world: World, title: str | None) -> None:
    """NULL, the empty string and everything that looks like COPY's own signs stay what they are."""
    world.apply(make_writes(creates=[new_person(2, "ana", work_title=title, profile_description=title)]))

    learner = Learner.objects.get(organization_id=world.id, id=1)
    assert (learner.work_title, learner.profile_description) == (title, title)


@pytest.mark.parametrize(
    ("writes", "column"),
    [
        (make_writes(memberships=[(-9, 1, 0, 1)]), "learner_id"),
        (make_writes(creates=[new_person(2, "ana")], memberships=[(-2, -4, 0, 1)]), "group_id"),
        (make_writes(creates=[new_person(2, "ana", manager_id=-9)]), "manager_id"),
    ],
    ids=["learner", "group", "manager"],
)
def test_a_provisional_id_that_nothing_creates_is_refused(world: World, writes: object, column: str) -> None:
    """No id below zero reaches the database."""
    with pytest.raises(UnknownProvisionalId) as refused:
        world.apply(writes)  # type: ignore[arg-type]

    assert refused.value.column == column
    assert rows_of(Learner, world, "id") == []
