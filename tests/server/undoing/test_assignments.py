"""Assignments through the whole pipeline: made, ended, completed, closed by leaving, undone, as of a day."""

from datetime import timedelta

import pytest

from orgsync.core.assigning import Audience, AudienceKind
from orgsync.core.edits import Edit
from orgsync.core.model import JobStatus
from orgsync.server.directory.asof import read_as_of
from orgsync.server.directory.asof_csv import people_as_of
from orgsync.server.directory.timeline import Subject, timeline_of
from orgsync.server.learning.models import ContentKind, JobAssignment, LearnerAssignment, PastLearnerAssignment
from orgsync.server.learning.queries_assignments import assigned_to, lines_of
from orgsync.server.learning.reminders import send_reminders
from orgsync.server.notify.models import OutboxMail
from orgsync.server.orgs.access import EVERYBODY as ALL
from orgsync.server.orgs.models import Role
from orgsync.server.orgs.zones import day_of
from orgsync.server.uploads.assigning import AssignmentRefused, Terms, assign, end_assignments
from orgsync.server.uploads.assignmentjobs import forget_unbegun
from orgsync.server.uploads.calendarjobs import queue_due
from orgsync.server.uploads.decisions import reject_job
from orgsync.server.uploads.edits import edit_people
from tests.job_world import make_admin
from tests.server.pipeline.pipeline_world import FIVE, kinds
from tests.server.undoing.assigning import (
    complete,
    due_of,
    make_content,
    run_assign,
    standing,
    the_assignment,
    to_group,
)
from tests.server.undoing.undo_world import Story

LEAVES = "primary_email_address,unique_user_id,worker_status\nbo@example.com,E2,inactive\n"
OPEN_FOR_ALL = dict.fromkeys(["ana", "bo", "cy", "di", "ed"], "open")


def test_plan_is_shown_before_anybody_gets_anything(story: Story) -> None:
    """
    The job waits with its plan; rejected, nobody has anything, and the assignment never begins and goes in a month.
    """
    story.send(FIVE)
    world, course = story.world, make_content(story.world, "Privacy")

    job = story.attempt(
        assign(world.organization, course, [Audience(AudienceKind.EVERYBODY)], Terms(), by=world.owner, now=story.now)
    )

    assert job.status == JobStatus.HELD
    assert kinds(job) == ["assignment_opened"] * 5 + ["assignment_changed"]
    month = timedelta(days=31)
    assert forget_unbegun(story.now + month) == 0
    reject_job(job, by=world.owner, now=story.now)
    assert standing(story) == {}
    assert the_assignment(world).begun_at is None
    assert [forget_unbegun(story.now), forget_unbegun(story.now + month)] == [0, 1]
    assert not JobAssignment.objects.filter(**world.mine).exists()


def test_leaver_is_closed_and_undo_gives_the_same_due_day_back(story: Story) -> None:
    """
    Who returns by an undo is due when they were; what was completed meanwhile stays completed.
    """
    story.send(FIVE)
    course = make_content(story.world, "Privacy")
    run_assign(story, course)
    complete(story, "ana@example.com", course)
    due = due_of(story, "bo@example.com")

    left = story.send(LEAVES, asked_mode="changes")
    assert standing(story) == OPEN_FOR_ALL | {"ana": "completed", "bo": "closed"}
    story.undo(left)

    assert standing(story) == OPEN_FOR_ALL | {"ana": "completed"}
    assert due_of(story, "bo@example.com") == due
    assert PastLearnerAssignment.objects.filter(**story.world.mine).count() == 1
    moments = timeline_of(story.person("bo@example.com"), about=[Subject.ASSIGNMENT]).moments
    facts = [(fact.before, fact.after) for moment in moments for fact in moment.facts]
    assert facts == [("closed", "open"), ("open", "closed"), (None, "open")]


def test_undo_of_an_assignment_ends_it_and_can_itself_be_undone(story: Story) -> None:
    """
    The making is taken back as a whole; its own undo lets it begin again, for those who have not completed it.
    """
    story.send(FIVE)
    course = make_content(story.world, "Privacy")
    made = run_assign(story, course)
    complete(story, "cy@example.com", course)

    undo = story.undo(made)
    assert standing(story) == dict.fromkeys(OPEN_FOR_ALL, "closed") | {"cy": "completed"}
    assert the_assignment(story.world).ended_at is not None
    story.undo(undo)

    assert standing(story) == OPEN_FOR_ALL | {"cy": "completed"}
    assert the_assignment(story.world).ended_at is None
    assert JobAssignment.objects.filter(**story.world.mine).count() == 3


def test_ended_for_all_and_read_as_of_each_day(story: Story) -> None:
    """
    A joiner gets it, the end closes it, with a line for each person, and each day reads as it was on that day.
    """
    story.send(FIVE)
    course = make_content(story.world, "Privacy")
    run_assign(story, course)
    begun = story.now
    story.send("primary_email_address,unique_user_id\nfy@example.com,E6\n", asked_mode="changes")
    joined = story.now
    world = story.world
    ended = story.run(end_assignments(world.organization, [the_assignment(world)], by=world.owner, now=story.now))

    assert kinds(ended) == ["assignment_closed"] * 6 + ["assignment_changed"]
    days = [sorted(read_as_of(world.id, day).assignments["state"]) for day in (begun, joined, story.now)]

    assert days == [["open"] * 5, ["open"] * 6, ["closed"] * 6]
    told = [b"".join(people_as_of(world.id, day)).decode() for day in (begun, story.now)]
    assert [text.count("Privacy (open, due 2026-03-14)") for text in told] == [5, 0]
    line = lines_of(world.id, [the_assignment(world)], today=day_of(story.now, world.organization), within=ALL)[0]
    assert (line.whom, line.open, line.closed, line.is_in_force) == ("everybody", 0, 6, False)


