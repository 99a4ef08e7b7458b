"""The directory as of a past day is read from the change log, undone jobs and removed people included."""

import csv
import io
from datetime import datetime

from orgsync.server.directory.asof import read_as_of
from orgsync.server.directory.asof_csv import people_as_of
from orgsync.server.uploads.models import UploadJob
from tests.server.pipeline.pipeline_world import FIVE
from tests.server.undoing.test_undo import CHANGED
from tests.server.undoing.undo_world import Story


def lines_at(story: Story, moment: datetime) -> list[dict[str, str]]:
    text = b"".join(people_as_of(story.world.id, moment)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_every_day_is_as_it_was(story: Story) -> None:
    """
    Four days: five people, then a changed sixth, then the undo, then its undo; each reads as on that day itself.
    """
    days = []

    def note(job: UploadJob) -> UploadJob:
        days.append((story.now, lines_at(story, story.now)))
        return job

    note(story.send(FIVE))
    undo = note(story.undo(note(story.send(CHANGED))))
    note(story.undo(undo))

    again = [lines_at(story, moment) for moment, _ in days]

    assert again == [lines for _, lines in days]
    assert [len(lines) for lines in again] == [5, 6, 5, 6]
    assert again[0] == again[2]
    assert again[1] == again[3]


def test_line_of_a_person_says_all(story: Story) -> None:
    """
    Identity, status, values, groups, the license and the feed that claimed the person.
    """
    story.send(FIVE)
    story.send(CHANGED)

    fy = lines_at(story, story.now)[-1]

    shown = {name: value for name, value in fy.items() if value}
    assert shown == {
        "primary_email_address": "fy@example.com",
        "unique_user_id": "E6",
        "status": "active",
        "work_title": "Cook",
        "attribute_desk": "7",
        "groups": "Cooks",
        "license_english_status": "active",
        "feeds": "Nightly HR",
    }


def test_manager_is_the_one_of_that_day(story: Story) -> None:
    """
    Before the second file the person reported to somebody who was not known yet.
    """
    story.send("primary_email_address,unique_user_id,manager_unique_user_id\nana@example.com,E1,E9\n")
    first = story.now
    story.send("primary_email_address,unique_user_id\nboss@example.com,E9\n", asked_mode="changes")

    managers = [read_as_of(story.world.id, moment).learners["manager"][0] for moment in (first, story.now)]

    assert managers == ["?E9", str(story.person("boss@example.com").id)]
