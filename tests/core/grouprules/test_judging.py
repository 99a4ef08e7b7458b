"""Who fulfils a rule."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orgsync.core.grouprules.book import in_order
from orgsync.core.grouprules.conditions import Condition, MemberOf, RuleError
from orgsync.core.grouprules.explaining import matching_parts
from orgsync.core.grouprules.judging import World, reports_of, rule_members
from orgsync.core.grouprules.where import parse_where
from orgsync.core.grouprules.wording import worded
from tests.core.grouprules.rule_world import Person, holds, people, rules, world_of

ANA = {"learner_id": 1, "is_active": True, "department_name": "Straße", "start_date": "2024-02-01"}
BO = {"learner_id": 2, "is_active": True, "department_name": "sales EMEA", "manager_id": 1, "pools": {1}}
CY = {"learner_id": 3, "is_active": True, "manager_id": 2, "attribute_office": "2023-05-01", "groups": {1}}
GONE = {"learner_id": 4, "is_active": False, "department_name": "Straße", "manager_id": 1}


def members(where: str, *some: Person) -> list[int]:
    found = rule_members({9: parse_where(where)}, world_of(list(some or (ANA, BO, CY, GONE))))
    return found["learner_id"].sort().to_list()


@pytest.mark.parametrize(
    ("where", "inside"),
    [
        ('department_name = "STRASSE"', [1]),
        ('department_name != "strasse"', [2, 3]),
        ('department_name in ("Strasse", "Sales emea")', [1, 2]),
        ('department_name starts_with "SALES"', [2]),
        ('department_name contains "emea"', [2]),
        ('department_name contains "."', []),
        ("department_name is empty", [3]),
        ("department_name is not empty", [1, 2]),
        ('start_date before "2024-02-02"', [1]),
        ('start_date before "2024-02-01"', []),
        ('start_date after "2024-01-31"', [1]),
        ('attribute_office before "2024-01-01"', [3]),
        ('attribute_nowhere = "x"', []),
        ("attribute_nowhere is empty", [1, 2, 3]),
        ('status = "active"', [1, 2, 3]),
        ('status = "inactive"', []),
        ("license in (1, 2)", [2]),
        ("member_of 1", [3]),
        ("under_manager 1", [2, 3]),
        ("under_manager 1 depth 1", [2]),
        ("under_manager 3", []),
        ('under_manager 1 and not department_name is empty or start_date = "2024-02-01"', [1, 2]),
    ],
)
def test_operator(where: str, inside: list[int]) -> None:
    """
    Text is compared folded, an empty value is never equal to a text, and inactive people are never members.
    """
    assert members(where) == inside


def test_unique_user_ids_are_compared_as_they_are() -> None:
    """
    Their case counts everywhere else, too.
    """
    assert members('unique_user_id = "e1"', ANA | {"unique_user_id": "E1"}, BO | {"unique_user_id": "e1"}) == [2]


def test_custom_attribute_that_is_no_date_is_on_neither_side() -> None:
    """
    Nothing can be said of it.
    """
    one = CY | {"attribute_office": "soon"}

    assert members('attribute_office before "2024-01-01" or attribute_office after "2024-01-01"', one) == []


def test_loop_of_managers_ends() -> None:
    """
    Everybody in the loop is below everybody else, and nobody below themselves.
    """
    links = pl.DataFrame({"learner_id": [1, 2, 3, 4], "manager_id": [3, 1, 2, 3]})

    assert sorted(reports_of(links, pl.Series([1]))) == [2, 3, 4]
    assert sorted(reports_of(links, pl.Series([1]), 1)) == [2]


def test_groups_are_judged_after_those_they_ask_about() -> None:
    """
    A nested group counts with all of its members, also those who are in it for another reason.
    """
    rule = {7: parse_where("member_of 8"), 8: parse_where("member_of 9"), 9: parse_where('department_name = "strasse"')}
    world = world_of([ANA, BO, CY | {"groups": {8}}, GONE])

    found = rule_members(rule, world)

    assert sorted(found.rows()) == [(1, 7), (1, 8), (1, 9), (3, 7)]


def test_circle_of_rules_is_refused() -> None:
    """
    The message names the groups on the way.
    """
    with pytest.raises(RuleError, match=r"circle: 1 → 2 → 1|circle: 2 → 1 → 2"):
        in_order({1: MemberOf((2,)), 2: MemberOf((1,))})


def test_who_was_taken_out_by_hand_is_no_member() -> None:
    """
    Neither in the group nor, by it, in those around it.
    """
    plain = world_of([ANA, BO])
    world = World(plain.people, denied=pl.DataFrame({"learner_id": [1], "group_id": [8]}))
    rule = {7: parse_where("member_of 8"), 8: parse_where("department_name is not empty")}

    found = rule_members(rule, world)

    assert sorted(found.rows()) == [(2, 7), (2, 8)]


@settings(max_examples=150, deadline=None)
@given(st.data(), people())
def test_judging_equals_a_plain_model(data: Any, some: list[Person]) -> None:
    """
    For any rules, nested in each other, and any people.
    """
    inner: Condition = data.draw(rules())
    outer: Condition = data.draw(rules((1, 2, 11)))
    everybody = {one["learner_id"]: one for one in some}
    inside = {(one["learner_id"], group) for one in some for group in one["groups"]}
    expected = set()
    for group, rule in ((11, inner), (12, outer)):
        found = {(n, group) for n, one in everybody.items() if one["is_active"] and holds(rule, one, everybody, inside)}
        expected |= found
        inside |= found

    assert set(rule_members({12: outer, 11: inner}, world_of(some)).rows()) == expected


@settings(max_examples=60, deadline=None)
@given(rules(), people())
def test_explanation_holds_when_the_rule_does(rule: Condition, some: list[Person]) -> None:
    """
    What is left of a rule in its explanation is enough for the rule to hold.
    """
    world = world_of(some)
    for one in some:
        mine = World(world.people.filter(learner_id=one["learner_id"]), world.links, world.memberships)
        is_member = rule_members({9: rule}, mine).height == 1

        found = matching_parts(rule, mine)

        assert not is_member or found is not None
        assert found is None or matching_parts(found, mine) == found


def test_explanation_leaves_out_what_does_not_hold() -> None:
    """
    Of several alternatives the one that counts is shown.
    """
    rule = parse_where('(department_name = "Ops" or department_name contains "stra") and not license in (1)')

    found = matching_parts(rule, world_of([ANA]))

    assert found is not None
    assert worded(found) == 'department_name contains "stra" and not (license in (1))'
