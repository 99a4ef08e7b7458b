"""Edits by people go the way of every file, and what a person decided a file leaves alone."""

from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection, transaction

from orgsync.core.edits import Edit
from orgsync.core.model import JobStatus
from orgsync.server.directory.models import (
    Claim,
    Learner,
)
from orgsync.server.directory.revision import DirectoryBusy, lock_directory
from orgsync.server.directory.timeline import timeline_of
from orgsync.server.orgs.models import Admin, Role
from orgsync.server.uploads import atonce
from orgsync.server.uploads.edits import EditRefused, edit_people
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.undoing import start_undo
from tests.job_world import make_admin
from tests.server.pipeline.edit_world import LICENSE, ana, edit, later, of, overrides, people
from tests.server.pipeline.pipeline_world import FIVE, MONDAY, World, codes, hold_codes, kinds, statuses

__all__ = ["people"]


def test_one_person_is_changed_at_once(world: World, people: dict[str, Learner]) -> None:
    """
    The job is done when the call returns: plan, results and log as of any file, and who did it.
    """
    job = edit(world, of(people["ana"], values={"department_name": "Marketing"}), note="Moved on Monday")

    assert job.status == JobStatus.DONE
    assert ana(world)["department_name"] == "Marketing"
    assert (kinds(job), statuses(job)) == (["value_changed"], ["UPDATED"])
    assert world.log_of(job) == [(people["ana"].id, 2, "department_name", "Sales", "Marketing")]
    assert (job.requested_by, job.source.file_name) == (world.owner, "Moved on Monday")
    moment = timeline_of(Learner.objects.get(organization_id=world.id, id=people["ana"].id)).moments[0]
    assert moment.job_id == job.pk


def test_edit_claims_nobody(world: World, people: dict[str, Learner]) -> None:
    """
    People speak for nobody: only a feed's file makes claims.
    """
    edit(world, of(people["ana"], values={"department_name": "Marketing"}))

    assert set(Claim.objects.filter(organization_id=world.id).values_list("feed_id", flat=True)) == {world.feed.pk}


def test_address_id_and_manager_are_changed_by_hand(world: World, people: dict[str, Learner]) -> None:
    """
    By learner id, whatever the keys become.
    """
    job = edit(
        world,
        of(people["bo"], new_address="bob@example.com", new_user_id="E22", manager="ana@example.com"),
    )

    bob = world.state["learners"][1]
    assert (bob["email"], bob["unique_user_id"], bob["manager"]) == ("bob@example.com", "E22", "ana@example.com")
    assert kinds(job) == ["email_changed", "id_changed", "manager_changed"]


def test_taken_address_fails_the_edit(world: World, people: dict[str, Learner]) -> None:
    """
    One person's edit is made whole or not at all.
    """
    before = world.state

    job = edit(world, of(people["bo"], new_address="ana@example.com", values={"work_title": "Cook"}))

    assert (job.status, job.reason_code) == (JobStatus.FAILED, "rows_in_error")
    assert "email_taken" in codes(job)
    assert world.state == before


def test_edit_of_nobody_fails(world: World, people: dict[str, Learner]) -> None:
    """
    A learner id that is not there names nobody, whatever the address says.
    """
    job = edit(world, Edit(99, "ana@example.com", values={"work_title": "Cook"}))

    assert job.status == JobStatus.FAILED
    assert "work_title" not in ana(world)


def test_several_people_wait_for_a_confirmation(world: World, people: dict[str, Learner]) -> None:
    """
    The plan is shown first; nobody is mailed, and the confirmation is the approval.
    """
    before, mails = world.state, len(world.mails)

    job = edit(world, *(of(person, values={"department_name": "Marketing"}) for person in people.values()))

    assert (job.status, hold_codes(job)) == (JobStatus.HELD, ["bulk_edit"])
    assert (kinds(job), world.state, len(world.mails)) == (["value_changed"] * 2, before, mails)
    done = world.run(world.approve(job))
    assert done.status == JobStatus.DONE
    assert {person["department_name"] for person in world.state["learners"]} == {"Marketing"}


def test_admin_changes_of_an_admin_wait_for_an_owner(world: World, people: dict[str, Learner]) -> None:
    """
    An owner's own edit is their word; anybody else's waits for it.
    """
    clerk = make_admin(world.organization, "clerk@example.com")
    Admin.objects.filter(organization=world.organization, account=clerk).update(learner_id=people["ana"].id)
    change = of(people["ana"], new_address="anna@example.com")

    job = edit_people(world.organization, [change], clerk, clock=lambda: MONDAY)

    assert (job.status, hold_codes(job)) == (JobStatus.HELD, ["admin_change"])
    assert edit(world, change).status == JobStatus.DONE
    clerk.delete()


def test_read_only_account_edits_nobody(world: World, people: dict[str, Learner]) -> None:
    """
    Bob may look.
    """
    bob = make_admin(world.organization, "bob@example.com", Role.READ_ONLY)

    with pytest.raises(EditRefused):
        edit_people(world.organization, [of(people["ana"], values={"work_title": "Cook"})], bob)

    bob.delete()


def test_edit_says_when_a_sync_is_being_applied(
    world: World, people: dict[str, Learner], monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    It waits a moment for the lock, then gives up, and its job says why.
    """
    locked, leave = Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            lock_directory(world.id, wait=None)
            locked.set()
            leave.wait(30)
        connection.close()

    monkeypatch.setattr(atonce, "PAGE_PATIENCE", timedelta(milliseconds=50))
    other = Thread(target=hold)
    other.start()
    locked.wait(30)
    try:
        with pytest.raises(DirectoryBusy, match="A sync is being applied"):
            edit(world, of(people["ana"], values={"department_name": "Marketing"}))
    finally:
        leave.set()
        other.join()

    job = UploadJob.objects.filter(organization_id=world.id).latest("id")
    assert (job.status, job.reason_code) == (JobStatus.FAILED, "directory_busy")
    assert ana(world)["department_name"] == "Sales"


def test_number_of_statements_does_not_grow_with_people(world: World) -> None:
    """
    Five people cost what two cost.
    """
    world.send(FIVE)
    found = list(Learner.objects.filter(organization_id=world.id))
    counts: list[int] = []

    def counting(execute: Callable[..., Any], *arguments: Any) -> Any:
        counts[-1] += 1
        return execute(*arguments)

    for chosen, title in ((found[:2], "Chef"), (found, "Baker")):
        edits = [of(one, values={"work_title": title}, keeps=["work_title"], joins=[title]) for one in chosen]
        counts.append(0)
        with connection.execute_wrapper(counting):
            edit(world, *edits, is_whole=True)

    assert counts[1] <= counts[0]


def test_undo_takes_an_edit_back(world: World, people: dict[str, Learner]) -> None:
    """
    With the overrides, the protection and the licenses that it brought; undoing that sets them again.
    """
    before = world.state
    done = edit(
        world,
        of(
            people["ana"],
            values={"department_name": "Marketing"},
            keeps=["department_name"],
            leaves=["Cooks"],
            licenses={LICENSE: False},
            is_protected=True,
        ),
    )
    after, kept = world.state, overrides(world)

    undo = world.run(start_undo(done, by=world.owner, now=later()), now=later())

    assert (undo.status, world.state, overrides(world)) == (JobStatus.DONE, before, [])
    assert not Learner.objects.get(organization_id=world.id, id=people["ana"].id).is_protected
    world.run(start_undo(undo, by=world.owner, now=later()), now=later())
    assert (world.state, overrides(world)) == (after, kept)
