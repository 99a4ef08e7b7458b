"""Finding people: what a search means, pages that lead on and back, and what a page costs."""

from dataclasses import replace

import pytest
from directory_world import MONDAY, World, make_world, make_writes, new_person
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orgsync.core.directory import REASON_FILE, REASON_HAND
from orgsync.server.directory import queries
from orgsync.server.directory.criteria import NONE, Criteria
from orgsync.server.directory.models import CustomAttribute, Learner
from orgsync.server.directory.queries import Order, choices_of, find_page, groups_of, licenses_of

NAMES = {
    "ana": ("Ana", "Silva"),
    "zoe": ("Zoë", "van der Berg"),
    "bo": ("Bo", "ŞAHIN"),
    "maria": ("Maria José", "Garcia"),
    "nobody": (None, None),
}


@pytest.fixture
def company(world: World) -> World:
    """Five people: ids 1 to 5 in the order of NAMES."""
    people = [
        new_person(row, name, preferred_first_name=first, preferred_last_name=last, unique_user_id=f"AB-{row}")
        for row, (name, (first, last)) in enumerate(NAMES.items(), 2)
    ]
    world.apply(make_writes(creates=people))
    return world


def found(world: World, **criteria: object) -> list[str]:
    """Return the addresses, up to @, of everybody who is meant."""
    page = find_page(world.id, Criteria(**criteria), Order())  # type: ignore[arg-type]
    assert page.count == len(page.people)
    return [person.primary_email_address.split("@")[0] for person in page.people]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("an", ["ana"]),
        ("SIL", ["ana"]),
        ("şahin", ["bo"]),
        ("zoë", ["zoe"]),
        ("maria@", ["maria"]),
        ("ab-3", ["zoe"]),
        ("silva ana", ["ana"]),
        ("an si", ["ana"]),
        ("ana garcia", []),
        ("van der b", ["zoe"]),
        ("zo van der berg", ["zoe"]),
        ("maria josé gar", ["maria"]),
        ("ilva", []),
        ("%", []),
        ("  ", ["nobody", "maria", "ana", "zoe", "bo"]),
    ],
)
def test_words_begin_names_addresses_and_ids(company: World, text: str, expected: list[str]) -> None:
    """Case does not count; all words must fit; a name may have several words."""
    assert found(company, text=text) == expected


def test_an_id_is_found_as_typed_and_in_either_case(company: World) -> None:
    """Ids are case sensitive, people who type are not."""
    Learner.objects.filter(organization_id=company.id, id=1).update(unique_user_id="E7")

    assert found(company, text="e7") == ["ana"]
    assert found(company, text="E7") == ["ana"]


def test_a_new_name_is_found_and_the_old_one_is_not(company: World) -> None:
    """An update writes the keys of the names that it has; a name that is emptied has an empty key."""
    company.apply(make_writes(updates=[{"learner_id": 1, "row_number": 2, "preferred_last_name": "Öz"}]))
    company.apply(make_writes(updates=[{"learner_id": 3, "row_number": 2, "preferred_first_name": None}]))

    assert found(company, text="öz") == ["ana"]
    assert found(company, text="silva") == []
    assert company.learner(3).first_name_key == ""
    assert company.learner(1).first_name_key == "ana"


def test_filters_narrow(company: World) -> None:
    """Group, license, feed, status, department and any attribute."""
    group, pool = company.add_group("Cooks"), company.add_pool()
    company.apply(
        make_writes(
            updates=[{"learner_id": 1, "row_number": 2, "department_name": "Kitchen", "attribute_floor": "2"}],
            memberships=[(1, group, 0, REASON_FILE), (3, group, 0, REASON_HAND)],
            licenses=[(3, pool, None, "active", None), (4, pool, None, "waiting", 1)],
            claims=[(5, True)],
        )
    )

    leaver = {"learner_id": 2, "row_number": 3, "is_active": False, "start_date": "2026-03-02"}
    company.apply(make_writes(updates=[leaver]))

    assert found(company, group_id=group) == ["ana", "bo"]
    assert found(company, pool_id=pool) == ["maria", "bo"]
    assert found(company, pool_id=pool, license_state="waiting") == ["maria"]
    assert found(company, license_state="active") == ["bo"]
    assert found(company, license_state=NONE) == ["nobody", "maria", "ana", "zoe"]
    assert found(company, feed_id=company.feed.pk) == ["nobody"]
    assert "nobody" not in found(company, is_unclaimed=True)
    assert found(company, is_active=False) == ["zoe"]
    assert found(company, department="Kitchen") == ["ana"]
    assert found(company, attribute="attribute_floor", value="2") == ["ana"]
    assert found(company, attribute="start_date", value="2026-03-02") == ["zoe"]
    assert found(company, attribute="department_name") == ["nobody", "maria", "zoe", "bo"]
    assert found(company, text="an", group_id=group, is_active=True) == ["ana"]


