"""Rules are saved, shown first, refused, ended and deleted: each edit is a job with a plan."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from orgsync.core.grouprules.conditions import RuleError
from orgsync.core.grouprules.where import parse_where
from orgsync.core.model import JobStatus
from orgsync.server.directory.models import Group, PastMembership
from orgsync.server.uploads.ruleedits import delete_rule_group, preview_rule, save_rule
from tests.server.pipeline.pipeline_world import MONDAY, World, hold_codes, kinds
from tests.server.pipeline.rule_world import STAFF, members, send_changes, set_rule


def test_saved_rule_fills_a_new_group(world: World) -> None:
    """The job that saves a rule makes the group, and everybody who fulfils the rule joins; text is compared folded."""
    world.send(STAFF)

    job = set_rule(world, "Sales people", 'department_name = "SALES"')

    assert job.status == JobStatus.DONE
    assert kinds(job) == ["group_joined", "group_joined", "group_created", "rule_changed"]
    assert members(world, "Sales people") == {"ana": "rule", "bo": "rule"}
    assert world.state["rule_groups"] == ["Sales people"]


def test_rule_that_empties_a_group_is_held(world: World) -> None:
    """Nothing moves and the old rule stands until somebody approves."""
    world.send(STAFF)
    set_rule(world, "Everybody", 'not (country_code = "FR")')

    held = set_rule(world, "Everybody", 'country_code = "FR"')

    assert held.status == JobStatus.HELD
    assert hold_codes(held) == ["group_removals"]
    assert len(members(world, "Everybody")) == 4
    assert Group.objects.get(**world.mine, name="Everybody").rule == {"not": {"attribute": "country_code", "is": "FR"}}

    done = world.run(world.approve(held))

    assert done.status == JobStatus.DONE
    assert members(world, "Everybody") == {}


def test_rule_takes_over_a_group_of_files(world: World) -> None:
    """Files have no say in a group that has a rule: who was in by file alone leaves, and no file puts them back."""
    world.send(STAFF)
    send_changes(world, "unique_user_id,groups\nE3,Team\nE4,Team\n")

    set_rule(world, "team", 'department_name = "Sales" or unique_user_id = "E4"')
    assert members(world, "Team") == {"ana": "rule", "bo": "rule", "di": "rule"}
    job = send_changes(world, 'unique_user_id,groups\nE3,TEAM\nE4,"Other"\n')

    assert members(world, "Team") == {"ana": "rule", "bo": "rule", "di": "rule"}
    assert [message["code"] for message in job.messages] == ["rule_group"]


def test_deleting_a_rule_group_empties_and_removes_it(world: World) -> None:
    """The deletion is a job with a plan, too."""
    world.send(STAFF)
    set_rule(world, "Sales people", 'department_name = "Sales"')

    job = world.run(delete_rule_group(world.organization, "sales people", by=world.owner, now=MONDAY))

    assert kinds(job) == ["group_left", "group_left", "rule_changed", "group_removed"]
    assert "groups" not in world.state
    assert PastMembership.objects.filter(**world.mine, until_job_id=job.pk).count() == 2


def test_group_that_another_rule_asks_about_is_not_deleted(world: World) -> None:
    """The refusal names the rule in the way."""
    world.send(STAFF)
    set_rule(world, "Inner", 'department_name = "Sales"')
    set_rule(world, "Outer", 'member_of "Inner"')

    with pytest.raises(RuleError, match="Outer"):
        delete_rule_group(world.organization, "Inner", by=world.owner, now=MONDAY)


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ('member_of "Nowhere"', "no group Nowhere"),
        ('license in ("license_french_status")', "no license pool"),
        ('under_manager "zoe@example.com"', "no person zoe"),
        ('attribute_office = "Lisbon"', "no attribute attribute_office"),
        ('member_of "Outer"', "circle"),
    ],
)
def test_rule_that_names_nothing_is_refused(world: World, where: str, says: str) -> None:
    """What does not exist, and a circle of rules, is said before any job is made."""
    world.send(STAFF)
    set_rule(world, "Inner", 'department_name = "Sales"')
    set_rule(world, "Outer", 'member_of "Inner"')

    with pytest.raises(RuleError, match=says):
        save_rule(world.organization, "Inner", parse_where(where), by=world.owner, now=MONDAY)


def test_two_waiting_edits_cannot_close_a_circle(world: World) -> None:
    """Each was fine when it was saved; the second to run fails with a reason, and changes nothing."""
    world.send(STAFF)
    set_rule(world, "A", 'department_name = "Sales"')
    set_rule(world, "B", 'department_name = "Sales"')
    first = save_rule(world.organization, "A", parse_where('member_of "B"'), by=world.owner, now=MONDAY)
    second = save_rule(world.organization, "B", parse_where('member_of "A"'), by=world.owner, now=MONDAY)

    assert world.run(first).status == JobStatus.DONE
    failed = world.run(second)

    assert (failed.status, failed.reason_code) == (JobStatus.FAILED, "rule_circle")
    assert members(world, "B") == {"ana": "rule", "bo": "rule"}


def test_preview_counts_and_changes_nothing(world: World) -> None:
    """Who would be in, join and leave."""
    world.send(STAFF)
    set_rule(world, "Sales people", 'department_name = "Sales"')
    before = world.revision

    found = preview_rule(world.organization, "Sales people", parse_where('country_code = "DE"'))

    assert (found.count, found.joining, found.leaving) == (2, 1, 1)
    assert [one.primary_email_address for one in found.joining_sample] == ["cy@example.com"]
    assert [one.primary_email_address for one in found.leaving_sample] == ["ana@example.com"]
    assert world.revision == before


def test_statements_do_not_grow_with_people(make: Callable[..., World]) -> None:
    """Judging a rule for more people takes no more statements."""
    small, large = make("Small"), make("Large")
    small.send(STAFF)
    large.send(STAFF + "\n".join(f"    p{number}@example.com,P{number},Sales,PT,active," for number in range(60)))

    counts = [statements_of(world) for world in (small, large)]

    assert counts[0] == counts[1]
    assert len(members(large, "Sales people")) == 62


def statements_of(world: World) -> int:
    """Count the statements of a job that saves a rule."""
    count = 0

    def counting(execute: Any, *call: Any) -> Any:
        nonlocal count
        count += 1
        return execute(*call)

    with connection.execute_wrapper(counting):
        set_rule(world, "Sales people", 'department_name = "Sales"')
    return count


def test_plan_of_a_rule_may_be_asked_for_first(world: World) -> None:
    """It waits for a word when it moves anybody, and for nobody's when it does not."""
    world.send(STAFF)
    rule = parse_where('department_name = "Sales"')

    held = world.run(save_rule(world.organization, "People", rule, by=world.owner, now=MONDAY, asks_first=True))
    asked = (held.status, hold_codes(held))
    done = world.run(world.approve(held))
    again = world.run(save_rule(world.organization, "People", rule, by=world.owner, now=MONDAY, asks_first=True))

    assert asked == (JobStatus.HELD, ["bulk_edit"])
    assert done.status == again.status == JobStatus.DONE
    assert members(world, "People") == {"ana": "rule", "bo": "rule"}
