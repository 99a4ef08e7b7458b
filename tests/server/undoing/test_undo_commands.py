"""`orgsync admin undo`, `release` and `people`, as an operator gives them."""

import csv
import io

import pytest

from orgsync.core.errors import OrgSyncError
from orgsync.core.model import JobStatus
from orgsync.server.commands.actions import Actions
from orgsync.server.directory.models import Feed
from orgsync.server.directory.timeline import Fact, Subject, timeline_of
from orgsync.server.notify.models import OutboxMail
from orgsync.server.uploads.models import UploadJob
from tests.server.pipeline.pipeline_world import FIVE
from tests.server.undoing.undo_world import Story

BAKER = "unique_user_id,work_title\nE1,Baker\n"


def applied_now(story: Story, text: str) -> UploadJob:
    """Send a file whose job ended today by the wall clock, as the command judges it."""
    job = story.send(text, asked_mode="changes")
    UploadJob.objects.filter(**story.world.mine, id=job.pk).update(finished_at=job.created_at)
    return job


def test_command_undoes_a_job_for_one_person(story: Story) -> None:
    """
    The person is named by address in any case; whoever asked gets the result by mail.
    """
    story.send(FIVE)
    job = applied_now(story, "unique_user_id,work_title\nE1,Baker\nE2,Baker\n")

    made = Actions("Acme").undo(job.public_id, story.world.owner.email, ["BO@example.com"])
    undo = story.run(UploadJob.objects.get(**story.world.mine, public_id=made))

    assert undo.chosen == [story.person("bo@example.com").id]
    assert [story.person(f"{name}@example.com").work_title for name in ("ana", "bo")] == ["Baker", "Cook"]
    mail = OutboxMail.objects.get(**story.world.mine, job_id=undo.pk)
    assert (mail.recipient, mail.kind) == (story.world.owner.email, "done")
    assert f"Undo of job {job.public_id} processed" in mail.subject


@pytest.mark.parametrize(
    ("job", "by", "person", "said"),
    [
        (5, "owner@acme.example.com", [], "no job 5"),
        (0, "nobody@example.com", [], "is no admin"),
        (0, "owner@acme.example.com", ["zoe@example.com"], "no learner zoe@example.com"),
    ],
)
def test_command_says_what_is_wrong(story: Story, job: int, by: str, person: list[str], said: str) -> None:
    """
    An unknown job, somebody who is no admin, an unknown person: nothing is queued.
    """
    story.send(FIVE)
    known = applied_now(story, BAKER)

    with pytest.raises(OrgSyncError, match=said):
        Actions("Acme").undo(job or known.public_id, by, person)

    assert not UploadJob.objects.filter(**story.world.mine, status=JobStatus.QUEUED).exists()


def test_command_releases_a_feed_once(story: Story) -> None:
    """
    It says so when there was nothing to release, and names a feed that does not exist.
    """
    Feed.objects.filter(id=story.world.feed.pk).update(holds_next=True)

    assert Actions("Acme").release("Nightly HR")
    assert not Actions("Acme").release("Nightly HR")
    with pytest.raises(OrgSyncError, match="no feed Weekly"):
        Actions("Acme").release("Weekly")


def test_command_prints_the_people_of_a_day(story: Story) -> None:
    """
    Without a moment it prints them as they are now.
    """
    story.send(FIVE)
    first = story.now
    story.send(BAKER, asked_mode="changes")

    texts = [b"".join(Actions("Acme").people_as_of(moment)).decode("utf-8-sig") for moment in (first, None)]

    titles = [next(csv.DictReader(io.StringIO(text, newline="")))["work_title"] for text in texts]
    assert titles == ["Cook", "Baker"]


def test_timeline_names_claims_and_the_undo(story: Story) -> None:
    """
    Creation and claim, the file that changed the title, the undo that changed it back.
    """
    first = story.send(FIVE)
    job = story.send(BAKER, asked_mode="changes")
    undo = story.undo(job)

    moments = timeline_of(story.person("ana@example.com")).moments

    assert [moment.job_id for moment in moments] == [undo.pk, job.pk, first.pk]
    assert [(fact.before, fact.after) for moment in moments[:2] for fact in moment.facts] == [
        ("Baker", "Cook"),
        ("Cook", "Baker"),
    ]
    assert Fact(Subject.CLAIM, story.world.feed.pk, None, 1) in moments[2].facts
