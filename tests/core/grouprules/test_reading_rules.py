"""Rules as JSON and as text: what is read, and where a fault is said to be."""

from typing import Any

import pytest
from hypothesis import given

from orgsync.core.grouprules.conditions import RuleError
from orgsync.core.grouprules.parsing import parse_rule, to_json
from orgsync.core.grouprules.where import parse_where
from orgsync.core.grouprules.wording import Names, worded
from tests.core.grouprules.rule_world import rules


@given(rules())
def test_rule_survives_json_and_text(rule: Any) -> None:
    """
    What is stored and what is shown mean the rule that was made.
    """
    assert parse_rule(to_json(rule)) == rule
    assert worded(parse_where(worded(rule))) == worded(rule)


@pytest.mark.parametrize(
    ("value", "where", "problem"),
    [
        ([], "", "A condition is an object"),
        ({}, "", "A condition is an object"),
        ({"some": []}, "some", "is no condition"),
        ({"depth": 2}, "depth", "is no condition"),
        ({"all": []}, "all", "a list with something in it"),
        ({"all": [{"attribute": "x", "is": "y"}]}, "all[0].attribute", "no attribute x"),
        ({"any": [{"not": {"attribute": "work_title", "is": 3}}]}, "any[0].not.is", "a text"),
        ({"attribute": "work_title"}, "", "Say one thing of work_title"),
        ({"attribute": "work_title", "is": "a", "contains": "b"}, "", "Say one thing of work_title"),
        ({"attribute": "work_title", "is": ""}, "is", "a text of 1"),
        ({"attribute": "work_title", "is_empty": False}, "is_empty", "Write true"),
        ({"attribute": "work_title", "before": "2024-01-01"}, "before", "holds no dates"),
        ({"attribute": "start_date", "after": "yesterday"}, "after", "is no date"),
        ({"attribute": "start_date", "one_of": ["2024-01-01", "x"]}, "one_of[1]", "is no date"),
        ({"attribute": "status", "is": "gone"}, "is", "active or inactive"),
        ({"attribute": "status", "contains": "act"}, "contains", "is, is_not or one_of"),
        ({"attribute": "attribute_", "is": "x"}, "attribute", "no attribute attribute_"),
        ({"member_of": ["A", 0]}, "member_of[1]", "a name or an id"),
        ({"member_of": [True]}, "member_of[0]", "a name or an id"),
        ({"member_of": "A"}, "member_of", "a list"),
        ({"under_manager": 1, "depth": 0}, "depth", "a number from 1"),
        ({"all": [{"under_manager": 1, "depth": "2"}]}, "all[0].depth", "a number from 1"),
        ({"member_of": ["A"], "license": ["B"]}, "", "asks one thing"),
    ],
)
def test_fault_is_told_with_its_place(value: object, where: str, problem: str) -> None:
    """
    The place leads through the tree to the value that is wrong.
    """
    with pytest.raises(RuleError, match=problem) as caught:
        parse_rule(value)

    assert caught.value.where == where


def test_rule_cannot_be_nested_without_end() -> None:
    """
    Neither as JSON nor as text.
    """
    value: Any = {"attribute": "work_title", "is": "Cook"}
    for _ in range(12):
        value = {"not": value}

    with pytest.raises(RuleError, match="nested"):
        parse_rule(value)
    with pytest.raises(RuleError, match="nested"):
        parse_where("(" * 5_000 + 'work_title = "Cook"' + ")" * 5_000)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('work_title = "Cook"', {"attribute": "work_title", "is": "Cook"}),
        ('work_title != "a ""b"""', {"attribute": "work_title", "is_not": 'a "b"'}),
        ("end_date is not empty", {"not": {"attribute": "end_date", "is_empty": True}}),
        ('"attribute_cost center" in ("1","2")', {"attribute": "attribute_cost center", "one_of": ["1", "2"]}),
        ('member_of "A"', {"member_of": ["A"]}),
        ("under_manager 7 depth 2", {"under_manager": 7, "depth": 2}),
        ('LICENSE IN ("x")', None),
        (
            'not work_title = "a" and (status = "active" or start_date after "2024-01-01")',
            {
                "all": [
                    {"not": {"attribute": "work_title", "is": "a"}},
                    {
                        "any": [
                            {"attribute": "status", "is": "active"},
                            {"attribute": "start_date", "after": "2024-01-01"},
                        ]
                    },
                ]
            },
        ),
    ],
)
def test_text_is_read_as_json(text: str, value: Any) -> None:
    """
    The text form says nothing that JSON cannot say; its words are written in lower case.
    """
    if value is None:
        with pytest.raises(RuleError):
            parse_where(text)
    else:
        assert parse_where(text) == parse_rule(value)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "character 1"),
        ("work_title", "character 11"),
        ("work_title = Cook", "character 14"),
        ('work_title = "Cook', "character 13"),
        ('work_title = "Cook" "x"', "character 21"),
        ('(work_title = "Cook"', "character 21"),
        ('work_title ~ "Cook"', "character 11"),
        ('member_of ("A",)', "character 16"),
    ],
)
def test_fault_in_text_is_told_with_its_character(text: str, where: str) -> None:
    """
    Where a person should look.
    """
    with pytest.raises(RuleError) as caught:
        parse_where(text)

    assert caught.value.where == where


def test_ids_are_shown_by_name() -> None:
    """
    An id that has no name is shown as it is.
    """
    rule = parse_where("member_of (1, 2) and license in (3) and under_manager 4")

    text = worded(rule, Names(groups={1: "Sales"}, pools={3: "license_x_status"}, learners={4: "bo@example.com"}))

    assert text == 'member_of ("Sales", 2) and license in ("license_x_status") and under_manager "bo@example.com"'
