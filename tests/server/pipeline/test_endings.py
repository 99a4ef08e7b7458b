"""How jobs end: what is counted, stored, logged and told."""

from collections.abc import Callable

import pytest

from orgsync.core.model import JobStatus, Mode, RowPolicy
from orgsync.server.directory.models import Feed, Learner, LearnerChange, Membership, PastLicense
from orgsync.server.uploads.models import Media
from tests.server.pipeline.pipeline_world import (
    FIVE,
    MONDAY,
    TWO,
    World,
    codes,
    counts_add_up,
    hold_codes,
    kinds,
    statuses,
)

CHANGES = Mode.CHANGES
ONE_BAD = FIVE.replace("bo@example.com,E2,Cook,active", "bo@example.com,E2,Cook,perhaps")


def test_counts_are_those_of_plan_and_results(world: World) -> None:
    """
    Each person counts once, leavers whom no row names included.
    """
    world.send(FIVE)
    job = world.send(
        """
        primary_email_address,unique_user_id,work_title,license_english_status
        ana@example.com,E1,Chef,inactive
        bo@example.com,E2,Cook,active
        bo@example.com,E2,Cook,active
        cy@example.com,E3,Cook,perhaps
        di@example.com,E4,Chef,active
        new@example.com,E9,Cook,active
        """
    )

    assert job.status == JobStatus.DONE
    expected = ["UPDATED", "UNCHANGED", "SKIPPED", "ERROR", "UPDATED", "CREATED", "DEACTIVATED"]
    assert statuses(job) == expected
    counts = (job.updated_count, job.created_count, job.deleted_count, job.unchanged_count)
    assert counts == (3, 1, 1, 1)
    assert (job.error_count, job.skipped_count, job.warning_count, job.total_count) == (1, 1, 1, 6)
    assert counts_add_up(job)


def test_same_file_again_changes_nothing(world: World) -> None:
    """
    No revision, no version of anybody, no log, no plan; the results say UNCHANGED.
    """
    world.send(FIVE)
    revision, versions = world.revision, versions_of(world)

    job = world.send(FIVE)

    assert job.status == JobStatus.DONE
    assert statuses(job) == ["UNCHANGED"] * 5
    assert kinds(job) == []
    assert (world.revision, versions_of(world)) == (revision, versions)
    assert world.log_of(job) == []


def versions_of(world: World) -> list[int]:
    return list(Learner.objects.filter(**world.mine).order_by("id").values_list("version", flat=True))


def test_change_log_has_what_changed_and_no_creation(world: World) -> None:
    """
    One line a value, with job and row; links keep their past in rows of their own.
    """
    first = world.send(FIVE)
    assert world.log_of(first) == []
    assert set(Learner.objects.filter(**world.mine).values_list("created_job_id", "created_at")) == {(first.pk, MONDAY)}

    job = world.send(
        """
        primary_email_address,unique_user_id,work_title,license_english_status,manager_unique_user_id
        ana.silva@example.com,E1,Chef,inactive,E2
        bo@example.com,E2,#CLEAR#,active,
        """,
        asked_mode=CHANGES,
    )

    assert world.log_of(job) == [
        (1, 2, "manager", None, "2"),
        (1, 2, "primary_email_address", "ana@example.com", "ana.silva@example.com"),
        (1, 2, "work_title", "Cook", "Chef"),
        (2, 3, "work_title", "Cook", None),
    ]
    past = PastLicense.objects.filter(**world.mine).values_list("learner_id", "state", "since_job_id", "until_job_id")
    assert list(past) == [(1, "active", first.pk, job.pk)]


def test_log_names_a_manager_whom_the_file_creates_by_their_real_id(world: World) -> None:
    """
    Provisional ids stop at the database.
    """
    world.send(FIVE)

    job = world.send(
        """
        primary_email_address,unique_user_id,manager_unique_user_id
        ana@example.com,E1,E9
        new@example.com,E9,
        """,
        asked_mode=CHANGES,
    )

    assert world.log_of(job) == [(1, 2, "manager", None, "6")]


def test_feed_remembers_the_last_applied_file(world: World) -> None:
    """
    Held files, failed ones and dry runs leave no trace.
    """
    world.send(FIVE)

    world.send(TWO)
    world.send("unique_user_id\n")
    world.send(TWO, asked_dry_run=True)

    feed = Feed.objects.get(organization=world.organization, id=world.feed.pk)
    fields = ["primary_email_address", "unique_user_id", "work_title", "license:license_english_status"]
    assert (feed.last_fields, feed.last_rows, feed.last_applied_at) == (fields, 5, MONDAY)


