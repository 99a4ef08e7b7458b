"""An undo puts back what a job changed, through plan, guards and results like any job."""

from orgsync.core.model import JobStatus
from orgsync.server.directory.feeds import release_feed
from orgsync.server.directory.models import Feed, PastClaim
from orgsync.server.uploads.models import JobKind
from tests.server.pipeline.pipeline_world import FIVE, codes, hold_codes, kinds, statuses
from tests.server.undoing.undo_world import Story

CHANGED = """
    primary_email_address,unique_user_id,work_title,department_name,groups,license_english_status,attribute_desk
    bo@example.com,E1,Baker,Kitchen,Cooks,active,4
    ana@example.com,E2,Baker,Kitchen,,inactive,
    cy@example.com,E3,Cook,,Cooks,active,
    di@example.com,E4,Cook,,,active,
    ed@example.com,E5,Cook,,,active,
    fy@example.com,E6,Cook,,Cooks,active,7
"""


def test_undo_puts_the_directory_back(story: Story) -> None:
    """
    Values, swapped addresses, groups, licenses, a person, a group and an attribute that a file brought are as before.
    """
    story.send(FIVE)
    before = story.world.state
    job = story.send(CHANGED)
    assert story.world.state != before

    undo = story.undo(job)

    assert undo.kind == JobKind.UNDO
    assert story.world.state == before
    assert codes(undo) == []
    assert "removed" in kinds(undo)
    assert set(statuses(undo)) == {"REMOVED", "UPDATED"}
    assert Feed.objects.get(id=undo.feed_id).holds_next


def test_undo_of_an_undo_does_it_again(story: Story) -> None:
    """
    The people, groups and values that the undo took away come back under the ids that they had.
    """
    story.send(FIVE)
    job = story.send(CHANGED)
    changed, fy = story.world.state, story.person("fy@example.com").id
    before = story.undo(job)

    redo = story.undo(before)

    assert story.world.state == changed
    assert story.person("fy@example.com").id == fy
    assert {"restored", "group_created", "attribute_created"} <= set(kinds(redo))


def test_what_was_written_since_stays(story: Story) -> None:
    """
    A title that a later file has changed again is a conflict: it is listed and left alone, the rest goes back.
    """
    story.send(FIVE)
    job = story.send("unique_user_id,work_title\nE1,Baker\nE2,Baker\n", asked_mode="changes")
    story.send("unique_user_id,work_title\nE1,Chef\n", asked_mode="changes")

    undo = story.undo(job)

    assert [story.person(f"{name}@example.com").work_title for name in ("ana", "bo")] == ["Chef", "Cook"]
    assert codes(undo) == ["undo_conflict"]
    assert statuses(undo) == ["UNCHANGED", "UPDATED"]


def test_person_to_whom_something_has_happened_is_deactivated(story: Story) -> None:
    """
    Of two people whom the file created one has got a title since: that one stays, inactive and without a license.
    """
    story.send(FIVE)
    columns = "primary_email_address,unique_user_id,license_english_status"
    job = story.send(f"{columns}\nfy@example.com,E6,active\ngus@example.com,E7,active\n", asked_mode="changes")
    story.send("unique_user_id,work_title\nE6,Chef\n", asked_mode="changes")

    undo = story.undo(job)

    assert story.people == ["ana", "bo", "cy", "di", "ed", "fy"]
    assert not story.person("fy@example.com").is_active
    assert "fy" not in story.license_holders
    assert codes(undo) == ["undo_keeps_person"]
    assert sorted(statuses(undo)) == ["DEACTIVATED", "REMOVED"]


def test_license_comes_back_while_a_seat_is_free(story: Story) -> None:
    """
    Two lost their licenses, and one of the two seats was given away since: the first gets one, the second waits.
    """
    story.world.organization.pool_set.update(seats=5)
    story.send(FIVE)
    job = story.send("unique_user_id,license_english_status\nE1,inactive\nE2,inactive\n", asked_mode="changes")
    story.send(
        "primary_email_address,unique_user_id,license_english_status\nfy@example.com,E6,active\n", asked_mode="changes"
    )

    undo = story.undo(job)

    assert story.license_holders == {
        **dict.fromkeys(("ana", "cy", "di", "ed", "fy"), "active"),
        "bo": "waiting 1",
    }
    assert codes(undo) == ["no_seat"]


def test_only_the_chosen_people_are_put_back(story: Story) -> None:
    """
    The others stay as the job left them, and the rest of it can be undone afterwards.
    """
    story.send(FIVE)
    job = story.send("unique_user_id,work_title\nE1,Baker\nE2,Baker\n", asked_mode="changes")

    story.undo(job, [story.person("bo@example.com").id])
    first = [story.person(f"{name}@example.com").work_title for name in ("ana", "bo")]
    story.undo(job)

    assert first == ["Baker", "Cook"]
    assert [story.person(f"{name}@example.com").work_title for name in ("ana", "bo")] == ["Cook", "Cook"]


def test_address_that_somebody_else_has_got_since_stays_there(story: Story) -> None:
    """
    The undo takes nobody's address away; whoever had it before keeps the new one.
    """
    story.send(FIVE)
    job = story.send("unique_user_id,primary_email_address\nE1,anna@example.com\n", asked_mode="changes")
    story.send("unique_user_id,primary_email_address\nE9,ana@example.com\n", asked_mode="changes")

    undo = story.undo(job)

    assert {person.unique_user_id for person in map(story.person, ("anna@example.com", "ana@example.com"))} == {
        "E1",
        "E9",
    }
    assert codes(undo) == ["undo_conflict"]


def test_undo_brings_a_leaver_back_with_everything(story: Story) -> None:
    """
    Absence from a full file took the status, the license and the claim; the undo gives all three back.
    """
    story.send(FIVE)
    before = story.world.state
    job = story.send("\n".join(line for line in FIVE.splitlines() if "ed@" not in line))

    story.undo(job)

    assert story.world.state == before
    assert [span.until_job_id for span in PastClaim.objects.filter(**story.world.mine)] == [job.pk]


def test_next_file_is_held_until_the_feed_is_released(story: Story) -> None:
    """
    The held plan shows what the file would do again; once released, the same file is applied.
    """
    story.send(FIVE)
    changed = "unique_user_id,work_title\nE1,Baker\n"
    story.undo(story.send(changed, asked_mode="changes"))

    held = story.attempt(story.world.upload(changed, asked_mode="changes"))
    release_feed(story.world.feed)
    applied = story.attempt(story.world.upload(changed, asked_mode="changes"))

    assert hold_codes(held) == ["after_undo"]
    assert kinds(held) == ["value_changed"]
    assert applied.status == JobStatus.DONE
