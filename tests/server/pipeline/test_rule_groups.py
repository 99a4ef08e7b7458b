"""Rule groups through the whole pipeline: files, rule edits, guards, spans, undo."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from orgsync.core.edits import Edit
from orgsync.core.grouprules.conditions import RuleError
from orgsync.core.grouprules.where import parse_where
from orgsync.core.model import JobStatus, Mode
from orgsync.server.directory.models import Group, Membership, PastMembership
from orgsync.server.directory.rulegroups import GroupUnknown, list_groups, why_member
from orgsync.server.uploads.decisions import approve_job
from orgsync.server.uploads.edits import edit_people
from orgsync.server.uploads.groupedits import GroupRefused, make_group, rename_group
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.ruleedits import delete_rule_group, end_rule, preview_rule, remove_group, save_rule
from orgsync.server.uploads.undoing import start_undo
from tests.server.pipeline.pipeline_world import MONDAY, World, hold_codes, kinds

STAFF = """
    primary_email_address,unique_user_id,department_name,country_code,worker_status,manager_unique_user_id
    ana@example.com,E1,Sales,PT,active,
    bo@example.com,E2,sales,DE,active,E1
    cy@example.com,E3,Ops,DE,active,E2
    di@example.com,E4,Ops,PT,active,E1
"""


def set_rule(world: World, name: str, where: str) -> UploadJob:
    """Save a rule and process its job."""
    later = MONDAY + timedelta(days=UploadJob.objects.filter(**world.mine).count())
    return world.run(save_rule(world.organization, name, parse_where(where), by=world.owner, now=later), now=later)


def send_changes(world: World, text: str) -> UploadJob:
    return world.send(text, asked_mode=Mode.CHANGES)


def members(world: World, name: str) -> dict[str, str]:
    """Who is in the group, by the part of the address before @, and why."""
    found: dict[str, str] = world.state.get("groups", {}).get(name, {})
    return {email.split("@")[0]: why for email, why in found.items()}


def test_saved_rule_fills_a_new_group(world: World) -> None:
    """The job that saves a rule makes the group, and everybody who fulfils the rule joins; text is compared folded."""
    world.send(STAFF)

    job = set_rule(world, "Sales people", 'department_name = "SALES"')

    assert job.status == JobStatus.DONE
    assert kinds(job) == ["group_joined", "group_joined", "group_created", "rule_changed"]
    assert members(world, "Sales people") == {"ana": "rule", "bo": "rule"}
    assert world.state["rule_groups"] == ["Sales people"]


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


def test_rule_leaves_memberships_by_hand_alone(world: World) -> None:
    """One row a person and group: a reason goes, another stays, and both spans are there."""
    world.send(STAFF)
    set_rule(world, "Sales people", 'department_name = "Sales"')
    world.write(Membership, {"reasons": 6}, learner_id=2)

    send_changes(world, "unique_user_id,department_name\nE2,Ops\n")

    assert members(world, "Sales people") == {"ana": "rule", "bo": "hand"}
    ended = PastMembership.objects.get(**world.mine, learner_id=2)
    assert (ended.reasons, ended.until_job_id) == (6, UploadJob.objects.filter(**world.mine).latest("id").pk)


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


def undo(world: World, job: UploadJob) -> UploadJob:
    # Each a little later: a span that ended at the same moment as another could not be told from it.
    later = MONDAY + timedelta(days=UploadJob.objects.filter(**world.mine).count())
    return world.run(start_undo(world.stored(job), by=world.owner, now=later), now=later)


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
