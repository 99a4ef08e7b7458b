"""Additions now, removals later: what takes nothing away is applied, the rest waits for a word of its own."""

from collections.abc import Callable
from typing import Any

import pytest

from orgsync.core.model import JobStatus, Mode
from orgsync.server.directory.models import Feed, Learner, Pool
from orgsync.server.uploads.decisions import DecisionRefused, approve_job
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.reporting import read_plan
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

MIXED = TWO.replace("ana@example.com,E1,Cook", "ana@example.com,E1,Chef") + "\n    flo@example.com,E6,Cook,active\n"
"""Ana gets another title, Flo joins, three people leave."""
STAFF = """
    primary_email_address,unique_user_id,work_title,worker_status,manager_unique_user_id,groups,license_english_status
    ana@example.com,E1,Cook,active,,Kitchen,active
    bo@example.com,E2,Cook,active,E1,Kitchen,active
    cy@example.com,E3,Cook,active,E1,Kitchen|Bar,active
    di@example.com,E4,Cook,active,E1,Bar,active
    ed@example.com,E5,Cook,active,E2,,active
"""
CUTS = """
    primary_email_address,unique_user_id,work_title,worker_status,manager_unique_user_id,groups,license_english_status
    ana@example.com,E1,Chef,active,,Kitchen|Bar,active
    bo@example.com,E2,#CLEAR#,active,#CLEAR#,Garden,active
    cy@example.com,E3,Waiter,inactive,E2,Garden,active
    di@example.com,E4,Cook,inactive,E1,Bar,inactive
    ed.new@example.com,E5,Cook,inactive,E2,,inactive
    flo@example.com,E6,Cook,active,E1,Garden,active
"""
"""Everything at once: leavers by status, cleared values, groups joined and left, a license given and some taken."""


def add_only(world: World, held: UploadJob, **how: Any) -> UploadJob:
    """Approve the additions of a held job and process them."""
    approve_job(world.stored(held), by=world.owner, now=MONDAY, additions_only=True)
    return world.run(world.stored(held), **how)


def rest_of(world: World, job: UploadJob) -> UploadJob:
    return world.stored(UploadJob.objects.get(**world.mine, rest_of=job))


def has_rest(world: World, job: UploadJob) -> bool:
    return UploadJob.objects.filter(**world.mine, rest_of=job).exists()


def seats(world: World, number: int) -> None:
    world.write(Pool, {"seats": number})


def holders(world: World) -> dict[str, str]:
    found: dict[str, str] = world.state["pools"]["license_english_status"]["holders"]
    return {email.split("@")[0]: words for email, words in found.items()}


def test_additions_are_applied_and_the_rest_is_held(world: World) -> None:
    """
    Ana's title and Flo come now; the leavers are a held job of their own, with its own plan.
    """
    world.send(FIVE)
    job = add_only(world, world.send(MIXED))
    rest = rest_of(world, job)

    assert job.status == JobStatus.DONE
    assert world.active == ["ana", "bo", "cy", "di", "ed", "flo"]
    assert sorted(set(kinds(job))) == ["created", "license_granted", "value_changed"]
    assert (rest.status, hold_codes(rest)[0]) == (JobStatus.HELD, "removals_later")
    assert sorted(set(kinds(rest))) == ["claim_lost", "deactivated", "license_revoked"]
    assert statuses(rest) == ["UNCHANGED"] * 3 + ["HELD"] * 3
    assert world.mails[-1] == (f"held-{rest.attempts}", world.owner.email)
    assert counts_add_up(job)
    assert counts_add_up(rest)


@pytest.mark.parametrize("mode", [Mode.FULL, Mode.CHANGES])
@pytest.mark.parametrize(("before", "after"), [(FIVE, MIXED), (STAFF, CUTS)])
def test_additions_and_rest_are_the_whole(make: Callable[..., World], mode: Mode, before: str, after: str) -> None:
    """
    Approved in two parts or at once, the directory is the same.
    """
    at_once, in_parts = make("Whole", mode), make("Parts", mode)
    for world in (at_once, in_parts):
        world.write(Feed, {"guards": {"joiners": {"number": 0, "percent": 0}}})
        seats(world, 5)
        world.send(before)
    held = [world.send(after) for world in (at_once, in_parts)]
    assert {job.status for job in held} == {JobStatus.HELD}

    at_once.run(at_once.approve(held[0]))
    additions = add_only(in_parts, held[1])
    if has_rest(in_parts, additions):
        in_parts.run(in_parts.approve(rest_of(in_parts, additions)))

    assert in_parts.state == at_once.state


def test_nobody_loses_anything_by_additions(world: World) -> None:
    """
    A plan of additions holds no line that takes something away; rows that wait for the rest say so.
    """
    world.set_feed(mode=Mode.CHANGES)
    world.send(STAFF)
    job = add_only(world, world.send(CUTS))
    people = {person["email"].split("@")[0]: person for person in world.state["learners"]}

    assert not {"deactivated", "value_cleared", "group_left", "license_revoked", "waiting_left"} & set(kinds(job))
    assert (people["bo"]["work_title"], people["bo"]["manager"]) == ("Cook", "ana@example.com")
    assert people["cy"]["worker_status"] == "active"
    assert "removal_later" in codes(job)
    assert statuses(job) == ["UPDATED", "UPDATED", "UPDATED", "SKIPPED", "UPDATED", "CREATED"]


