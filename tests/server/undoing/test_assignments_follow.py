"""Assignments follow what people have completed: when it is taken back, when records merge, and for chosen people."""

from orgsync.core.assigning import Audience, AudienceKind
from orgsync.core.edits import Edit
from orgsync.server.learning.daysums import verify_sums
from orgsync.server.learning.models import Assignment, Content, ContentKind, LearnerAssignment, Progress
from orgsync.server.learning.recording import void
from orgsync.server.uploads.edits import edit_people
from tests.server.pipeline.pipeline_world import FIVE
from tests.server.undoing.assigning import complete, due_of, make_content, run_assign, standing, to_group
from tests.server.undoing.undo_world import Story

OPEN_FOR_ALL = dict.fromkeys(["ana", "bo", "cy", "di", "ed"], "open")


def states_of(story: Story, learner_id: int) -> dict[str, str]:
    """How a person stands, by the title of what is assigned."""
    links = dict(
        LearnerAssignment.objects.filter(**story.world.mine, learner_id=learner_id).values_list("content_id", "state")
    )
    return {one.title: links[one.pk] for one in Content.objects.filter(**story.world.mine, id__in=links)}


def completed(story: Story, learner_id: int) -> set[str]:
    done = Progress.objects.filter(**story.world.mine, learner_id=learner_id, completed_at__isnull=False)
    titles = Content.objects.filter(**story.world.mine, id__in=done.values("content_id"))
    return set(titles.values_list("title", flat=True))


def test_completion_that_is_taken_back_opens_again_or_closes(story: Story) -> None:
    """
    Open with the same due day for whom it still reaches, with the path that it was the last part of; closed for who
    has left the group meanwhile; untouched where another completion remains.
    """
    story.send(FIVE)
    story.send("unique_user_id,groups\nE1,Cooks\nE2,Cooks\nE3,Cooks\n", asked_mode="changes")
    one, two = make_content(story.world, "One"), make_content(story.world, "Two")
    path = make_content(story.world, "Way", one, two, kind=ContentKind.PATH)
    run_assign(story, path, to_group(story.world, "Cooks"))
    due = due_of(story, "ana@example.com")
    told = [complete(story, f"{who}@example.com", one) for who in ("ana", "bo", "cy")]
    for who in ("ana", "bo", "cy", "cy"):
        complete(story, f"{who}@example.com", two)
    complete(story, "cy@example.com", one)
    bo = story.person("bo@example.com")
    edit_people(story.world.organization, [Edit(bo.id, bo.primary_email_address, leaves=["Cooks"])], story.world.owner)
    assert standing(story) == dict.fromkeys(["ana", "bo", "cy"], "completed")

    void(story.world.organization, told, now=story.now)

    assert standing(story) == {"ana": "open", "bo": "closed", "cy": "completed"}
    assert due_of(story, "ana@example.com") == due
    assert completed(story, story.person("ana@example.com").id) == {"Two"}
    assert verify_sums(story.world.id, repair=False) == {}
    complete(story, "ana@example.com", one)
    assert standing(story)["ana"] == "completed"


def test_merge_takes_assignments_along_and_its_undo_gives_them_back(story: Story) -> None:
    """
    What was assigned to the one who goes is due for the one who stays on the same day; what either has completed is
    completed, a path by halves included; and each has their own again afterwards.
    """
    story.send(FIVE)
    world = story.world
    one, two = make_content(world, "One"), make_content(world, "Two")
    path, privacy = make_content(world, "Way", one, two, kind=ContentKind.PATH), make_content(world, "Privacy")
    bo, ed = story.person("bo@example.com"), story.person("ed@example.com")
    for content in (path, privacy):
        run_assign(story, content)
    run_assign(story, make_content(world, "Own"), Audience(AudienceKind.PERSON, learner_id=bo.id))
    due = due_of(story, bo.primary_email_address)
    complete(story, bo.primary_email_address, privacy)
    complete(story, bo.primary_email_address, one)
    complete(story, ed.primary_email_address, two)
    before = {one.id: states_of(story, one.id) for one in (bo, ed)}
    assert before[bo.id] == {"Way": "open", "Privacy": "completed", "Own": "open"}

    edit = Edit(ed.id, ed.primary_email_address, absorbs=bo.id)
    merged = edit_people(world.organization, [edit], world.owner, is_whole=True, asks_first=False)

    assert states_of(story, ed.id) == {"Way": "completed", "Privacy": "completed", "Own": "open"}
    assert completed(story, ed.id) == {"One", "Two", "Way", "Privacy"}
    assert due_of(story, ed.primary_email_address).split(",")[-1] == due.split(",")[-1]
    assert set(states_of(story, bo.id).values()) == {"closed"}
    assert Assignment.objects.get(**world.mine, audience="person").learner_id == ed.id
    story.undo(merged)

    assert states_of(story, bo.id) == before[bo.id]
    assert states_of(story, ed.id) == before[ed.id] | {"Own": "closed"}
    assert due_of(story, bo.primary_email_address) == due
    assert (completed(story, ed.id), completed(story, bo.id)) == ({"Two"}, {"One", "Privacy"})
    assert verify_sums(world.id, repair=False) == {}


def test_undo_for_chosen_people_leaves_the_assignment_in_force(story: Story) -> None:
    """
    The making is no change of a person: undone for chosen people it takes nothing; a leaver's is, and only theirs.
    """
    story.send(FIVE)
    course = make_content(story.world, "Privacy")
    made = run_assign(story, course)
    left = story.send("unique_user_id,worker_status\nE2,inactive\nE3,inactive\n", asked_mode="changes")
    assert standing(story) == OPEN_FOR_ALL | {"bo": "closed", "cy": "closed"}

    story.undo(left, [story.person("bo@example.com").id])
    assert standing(story) == OPEN_FOR_ALL | {"cy": "closed"}
    story.undo(made, [story.person("ana@example.com").id])

    assert standing(story) == OPEN_FOR_ALL | {"cy": "closed"}
    assert Assignment.objects.get(**story.world.mine).ended_at is None
