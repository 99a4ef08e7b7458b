"""Undo and rule groups: memberships, rules and groups go back together."""

from datetime import timedelta

from orgsync.core.model import JobStatus
from orgsync.server.directory.models import Group
from orgsync.server.uploads.ruleedits import delete_rule_group
from tests.server.pipeline.pipeline_world import MONDAY, World
from tests.server.pipeline.rule_world import STAFF, members, send_changes, set_rule, undo


def test_undo_of_a_move_takes_the_rule_memberships_back(world: World) -> None:
    """Values and memberships go back together, and a rule agrees with them."""
    world.send(STAFF)
    set_rule(world, "Sales people", 'department_name = "Sales"')
    job = send_changes(world, "unique_user_id,department_name\nE2,Ops\nE3,Sales\n")
    assert members(world, "Sales people") == {"ana": "rule", "cy": "rule"}

    undone = undo(world, job)

    assert undone.status == JobStatus.DONE
    assert members(world, "Sales people") == {"ana": "rule", "bo": "rule"}


def test_undo_of_a_rule_brings_the_old_one_back(world: World) -> None:
    """Rule and members; of a group that the job made nothing stays."""
    world.send(STAFF)
    first = set_rule(world, "People", 'department_name = "Sales"')
    second = set_rule(world, "People", 'department_name = "Sales" and country_code = "DE"')
    assert members(world, "People") == {"bo": "rule"}

    undo(world, second)

    assert members(world, "People") == {"ana": "rule", "bo": "rule"}
    assert Group.objects.get(**world.mine).rule == {"attribute": "department_name", "is": "Sales"}

    undo(world, first)

    assert "groups" not in world.state


def test_undo_leaves_a_rule_alone_that_was_changed_since(world: World) -> None:
    """Whoever changed it last counts."""
    world.send(STAFF)
    set_rule(world, "People", 'department_name = "Sales"')
    second = set_rule(world, "People", 'country_code = "PT"')
    set_rule(world, "People", 'country_code = "DE"')

    undo(world, second)

    assert Group.objects.get(**world.mine).rule == {"attribute": "country_code", "is": "DE"}
    assert members(world, "People") == {"bo": "rule", "cy": "rule"}


def test_undo_of_a_deletion_brings_group_and_rule_back(world: World) -> None:
    """And undoing that undo deletes it again."""
    world.send(STAFF)
    set_rule(world, "People", 'department_name = "Sales"')
    later = MONDAY + timedelta(days=1)
    deletion = world.run(delete_rule_group(world.organization, "People", by=world.owner, now=later), now=later)

    back = undo(world, deletion)

    assert members(world, "People") == {"ana": "rule", "bo": "rule"}
    assert world.state["rule_groups"] == ["People"]

    undo(world, back)

    assert "groups" not in world.state


def test_undo_gives_a_group_back_to_files(world: World) -> None:
    """A rule that took a group over goes, and the memberships by file are there again."""
    world.send(STAFF)
    send_changes(world, "unique_user_id,groups\nE3,Team\nE4,Team\n")
    taken = set_rule(world, "Team", 'department_name = "Sales"')

    undo(world, taken)

    assert members(world, "Team") == {"cy": "file", "di": "file"}
    assert "rule_groups" not in world.state
