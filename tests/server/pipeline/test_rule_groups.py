"""Files move people between rule groups: joiners, leavers, moves, nested groups, and why somebody is in one."""

from typing import Any

import pytest

from orgsync.core.model import JobStatus
from orgsync.server.directory.models import Membership, PastMembership
from orgsync.server.directory.rulegroups import GroupUnknown, list_groups, why_member
from orgsync.server.uploads.decisions import approve_job
from orgsync.server.uploads.models import UploadJob
from tests.server.pipeline.pipeline_world import MONDAY, World, kinds
from tests.server.pipeline.rule_world import STAFF, members, send_changes, set_rule


def test_change_of_department_moves_between_rule_groups(world: World) -> None:
    """Leaving one and joining the other is part of the same job's plan, with the row that causes it."""
    world.send(STAFF)
    set_rule(world, "Sales people", 'department_name = "Sales"')
    set_rule(world, "Ops people", 'department_name = "Ops"')

    job = send_changes(world, "unique_user_id,department_name\nE2,Ops\n")

    assert kinds(job) == ["value_changed", "group_joined", "group_left"]
    assert job.updated_count == 1
    assert members(world, "Sales people") == {"ana": "rule"}
    assert members(world, "Ops people") == {"bo": "rule", "cy": "rule", "di": "rule"}


def test_joiner_joins_and_leaver_leaves(world: World) -> None:
    """Only active people are members by rule."""
    world.send(STAFF)
    set_rule(world, "Sales people", 'department_name = "Sales"')

    send_changes(
        world,
        """
        primary_email_address,unique_user_id,department_name,worker_status
        ed@example.com,E5,Sales,active
        ana@example.com,E1,Sales,inactive
        """,
    )

    assert members(world, "Sales people") == {"bo": "rule", "ed": "rule"}


def test_new_manager_moves_everybody_below(world: World) -> None:
    """People whom no row names join and leave with the team that is moved."""
    world.send(STAFF)
    set_rule(world, "Under Ana", 'under_manager "ana@example.com"')
    assert members(world, "Under Ana") == {"bo": "rule", "cy": "rule", "di": "rule"}

    send_changes(world, "unique_user_id,manager_unique_user_id\nE2,#CLEAR#\n")

    assert members(world, "Under Ana") == {"di": "rule"}


def test_unnamed_leaver_of_a_full_file_leaves_rule_groups(world: World) -> None:
    """Absence makes a leaver, and a leaver is in no rule group."""
    world.send(STAFF)
    set_rule(world, "Sales people", 'department_name = "Sales"')

    world.send("\n".join(STAFF.split("\n")[:2] + STAFF.split("\n")[3:]))

    assert members(world, "Sales people") == {"bo": "rule"}


def test_nested_group_follows_the_groups_inside(world: World) -> None:
    """A rule may ask for members of groups by file and of other rule groups."""
    world.send(STAFF)
    send_changes(world, "unique_user_id,groups\nE4,Cooks\n")
    set_rule(world, "Sales people", 'department_name = "Sales"')
    set_rule(world, "All", 'member_of ("Sales people", "Cooks")')
    assert members(world, "All") == {"ana": "rule", "bo": "rule", "di": "rule"}

    job = send_changes(world, 'unique_user_id,department_name,groups\nE2,Ops,\nE3,Sales,\nE4,,","\n')
    if job.status == JobStatus.HELD:
        job = world.run(world.approve(job))

    assert members(world, "All") == {"ana": "rule", "cy": "rule"}


def test_rule_leaves_memberships_by_hand_alone(world: World) -> None:
    """One row a person and group: a reason goes, another stays, and both spans are there."""
    world.send(STAFF)
    set_rule(world, "Sales people", 'department_name = "Sales"')
    world.write(Membership, {"reasons": 6}, learner_id=2)

    send_changes(world, "unique_user_id,department_name\nE2,Ops\n")

    assert members(world, "Sales people") == {"ana": "rule", "bo": "hand"}
    ended = PastMembership.objects.get(**world.mine, learner_id=2)
    assert (ended.reasons, ended.until_job_id) == (6, UploadJob.objects.filter(**world.mine).latest("id").pk)


