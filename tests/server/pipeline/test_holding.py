"""A held job: what a person's word does, and what it does not cover."""

import pytest

from orgsync.core.model import JobStatus, Mode
from orgsync.server.directory.models import Learner
from orgsync.server.orgs.models import Admin, Role
from orgsync.server.uploads.decisions import DecisionRefused, approve_job, reject_job
from orgsync.server.uploads.media import remove_media
from tests.job_world import make_admin
from tests.server.pipeline.pipeline_world import (
    FIVE,
    MONDAY,
    TWO,
    Meanwhile,
    World,
    counts_add_up,
    hold_codes,
    kinds,
    statuses,
)


def test_held_job_changes_nothing_and_says_why(world: World) -> None:
    """
    Plan and results say what would happen; the admins are told.
    """
    world.send(FIVE)
    before, revision = world.state, world.revision

    job = world.send(TWO)

    assert job.status == JobStatus.HELD
    assert hold_codes(job) == ["leavers", "licenses_revoked", "row_count_drop"]
    assert statuses(job) == ["UNCHANGED", "UNCHANGED", "HELD", "HELD", "HELD"]
    assert (job.deleted_count, job.unchanged_count, job.total_count) == (3, 2, 2)
    assert counts_add_up(job)
    assert world.mails[-1] == (f"held-{job.attempts}", world.owner.email)
    assert (world.state, world.revision) == (before, revision)


def test_approved_job_is_applied_from_its_source(world: World) -> None:
    """
    The file is read and planned again; what was approved goes ahead.
    """
    world.send(FIVE)
    held = world.send(TWO)

    job = world.run(world.approve(held))

    assert job.status == JobStatus.DONE
    assert world.active == ["ana", "bo"]
    assert statuses(job)[2:] == ["DEACTIVATED"] * 3
    assert job.approved_by == world.owner
    assert job.result != held.result
    assert world.mails[-1] == ("done", world.owner.email)


def test_approved_job_whose_source_is_gone_fails(world: World) -> None:
    """
    Retention may have been quicker: the job says so, and nothing is applied.
    """
    world.send(FIVE)
    held = world.send(TWO)
    approved = world.approve(held)
    remove_media(held.source, now=MONDAY)

    job = world.run(approved)

    assert (job.status, job.reason_code) == (JobStatus.FAILED, "damaged_file")
    assert len(world.active) == 5


def test_rejected_job_is_over(world: World) -> None:
    """
    Nothing of it was or will be applied, and it cannot be approved any more.
    """
    world.send(FIVE)
    held = world.send(TWO)

    reject_job(held, by=world.owner, now=MONDAY)

    assert (held.status, held.reason_code) == (JobStatus.CANCELLED, "rejected")
    assert len(world.active) == 5
    with pytest.raises(DecisionRefused):
        approve_job(world.stored(held), by=world.owner, now=MONDAY)


def test_approval_covers_fewer_removals(world: World) -> None:
    """
    Cy is protected since: the others leave as approved.
    """
    world.send(FIVE)
    approved = world.approve(world.send(TWO))
    world.write(Learner, {"is_protected": True}, id=3)

    job = world.run(approved)

    assert job.status == JobStatus.DONE
    assert world.active == ["ana", "bo", "cy"]


def test_approval_does_not_cover_as_many_others(world: World) -> None:
    """
    Cy stays and Flo, whom the feed claims since, would leave instead: held again, with the new plan.
    """
    world.send(FIVE)
    held = world.send(TWO)
    world.send("primary_email_address\nflo@example.com\n", asked_mode=Mode.CHANGES)
    world.write(Learner, {"is_protected": True}, id=3)

    job = world.run(world.approve(held))

    assert job.status == JobStatus.HELD
    assert hold_codes(job)[0] == "approval_exceeded"
    assert job.plan != held.plan
    assert world.active == ["ana", "bo", "cy", "di", "ed", "flo"]
    assert world.mails[-1] == (f"held-{job.attempts}", world.owner.email)
    assert world.run(world.approve(job)).status == JobStatus.DONE
    assert world.active == ["ana", "bo", "cy"]


def test_approval_is_checked_again_under_the_lock(world: World) -> None:
    """
    Flo joins between plan and lock: what the approval does not hold is held.
    """
    world.send(FIVE)
    approved = world.approve(world.send(TWO))

    def join() -> None:
        world.send("primary_email_address\nflo@example.com\n", asked_mode=Mode.CHANGES)

    job = world.run(approved, clock=Meanwhile(join, call=3))

    assert job.status == JobStatus.HELD
    assert hold_codes(job)[0] == "approval_exceeded"
    assert len(world.active) == 6


def test_approval_does_not_cover_somebody_who_became_an_admin(world: World) -> None:
    """
    Leavers were approved; that Ana's address changes needs an owner now, so it is held again.
    """
    world.send(FIVE)
    held = world.send(TWO.replace("ana@example.com", "ana.new@example.com"))
    admin = make_admin(world.organization, "ana@acme.example.com", Role.ADMIN)
    approve_job(held, by=admin, now=MONDAY)
    world.write(Admin, {"learner_id": 1}, account=admin)

    job = world.run(world.stored(held))

    assert job.status == JobStatus.HELD
    assert "admin_change" in hold_codes(job)
    assert len(world.active) == 5


def test_approval_covers_the_admin_change_that_was_shown(world: World) -> None:
    """
    An owner has seen it: it goes ahead.
    """
    world.send(FIVE)
    world.write(Admin, {"learner_id": 1}, account=world.owner)
    held = world.send(FIVE.replace("ana@example.com", "ana.new@example.com"))
    assert hold_codes(held) == ["admin_change"]

    job = world.run(world.approve(held))

    assert job.status == JobStatus.DONE
    assert "ana.new" in world.active


def test_approval_names_the_plan_that_was_shown(world: World) -> None:
    """
    The job was held again with another plan: a word given on the old one is refused.
    """
    world.send(FIVE)
    shown = world.send(TWO)
    world.send("primary_email_address\nflo@example.com\n", asked_mode=Mode.CHANGES)
    world.run(world.approve(world.stored(shown)))

    with pytest.raises(DecisionRefused):
        approve_job(shown, by=world.owner, now=MONDAY)


def test_paused_feed_holds_and_an_approval_lets_the_file_through(world: World) -> None:
    """
    Paused: accepted, planned, held.
    """
    world.set_feed(is_paused=True)
    held = world.send(FIVE)
    assert hold_codes(held) == ["feed_paused"]

    job = world.run(world.approve(held))

    assert job.status == JobStatus.DONE
    assert kinds(job)[:5] == ["created"] * 5