def test_path_is_completed_with_its_last_part(story: Story) -> None:
    """
    Parts count in any order, and also those that were completed before the path was assigned.
    """
    story.send(FIVE)
    one, two = make_content(story.world, "Part one"), make_content(story.world, "Part two")
    path = make_content(story.world, "Way", one, two, kind=ContentKind.PATH)
    complete(story, "ana@example.com", two)
    complete(story, "bo@example.com", one)
    complete(story, "bo@example.com", two)
    run_assign(story, path)
    assert standing(story)["bo"] == "completed"

    complete(story, "ana@example.com", one)

    assert standing(story) == OPEN_FOR_ALL | {"ana": "completed", "bo": "completed"}
    shown = assigned_to(story.world.id, story.person("ana@example.com").id, today=story.now.date())
    assert [(line.content.title, line.link.state) for line in shown] == [("Way", "completed")]


def test_group_by_hand_and_merge_of_two_records(story: Story) -> None:
    """
    Who is put into the group gets it; when their record goes, what was open is closed and the one who stays has it.
    """
    story.send(FIVE)
    story.send("unique_user_id,groups\nE1,Cooks\n", asked_mode="changes")
    world, course = story.world, make_content(story.world, "Knives")
    run_assign(story, course, to_group(world, "Cooks"))
    bo, ed = story.person("bo@example.com"), story.person("ed@example.com")
    edit_people(world.organization, [Edit(bo.id, bo.primary_email_address, joins=["Cooks"])], world.owner)
    assert standing(story) == {"ana": "open", "bo": "open"}

    merged = edit_people(
        world.organization,
        [Edit(ed.id, ed.primary_email_address, absorbs=bo.id, takes=["memberships"])],
        world.owner,
        is_whole=True,
        asks_first=False,
    )

    states = dict(LearnerAssignment.objects.filter(**world.mine).values_list("learner_id", "state"))
    assert merged.status == JobStatus.DONE
    assert (states[bo.id], states[ed.id]) == ("closed", "open")


def test_calendar_brings_assignments_on_the_first_day(story: Story) -> None:
    """
    A person with a start date to come waits, and the calendar's job opens what reaches them when the day has come.
    """
    story.send("primary_email_address,unique_user_id,start_date\nana@example.com,E1,2026-03-05\n")
    run_assign(story, make_content(story.world, "Welcome"))
    assert (standing(story), queue_due(now=story.now)) == ({}, [])

    story.days = 3
    (job,) = queue_due(now=story.now)
    story.days -= 1
    story.run(job)

    assert standing(story) == {"ana": "open"}
    assert queue_due(now=story.now) == []


def test_limited_admin_assigns_to_their_groups_only(story: Story) -> None:
    """
    Neither everybody, nor a person outside, nor another group; what is not theirs is told of like what is not there.
    """
    story.send(FIVE)
    story.send("unique_user_id,groups\nE1,Cooks\nE2,Bakers\n", asked_mode="changes")
    world, course = story.world, make_content(story.world, "Knives")
    cooks, bakers = to_group(world, "Cooks"), to_group(world, "Bakers")
    charlie = make_admin(world.organization, "charlie@acme.example.com", Role.SUB_ADMIN)
    world.organization.admin_set.filter(account=charlie).update(grants={"recommend_content": [cooks.group_id]})

    job = assign(world.organization, course, [cooks], Terms(), by=charlie, now=story.now)
    assert story.attempt(job).status == JobStatus.HELD
    bo = Audience(AudienceKind.PERSON, learner_id=story.person("bo@example.com").id)
    for audience in (bakers, bo, Audience(AudienceKind.EVERYBODY), Audience(AudienceKind.GROUP, group_id=10**9)):
        with pytest.raises(AssignmentRefused):
            assign(world.organization, course, [audience], Terms(), by=charlie, now=story.now)
    charlie.delete()


def test_reminders_go_out_once_each_by_day(story: Story) -> None:
    """
    Three days before and one day before, in the organization's daytime; who has completed it is left in peace.
    """
    story.send(FIVE)
    course = make_content(story.world, "Privacy")
    run_assign(story, course)
    complete(story, "ana@example.com", course)
    noon = story.now.replace(hour=12)

    sent = {day: send_reminders(noon + timedelta(days=day)) for day in (0, 6, 7, 8, 9, 10, 11)}

    assert sent == {0: 0, 6: 0, 7: 4, 8: 0, 9: 4, 10: 0, 11: 0}
    assert send_reminders(noon.replace(hour=3) + timedelta(days=7)) == 0
    mail = OutboxMail.objects.filter(**story.world.mine, kind="assignment_reminder").order_by("id")[0]
    assert ("Privacy: due on 2026-03-14" in mail.body, mail.recipient) == (True, "bo@example.com")