@pytest.mark.parametrize("key", queries.SORT_COLUMNS)
@pytest.mark.parametrize("is_descending", [False, True])
@pytest.mark.parametrize("counted", [10_000, 2, 0])
def test_pages_lead_through_everybody_and_back(
    company: World, monkeypatch: pytest.MonkeyPatch, key: str, is_descending: bool, counted: int
) -> None:
    """In every order, of few people as of many."""
    monkeypatch.setattr(queries, "COUNTED", counted)
    order, here = Order(key, is_descending), Criteria(text="ab-")
    whole = [person.id for person in find_page(company.id, here, order).people]

    pages = [find_page(company.id, here, order, size=2)]
    while pages[-1].after is not None:
        pages.append(find_page(company.id, here, order, size=2, after=pages[-1].after))
    back = [pages[-1]]
    while back[-1].before is not None:
        back.append(find_page(company.id, here, order, size=2, before=back[-1].before))

    assert [person.id for page in pages for person in page.people] == whole
    assert sorted(whole) == [1, 2, 3, 4, 5]
    assert [person.id for person in back[1].people] == whole[2:4]
    assert back[-1].people[0].id == whole[0]
    assert pages[0].before is None


@pytest.mark.parametrize("walked", [2, 20_000])
@pytest.mark.parametrize("rare", [0, 30_000])
def test_however_a_page_is_sought_it_is_the_same(
    company: World, monkeypatch: pytest.MonkeyPatch, walked: int, rare: int
) -> None:
    """Walking, sorting what is rare, and taking each way of fitting by itself find the same people."""
    few = find_page(company.id, Criteria(text="ab"), Order(), size=2, after=4)
    monkeypatch.setattr(queries, "COUNTED", 0)
    monkeypatch.setattr(queries, "WALKED", walked)
    monkeypatch.setattr(queries, "RARE", rare)

    many = find_page(company.id, Criteria(text="ab"), Order(), size=2, after=4)

    assert many.is_more
    assert replace(many, count=few.count) == few
    assert [person.id for person in many.people] == [1, 2]


def test_a_place_that_is_gone_leads_to_the_first_page(company: World) -> None:
    """The person may have been erased meanwhile."""
    page = find_page(company.id, Criteria(), Order(), after=99)

    assert page.people[0].id == 5
    assert page.before is None


def test_whatever_touches_a_person_moves_them_to_the_newest(committed_world: World) -> None:
    """A membership counts as a change; to read or to claim does not."""
    committed_world.add_people("ana", "bo", "cy")
    group = committed_world.add_group("Cooks")
    committed_world.apply(make_writes(memberships=[(1, group, 0, REASON_HAND)], claims=[(2, True)]))

    page = find_page(committed_world.id, Criteria(), Order("change", is_descending=True))

    assert [person.id for person in page.people] == [1, 3, 2]


def test_nobody_sees_people_of_another_organization(company: World) -> None:
    """Neither by search nor by a place, a group or a name beside a page."""
    other = make_world("Globex")
    group = company.add_group("Cooks")
    company.apply(make_writes(memberships=[(1, group, 0, REASON_HAND)]))
    CustomAttribute.objects.create(organization=company.organization, name="attribute_floor", created_at=MONDAY)

    assert found(other, text="ana") == []
    assert found(other, group_id=group) == []
    assert find_page(other.id, Criteria(), Order(), after=1).people == []
    assert groups_of(other.id, [1]) == licenses_of(other.id, [1]) == {}
    assert choices_of(other.id).groups == choices_of(other.id).custom_attributes == []


def test_departments_are_suggested_once_each(company: World) -> None:
    """In order, without those of nobody."""
    updates = [
        {"learner_id": learner, "row_number": learner, "department_name": name}
        for learner, name in ((1, "Kitchen"), (2, "Bar"), (3, "Kitchen"))
    ]
    company.apply(make_writes(updates=updates))

    assert choices_of(company.id).departments == ["Bar", "Kitchen"]


def test_a_page_costs_as_many_statements_for_one_person_as_for_many(world: World) -> None:
    """The number of statements does not grow with the number of people."""
    world.add_people("ana")
    with CaptureQueriesContext(connection) as for_one:
        find_page(world.id, Criteria(text="a"), Order())
    world.add_people(*(f"a{number}" for number in range(60)))

    with CaptureQueriesContext(connection) as for_many:
        page = find_page(world.id, Criteria(text="a"), Order())

    assert len(page.people) == queries.PAGE_SIZE
    assert len(for_many) == len(for_one)
