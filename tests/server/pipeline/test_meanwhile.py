"""Somebody else writes, or decides, while a job is under way."""

import pytest

from orgsync.core.model import JobStatus, Mode, RowPolicy
from orgsync.server.directory.models import Learner
from orgsync.server.uploads import transitions
from orgsync.server.uploads.transitions import LostAttempt
from tests.server.pipeline.pipeline_world import (
    FIVE,
    MONDAY,
    TWO,
    Meanwhile,
    World,
    codes,
    counts_add_up,
    hold_codes,
    kinds,
    statuses,
)

CHEFS = FIVE.replace("Cook", "Chef")
SPARED = {"last_applied_at": None}
"""What lets a file rewrite everybody's title: the first one of a feed may."""


def test_plan_is_made_anew_when_the_directory_moved(world: World) -> None:
    """
    A page changes Ana between plan and lock: what is logged and applied starts from her new value.
    """
    world.send(FIVE)
    world.set_feed(**SPARED)

    job = world.send(CHEFS, clock=Meanwhile(lambda: world.write(Learner, {"work_title": "Baker"}, id=1), call=3))

    assert job.status == JobStatus.DONE
    assert (1, 2, "work_title", "Baker", "Chef") in world.log_of(job)
    assert {person["work_title"] for person in world.state["learners"]} == {"Chef"}
    assert job.revision == world.revision


def test_stored_plan_is_the_one_that_was_applied(world: World) -> None:
    """
    After planning anew, plan, counts and results are those of the second plan.
    """
    world.send(FIVE)
    world.set_feed(**SPARED)

    job = world.send(CHEFS, clock=Meanwhile(lambda: world.write(Learner, {"work_title": "Chef"}, id=1), call=3))

    assert kinds(job) == ["value_changed"] * 4
    assert statuses(job) == ["UNCHANGED", *["UPDATED"] * 4]
    assert (job.updated_count, job.unchanged_count) == (4, 1)


def test_guards_look_at_the_second_plan_too(world: World) -> None:
    """
    Between plan and lock three people lose their protection: the job is held from inside the lock.
    """
    world.send(FIVE)
    world.write(Learner, {"is_protected": True}, id__gte=3)
    # The last file had five rows; without that the rows alone would hold this one.
    world.set_feed(last_rows=2)
    revision = world.revision

    job = world.send(TWO, clock=Meanwhile(lambda: world.write(Learner, {"is_protected": False}, id__gte=3), call=3))

    assert job.status == JobStatus.HELD
    assert "leavers" in hold_codes(job)
    assert len(world.active) == 5
    assert world.revision == revision + 1
    assert world.mails[-1][0] == f"held-{job.attempts}"


def test_all_or_nothing_is_judged_on_the_second_plan_too(world: World) -> None:
    """
    Between plan and lock somebody takes the address that a row wants: nothing of the file applies.
    """
    world.send(FIVE)
    before = world.state
    taken = {"primary_email_address": "free@example.com", "email_key": "free@example.com"}

    job = world.send(
        "unique_user_id,primary_email_address,work_title\nE1,free@example.com,Chef\nE2,,Chef\n",
        asked_mode=Mode.CHANGES,
        asked_rows=RowPolicy.ALL_OR_NOTHING,
        clock=Meanwhile(lambda: world.write(Learner, taken, id=5), call=3),
    )

    assert (job.status, job.reason_code) == (JobStatus.FAILED, "rows_in_error")
    assert "Chef" not in {person["work_title"] for person in world.state["learners"]}
    assert len(world.state["learners"]) == len(before["learners"])
    assert counts_add_up(job)


def test_cancelled_job_leaves_nothing(world: World) -> None:
    """
    An admin cancels while the plan is made: the attempt finds out before it applies.
    """
    job = world.upload(FIVE)

    def cancel() -> None:
        assert transitions.cancel(world.stored(job), code="cancelled", reason="By hand.", now=MONDAY)

    with pytest.raises(LostAttempt):
        world.run(job, clock=Meanwhile(cancel, call=3))

    assert world.stored(job).status == JobStatus.CANCELLED
    assert world.state == {"pools": {"license_english_status": {"seats": None, "holders": {}}}}
    assert world.mails == []


def test_job_that_applies_cannot_be_cancelled(world: World) -> None:
    """
    From the lock on it is too late.
    """
    job = world.upload(FIVE)
    answers: list[bool] = []

    def cancel() -> None:
        answers.append(transitions.cancel(world.stored(job), code="cancelled", reason="By hand.", now=MONDAY))

    ended = world.run(job, clock=Meanwhile(cancel, call=4))

    assert answers == [False]
    assert ended.status == JobStatus.DONE


def test_later_full_file_supersedes_older_jobs_of_its_feed(world: World) -> None:
    """
    Held and waiting ones; those of another feed, and later ones, stay.
    """
    world.send(FIVE)
    world.set_feed(**SPARED)
    held = world.send(TWO)
    waiting = world.upload(TWO)
    file = world.upload(CHEFS)
    later = world.upload(FIVE)

    world.run(file)

    assert [world.stored(job).status for job in (held, waiting, later)] == ["CANCELLED", "CANCELLED", "QUEUED"]
    assert world.stored(held).reason_code == "superseded"


def test_changes_held_and_dry_runs_supersede_nothing(world: World) -> None:
    """
    Only a full file that was applied says all there is to say.
    """
    world.send(FIVE)
    held = world.send(TWO)

    world.send(CHEFS, asked_mode=Mode.CHANGES)
    world.send(CHEFS, asked_dry_run=True)
    world.send(TWO)

    assert world.stored(held).status == JobStatus.HELD
    assert "superseded" not in codes(held)
