"""What people do to groups by hand: make, rename, remove them, end a rule, put in and keep out."""

from datetime import timedelta
from typing import Any

import pytest

from orgsync.core.edits import Edit
from orgsync.core.grouprules.where import parse_where
from orgsync.core.model import JobStatus
from orgsync.server.directory.models import Group
from orgsync.server.uploads.edits import edit_people
from orgsync.server.uploads.groupedits import GroupRefused, make_group, rename_group
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.ruleedits import end_rule, preview_rule, remove_group
from tests.server.pipeline.pipeline_world import MONDAY, World, kinds
from tests.server.pipeline.rule_world import STAFF, members, send_changes, set_rule, undo


def team(world: World) -> Group:
    """The only group that there is."""
    return Group.objects.get(**world.mine)


def test_group_of_files_is_removed_and_comes_back(world: World) -> None:
    """Everybody leaves, the group goes; an undo brings both back."""
    world.send(STAFF)
    send_changes(world, "unique_user_id,groups\nE3,Team\nE4,Team\n")

    later = MONDAY + timedelta(days=1)
    held = world.run(remove_group(world.organization, team(world), by=world.owner, now=later), now=later)
    removed = world.run(world.approve(held), now=later)

    assert kinds(removed) == ["group_left", "group_left", "group_removed"]
    assert "groups" not in world.state

    undo(world, removed)

    assert members(world, "Team") == {"cy": "file", "di": "file"}


def test_rule_ends_and_the_group_stays(world: World) -> None:
    """Who was put in by hand is still in, and an undo brings the rule back."""
    world.send(STAFF)
    set_rule(world, "People", 'department_name = "Sales"')
    edit_people(world.organization, [Edit(4, "di@example.com", joins=["People"])], world.owner, clock=lambda: MONDAY)

    later = MONDAY + timedelta(days=3)
    held = world.run(end_rule(world.organization, team(world), by=world.owner, now=later), now=later)
    ended = world.run(world.approve(held), now=later)

    assert members(world, "People") == {"di": "hand"}
    assert "rule_groups" not in world.state

    undo(world, ended)

    assert members(world, "People") == {"ana": "rule", "bo": "rule", "di": "hand"}


def test_hand_puts_into_a_rule_group_and_keeps_out_of_it(world: World) -> None:
    """Whatever the rule says, and until the contrary is said or the override is lifted."""
    world.send(STAFF)
    set_rule(world, "People", 'department_name = "Sales"')

    def edit(learner: int, **what: Any) -> UploadJob:
        one = Edit(learner, STAFF.split()[learner].split(",", maxsplit=1)[0], **what)
        return edit_people(world.organization, [one], world.owner, clock=lambda: MONDAY)

    out = edit(1, leaves=["People"])
    edit(3, joins=["People"])
    send_changes(world, "unique_user_id,work_title\nE1,Cook\nE3,Cook\n")

    assert kinds(out) == ["group_left", "override_set"]
    assert members(world, "People") == {"bo": "rule", "cy": "hand"}
    asked = preview_rule(world.organization, "People", parse_where('country_code = "PT"'))
    assert (asked.count, asked.joining, asked.leaving) == (2, 1, 1)

    edit(1, lifts=[f"group:{team(world).pk}"])
    edit(3, leaves=["People"])

    assert members(world, "People") == {"ana": "rule", "bo": "rule"}


def test_renamed_group_keeps_people_rule_and_undo(world: World) -> None:
    """A file that has the former name makes a group of that name again, though the rows are the same as before."""
    world.send(STAFF)
    first = send_changes(world, "unique_user_id,groups\nE3,Team\n")
    rule = set_rule(world, "People", 'department_name = "Sales"')
    for before, after in (("Team", "Crew"), ("People", "Folk")):
        group = Group.objects.get(**world.mine, name=before)
        rename_group(world.organization, group, after, by=world.owner, now=MONDAY)

    assert members(world, "Crew") == {"cy": "file"}
    undo(world, rule)
    assert list(world.state["groups"]) == ["Crew"]

    send_changes(world, "unique_user_id,groups\nE3,Team\n")

    assert first.status == JobStatus.DONE
    assert (members(world, "Team"), members(world, "Crew")) == ({"cy": "file"}, {})


def test_group_made_by_hand_is_empty_and_has_a_name_of_its_own(world: World) -> None:
    """A name that another group has, in whatever case, is refused."""
    made = make_group(world.organization, " Cooks ", by=world.owner, now=MONDAY)

    assert (made.name, world.state["groups"]) == ("Cooks", {"Cooks": {}})
    with pytest.raises(GroupRefused, match="Cooks already"):
        make_group(world.organization, "COOKS", by=world.owner, now=MONDAY)
    with pytest.raises(GroupRefused, match="1 to 255"):
        rename_group(world.organization, made, " ", by=world.owner, now=MONDAY)