def test_custom_attributes_and_licenses_count(world: World) -> None:
    """A rule may ask for attributes that the file at hand does not carry."""
    world.send(
        """
        primary_email_address,unique_user_id,attribute_office,license_english_status
        ana@example.com,E1,Lisbon,active
        bo@example.com,E2,Lisbon,
        """
    )
    set_rule(world, "Lisbon", 'attribute_office = "lisbon" and license in ("license_english_status")')
    assert members(world, "Lisbon") == {"ana": "rule"}

    send_changes(world, "unique_user_id,license_english_status\nE2,active\n")

    assert members(world, "Lisbon") == {"ana": "rule", "bo": "rule"}


def test_same_file_again_changes_nothing(world: World) -> None:
    """With rule groups too."""
    world.send(STAFF)
    set_rule(world, "Sales people", 'department_name = "Sales" and under_manager "E1"')

    job = world.send(STAFF)

    assert kinds(job) == []
    assert members(world, "Sales people") == {"bo": "rule"}


def test_additions_now_leave_rule_groups_for_later(world: World) -> None:
    """Nobody is taken out of a rule group before the rest of the file is approved; then everybody is judged."""
    world.send(STAFF)
    set_rule(world, "Under Ana", 'under_manager "E1"')
    set_rule(world, "Ops people", 'department_name = "Ops"')
    world.set_feed(guards={"values_changed": {"number": 0, "percent": 0}, "leavers": {"cap": 0}})
    held = world.send(
        """
        primary_email_address,unique_user_id,department_name,country_code,worker_status,manager_unique_user_id
        ana@example.com,E1,Sales,PT,active,
        bo@example.com,E2,Sales,DE,active,E4
        cy@example.com,E3,Sales,DE,active,E2
        di@example.com,E4,Sales,PT,inactive,E3
        """
    )
    assert held.status == JobStatus.HELD
    approve_job(world.stored(held), by=world.owner, now=MONDAY, additions_only=True)

    world.run(world.stored(held))
    assert members(world, "Ops people") == {"cy": "rule", "di": "rule"}
    rest = world.stored(UploadJob.objects.get(**world.mine, rest_of=held))
    world.run(world.approve(rest))

    assert members(world, "Ops people") == {}
    assert members(world, "Under Ana") == {}


def test_partial_reading_judges_those_it_reads(world: World, settings: Any) -> None:
    """A small file that is planned against a few people moves the same people between rule groups."""
    settings.SHORTCUTS = "always"
    world.send(STAFF)
    set_rule(world, "Sales people", 'department_name = "Sales"')

    job = send_changes(world, "unique_user_id,department_name\nE2,Ops\n")

    assert kinds(job) == ["value_changed", "group_left"]
    assert members(world, "Sales people") == {"ana": "rule"}


def test_why_tells_reasons_and_nested_groups(world: World) -> None:
    """Each group on the way, with the parts of its rule that hold."""
    world.send(STAFF)
    send_changes(world, "unique_user_id,groups\nE3,Cooks\n")
    set_rule(world, "Team", 'under_manager "ana@example.com" or department_name = "None"')
    set_rule(world, "All", 'member_of ("Team", "Cooks") and country_code in ("DE")')

    found = why_member(world.id, "cy@example.com", "all")

    assert (found.group, found.reasons) == ("All", ("rule",))
    assert found.rule == 'member_of ("Team", "Cooks") and country_code in ("DE")'
    assert [(inner.group, inner.reasons, inner.rule) for inner in found.through] == [
        ("Cooks", ("file",), ""),
        ("Team", ("rule",), 'under_manager "ana@example.com"'),
    ]
    assert why_member(world.id, "E1", "All").reasons == ()
    with pytest.raises(GroupUnknown, match="zoe"):
        why_member(world.id, "zoe@example.com", "All")
    assert [(line.name, line.has_rule, line.members) for line in list_groups(world.id)] == [
        ("All", True, 2),
        ("Cooks", False, 1),
        ("Team", True, 3),
    ]
