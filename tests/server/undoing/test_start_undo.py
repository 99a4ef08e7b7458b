"""What can be undone, by whom, and how long."""

from datetime import timedelta

import pytest

from orgsync.server.orgs.models import Role
from orgsync.server.uploads.intake import start_job
from orgsync.server.uploads.undoing import UndoRefused, can_be_undone, start_undo
from tests.job_world import make_admin
from tests.server.pipeline.pipeline_world import FIVE, TWO
from tests.server.undoing.undo_world import Story


def test_held_job_has_nothing_to_undo(story: Story) -> None:
    """
    Nothing of it was applied.
    """
    story.send(FIVE)
    held = story.attempt(story.world.upload(TWO))

    with pytest.raises(UndoRefused, match="was not applied: it is HELD"):
        story.queue_undo(held)


def test_dry_run_has_nothing_to_undo(story: Story) -> None:
    """
    It only said what it would do.
    """
    job = story.send(FIVE, asked_dry_run=True)

    with pytest.raises(UndoRefused, match="dry run"):
        story.queue_undo(job)


def test_undo_is_possible_for_as_long_as_the_organization_says(story: Story) -> None:
    """
    After that the change log still tells what happened, but the button is gone.
    """
    job = story.send(FIVE)
    late = story.now + timedelta(days=31)

    assert can_be_undone(job, now=story.now)
    with pytest.raises(UndoRefused, match="more than 30 days ago"):
        start_undo(job, by=story.world.owner, now=late)


def test_job_is_undone_once(story: Story) -> None:
    """
    Neither while its undo waits nor afterwards a second one is made; the undo itself can be undone.
    """
    story.send(FIVE)
    job = story.send("unique_user_id,work_title\nE1,Baker\n", asked_mode="changes")
    undo = story.queue_undo(job)

    with pytest.raises(UndoRefused, match="about to undo"):
        story.queue_undo(job)
    undo = story.run(undo)
    with pytest.raises(UndoRefused, match="has undone job"):
        story.queue_undo(job)
    assert can_be_undone(undo, now=story.now)


def test_unknown_person_cannot_be_chosen(story: Story) -> None:
    """
    A wrong id is named, and nothing is queued.
    """
    job = story.send(FIVE)

    with pytest.raises(UndoRefused, match="no learner 99999"):
        story.queue_undo(job, [99999])


def test_who_only_reads_cannot_undo(story: Story) -> None:
    """
    It needs an admin of the organization.
    """
    job = story.send(FIVE)
    reader = make_admin(story.world.organization, "bob@acme.example.com", Role.READ_ONLY)
    try:
        with pytest.raises(UndoRefused, match="needs an admin"):
            start_undo(job, by=reader, now=story.now)
    finally:
        reader.admin_set.all().delete()
        reader.delete()


def test_undo_is_no_job_of_the_file(story: Story) -> None:
    """
    Whoever asks for the file's processing again is told of the file's own job.
    """
    job = story.send(FIVE)
    story.undo(job)

    assert start_job(job.source, requested_by=story.world.owner).pk == job.pk