def test_seats_come_free_only_with_the_rest(world: World) -> None:
    """
    Of five taken seats three are freed by leavers: Flo waits until they have left.
    """
    seats(world, 5)
    world.send(FIVE)

    job = add_only(world, world.send(MIXED))
    meanwhile = holders(world)
    world.run(world.approve(rest_of(world, job)))

    assert meanwhile["flo"].startswith("waiting")
    assert holders(world) == {"ana": "active", "bo": "active", "flo": "active"}


def test_who_is_about_to_leave_gets_no_seat_meanwhile(world: World) -> None:
    """
    Ed waits first, but leaves by the rest: the one free seat is Flo's.
    """
    seats(world, 4)
    world.send(FIVE)
    assert holders(world)["ed"].startswith("waiting")
    held = world.send(MIXED)
    seats(world, 5)

    job = add_only(world, held)

    assert job.status == JobStatus.DONE
    assert holders(world)["flo"] == "active"
    assert holders(world)["ed"].startswith("waiting")


def test_additions_alone_leave_no_rest(world: World) -> None:
    """
    A file that was held for its joiners takes nothing away: nothing is left.
    """
    world.set_feed(is_paused=True)

    job = add_only(world, world.send(FIVE))

    assert job.status == JobStatus.DONE
    assert not has_rest(world, job)


def test_rest_is_not_a_measure_for_the_next_file(world: World) -> None:
    """
    Until the rest is approved the feed remembers the last file that was applied whole.
    """
    world.send(FIVE)
    add_only(world, world.send(TWO))

    assert Feed.objects.get(**world.mine, id=world.feed.pk).last_rows == 5


def test_additions_go_with_the_rest_or_not_at_all(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    An attempt that dies before its end leaves neither.
    """
    world.send(FIVE)
    held = world.send(MIXED)
    before = world.state

    def die(*_: object, **__: object) -> None:
        raise ConnectionError

    monkeypatch.setattr("orgsync.server.uploads.rest.tell", die)
    with pytest.raises(ConnectionError):
        add_only(world, held)

    assert world.state == before
    assert not has_rest(world, held)
    assert world.stored(held).status == JobStatus.PROCESSING


def test_better_file_supersedes_the_rest(world: World) -> None:
    """
    A later full file says all there is to say, also where it came in before the additions were approved.
    """
    world.send(FIVE)
    held = world.send(MIXED)
    better = world.upload(FIVE)

    rest = rest_of(world, add_only(world, held))
    assert world.stored(better).status == JobStatus.QUEUED
    world.run(better)

    assert (world.stored(rest).status, world.stored(rest).reason_code) == (JobStatus.CANCELLED, "superseded")


def test_rest_supersedes_nothing_that_is_younger_than_its_file(world: World) -> None:
    """
    The rest became a job after the later file, but the file is older.
    """
    world.send(FIVE)
    held = world.send(MIXED)
    later = world.send(TWO)

    world.run(world.approve(rest_of(world, add_only(world, held))))

    assert world.stored(later).status == JobStatus.HELD


def test_approval_of_additions_covers_what_was_shown_and_nothing_else(world: World) -> None:
    """
    Bo's title was changed by hand since: the file would set it back, which nobody has seen.
    """
    world.send(FIVE)
    held = world.send(MIXED)
    world.write(Learner, {"work_title": "Baker"}, id=2)

    job = add_only(world, held)

    assert job.status == JobStatus.HELD
    assert hold_codes(job)[0] == "approval_exceeded"
    assert not job.takes_nothing
    assert "deactivated" in kinds(job)
    assert "flo" not in world.active
    assert add_only(world, job).status == JobStatus.DONE


def test_approval_of_additions_is_checked_again_under_the_lock(world: World) -> None:
    """
    Bo's title changes between plan and lock: held with the plan of the whole file.
    """
    world.send(FIVE)
    held = world.send(MIXED)

    job = add_only(world, held, clock=Meanwhile(lambda: world.write(Learner, {"work_title": "Baker"}, id=2), call=3))

    assert job.status == JobStatus.HELD
    assert "deactivated" in kinds(job)
    assert "flo" not in world.active


def test_rest_is_approved_whole(world: World) -> None:
    """
    There are no additions of a rest.
    """
    world.send(FIVE)
    rest = rest_of(world, add_only(world, world.send(MIXED)))

    with pytest.raises(DecisionRefused):
        approve_job(rest, by=world.owner, now=MONDAY, additions_only=True)


def test_rest_that_would_take_more_is_held_again(world: World) -> None:
    """
    Gus joins by a file of changes; the full file is silent on him, which the rest's plan did not show.
    """
    world.send(FIVE)
    rest = rest_of(world, add_only(world, world.send(MIXED)))
    world.send("primary_email_address\ngus@example.com\n", asked_mode=Mode.CHANGES)

    job = world.run(world.approve(rest))

    assert hold_codes(job)[0] == "approval_exceeded"
    assert "gus" in world.active


def test_lines_of_additions_and_rest_are_those_that_were_shown(world: World) -> None:
    """
    Person by person and kind by kind the two plans are the one that was approved.
    """
    world.send(FIVE)
    held = world.send(MIXED)
    job = add_only(world, held)

    def lines(shown: UploadJob) -> set[tuple[Any, ...]]:
        assert shown.plan is not None
        return set(read_plan(shown.plan).select("kind", "email", "target").rows())

    assert lines(job) | lines(rest_of(world, job)) == lines(held)