def test_file_of_changes_does_not_dull_the_guards_of_a_full_feed(world: World) -> None:
    """
    A small file between two full ones does not count as what the feed usually sends.
    """
    world.send(FIVE)
    world.send("unique_user_id,work_title\nE1,Chef\n", asked_mode=CHANGES)

    job = world.send("unique_user_id,work_title\nE1,Chef\nE2,Cook\n")

    assert {"missing_column", "row_count_drop"} <= set(hold_codes(job))


def test_feed_released_after_undo_holds_one_file(world: World) -> None:
    """
    The mark that an undo leaves goes when a file has been applied.
    """
    world.set_feed(holds_next=True)
    held = world.send(FIVE)
    assert hold_codes(held) == ["after_undo"]

    world.run(world.approve(held))

    assert world.send(FIVE).status == JobStatus.DONE


@pytest.mark.parametrize(
    ("text", "asked", "code"),
    [
        ("", {}, "empty_file"),
        ("ana@example.com,Ana\n", {}, "no_header"),
        ("unique_user_id\n", {}, "no_rows_full"),
        ("unique_user_id\nE1\n", {"expected_rows": 2}, "row_count_mismatch"),
        ("primary_email_address,unique_id\nana@example.com,E1\n", {}, "deletion_not_allowed"),
    ],
)
def test_refused_file_fails_with_its_reason(world: World, text: str, asked: dict[str, int], code: str) -> None:
    """
    Nothing is applied, the owner is told, and the job cannot be approved.
    """
    world.send(FIVE)
    before, revision = world.state, world.revision

    job = world.send(text, **asked)

    assert (job.status, job.reason_code) == (JobStatus.FAILED, code)
    assert codes(job)[0] == code
    assert (world.state, world.revision) == (before, revision)
    assert ("failed", world.owner.email) in world.mails


def test_file_of_changes_without_rows_is_done(world: World) -> None:
    """
    With the warning `no_rows` and a results file that has a header.
    """
    job = world.send("unique_user_id,work_title\n", asked_mode=CHANGES)

    assert (job.status, job.total_count, codes(job)) == (JobStatus.DONE, 0, ["no_rows"])
    assert statuses(job) == []


def test_all_or_nothing_fails_with_complete_results(world: World) -> None:
    """
    Every row has its line: the bad one its error, the others SKIPPED.
    """
    job = world.send(ONE_BAD, asked_rows=RowPolicy.ALL_OR_NOTHING)

    assert (job.status, job.reason_code) == (JobStatus.FAILED, "rows_in_error")
    assert statuses(job) == ["SKIPPED", "ERROR", "SKIPPED", "SKIPPED", "SKIPPED"]
    assert (job.error_count, job.skipped_count, job.updated_count) == (1, 4, 0)
    assert world.active == []


def test_dry_run_changes_nothing_but_tells_all(world: World) -> None:
    """
    Counts, plan and results as they would be; reasons to hold are listed.
    """
    world.send(FIVE)
    before, revision = world.state, world.revision

    job = world.send(TWO, asked_dry_run=True)

    assert job.status == JobStatus.DONE
    assert statuses(job) == ["UNCHANGED", "UNCHANGED", *["DEACTIVATED"] * 3]
    assert "leavers" in hold_codes(job)
    assert job.deleted_count == 3
    assert (world.state, world.revision) == (before, revision)


def test_every_version_of_the_results_is_a_new_media(world: World) -> None:
    """
    What would happen, and what happened, have names of their own; both can be downloaded.
    """
    world.send(FIVE)
    held = world.send(TWO)

    done = world.run(world.approve(held))

    assert held.result is not None
    assert done.result is not None
    assert held.result.public_id != done.result.public_id
    assert Media.objects.filter(**world.mine, kind="result", removed_at=None).count() == 3


def test_organizations_do_not_touch_each_other(world: World, make: Callable[..., World]) -> None:
    """
    The same addresses, ids and groups in two organizations: a full file of one leaves the other alone.
    """
    other = make("Globex")
    groups = FIVE.replace("status\n", "status,groups\n").replace("active\n", "active,Cooks\n")
    for one in (world, other):
        one.send(groups)
    before, revision = other.state, other.revision
    assert before == world.state

    job = world.send(
        """
        primary_email_address,unique_user_id,work_title,license_english_status,groups
        ana.silva@example.com,E1,Chef,active,Chefs
        bo@example.com,E2,Chef,active,Cooks
        cy@example.com,E3,Cook,active,Cooks
        """
    )

    assert job.status == JobStatus.DONE
    assert world.state != before
    assert (other.state, other.revision) == (before, revision)
    assert not LearnerChange.objects.filter(**other.mine).exists()
    assert Membership.objects.filter(**other.mine).count() == 5
