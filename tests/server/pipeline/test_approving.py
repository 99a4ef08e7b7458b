"""Who approves, for how long, and what a file that was held has to leave to the files after it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from orgsync.core.model import JobStatus, Mode
from orgsync.server.directory.models import Feed
from orgsync.server.orgs.models import Account, Admin, Organization, Role
from orgsync.server.uploads import transitions
from orgsync.server.uploads.approvals import lines_since_approval
from orgsync.server.uploads.decisions import DecisionRefused, approve_job, reject_job
from orgsync.server.uploads.models import JobKind, UploadJob
from tests.job_world import make_admin
from tests.server.pipeline.pipeline_world import FIVE, MONDAY, TWO, World, codes, hold_codes, statuses

CUTS = """
    unique_user_id,work_title,department_name,worker_status,groups,license_english_status
    E1,Chef,Bar,active,Kitchen,inactive
    E2,Chef,,inactive,,
    E3,Chef,,inactive,,
    E4,Chef,,inactive,,
"""
"""A file of changes that is held: three of five people leave."""


@pytest.fixture
def pair(world: World) -> Iterator[tuple[Account, Account]]:
    """Two admins of an organization that asks for two people."""
    Organization.objects.filter(id=world.id).update(needs_second_person=True)
    dan, eve = (make_admin(world.organization, f"{name}@acme.example.com") for name in ("dan", "eve"))
    yield dan, eve
    Admin.objects.filter(organization=world.organization, account__in=[dan, eve]).delete()
    Account.objects.filter(id__in=[dan.pk, eve.pk]).delete()


def held(world: World, text: str = TWO) -> UploadJob:
    world.send(FIVE)
    job = world.send(text)
    assert job.status == JobStatus.HELD
    return world.stored(job)


def held_changes(world: World) -> UploadJob:
    world.set_feed(mode=Mode.CHANGES)
    return held(world, CUTS)


def titles(world: World) -> dict[str, str]:
    return {person["unique_user_id"]: person["work_title"] for person in world.state["learners"]}


def overtaken(job: UploadJob) -> set[str]:
    return {message["column"] for message in job.messages if message["code"] == "overtaken"}


def test_first_of_two_approvals_applies_nothing(world: World, pair: tuple[Account, Account]) -> None:
    """
    It is noted with who and when; the second one queues the job.
    """
    job = held(world)

    is_approved = approve_job(job, by=pair[0], now=MONDAY)
    first = world.stored(job)
    is_approved_then = approve_job(world.stored(job), by=pair[1], now=MONDAY)

    assert (is_approved, is_approved_then) == (False, True)
    assert (first.status, first.first_approved_by, first.first_approved_at) == (JobStatus.HELD, pair[0], MONDAY)
    assert world.run(job).status == JobStatus.DONE
    assert (world.stored(job).first_approved_by, world.stored(job).approved_by) == pair
    assert world.active == ["ana", "bo"]


def test_second_approval_is_somebody_elses(world: World, pair: tuple[Account, Account]) -> None:
    """
    The same person twice is one person.
    """
    job = held(world)
    approve_job(job, by=pair[0], now=MONDAY)

    with pytest.raises(DecisionRefused, match="somebody else"):
        approve_job(world.stored(job), by=pair[0], now=MONDAY)

    assert world.stored(job).status == JobStatus.HELD


def test_two_approve_the_same(world: World, pair: tuple[Account, Account]) -> None:
    """
    One says additions, the other says all: nothing happens.
    """
    job = held(world)
    approve_job(job, by=pair[0], now=MONDAY, additions_only=True)

    with pytest.raises(DecisionRefused, match="only the additions"):
        approve_job(world.stored(job), by=pair[1], now=MONDAY)
    approve_job(world.stored(job), by=pair[1], now=MONDAY, additions_only=True)

    assert world.run(job).status == JobStatus.DONE
    assert len(world.active) == 5


def test_first_approval_of_who_may_no_longer_decide_does_not_count(world: World, pair: tuple[Account, Account]) -> None:
    """
    Dan is only a reader by now: Eve's approval is the first.
    """
    job = held(world)
    approve_job(job, by=pair[0], now=MONDAY)
    Admin.objects.filter(organization=world.organization, account=pair[0]).update(role=Role.READ_ONLY)

    assert not approve_job(world.stored(job), by=pair[1], now=MONDAY)
    assert world.stored(job).first_approved_by == pair[1]


def test_two_first_approvals_at_once_are_not_two(world: World, pair: tuple[Account, Account]) -> None:
    """
    Both have read the job before anybody approved: the later word is refused and has to be given on what is there.
    """
    job = held(world)
    seen = world.stored(job)
    approve_job(job, by=pair[0], now=MONDAY)

    with pytest.raises(DecisionRefused):
        approve_job(seen, by=pair[1], now=MONDAY)


def test_both_approvals_are_given_anew_for_a_new_plan(world: World, pair: tuple[Account, Account]) -> None:
    """
    The job is held again with another plan: what two people said of the old one counts no more.
    """
    job = held(world)
    world.send("primary_email_address\nflo@example.com\n", asked_mode=Mode.CHANGES)
    for account in pair:
        approve_job(world.stored(job), by=account, now=MONDAY)

    again = world.run(world.stored(job))

    assert again.status == JobStatus.HELD
    assert again.first_approved_by is None
    assert not approve_job(again, by=pair[1], now=MONDAY)


def test_one_person_rejects(world: World, pair: tuple[Account, Account]) -> None:
    """
    To apply nothing takes no second person.
    """
    job = held(world)
    approve_job(job, by=pair[0], now=MONDAY)

    reject_job(world.stored(job), by=pair[0], now=MONDAY)

    assert world.stored(job).status == JobStatus.CANCELLED


def test_job_that_was_held_for_too_long_is_not_approved(world: World) -> None:
    """
    Also when no sweep has come by to cancel it.
    """
    job = held(world)
    late = MONDAY + timedelta(days=7, seconds=1)

    with pytest.raises(DecisionRefused, match="too long"):
        approve_job(job, by=world.owner, now=late)
    assert transitions.cancel_expired(now=late) == 1
    assert world.stored(job).reason_code == "expired"


def test_old_approval_counts_no_more(world: World) -> None:
    """
    The queue stood still for more than a week: the job is held again, and says why.
    """
    job = held(world)
    approve_job(job, by=world.owner, now=MONDAY - timedelta(days=8))

    again = world.run(world.stored(job))

    assert (again.status, hold_codes(again)[0]) == (JobStatus.HELD, "approval_expired")
    assert world.run(world.approve(again)).status == JobStatus.DONE


def test_difference_to_the_approved_plan_is_shown_person_by_person(world: World) -> None:
    """
    Held again because of Flo: she is in the difference, those who were approved are not.
    """
    job = held(world)
    world.send("primary_email_address\nflo@example.com\n", asked_mode=Mode.CHANGES)
    assert lines_since_approval(job).is_empty()

    again = world.run(world.approve(job))

    assert lines_since_approval(again).select("kind", "email").rows() == [
        ("deactivated", "flo@example.com"),
        ("claim_lost", "flo@example.com"),
    ]
    assert again.hold_reasons[0]["count"] == 2


def test_held_changes_give_way_to_later_files(world: World) -> None:
    """
    Ana's title, department, group and license were written by a later file: they stay and are listed.
    """
    job = held_changes(world)
    world.send(
        "unique_user_id,work_title,department_name,groups,license_english_status\nE1,Baker,Oven,Garden,\nE5,Baker,,,\n"
    )

    done = world.run(world.approve(job))

    assert done.status == JobStatus.DONE
    assert titles(world) == {"E1": "Baker", "E2": "Chef", "E3": "Chef", "E4": "Chef", "E5": "Baker"}
    assert overtaken(done) == {"work_title", "department_name", "groups"}
    assert world.state["groups"]["Garden"] == {"ana@example.com": "file"}


def test_memberships_and_licenses_that_a_later_file_wrote_stay(world: World) -> None:
    """
    The held file keeps Ana in a group and without a license; a later one did the opposite.
    """
    world.set_feed(mode=Mode.CHANGES)
    world.send(FIVE)
    world.send("unique_user_id,add_to_groups,license_english_status\nE1,Garden,inactive\n")
    job = world.send(CUTS.replace("Kitchen", "Garden"))
    assert job.status == JobStatus.HELD
    world.send("unique_user_id,remove_from_groups,license_english_status\nE1,Garden,active\n")

    done = world.run(world.approve(job))

    assert world.state["groups"] == {"Garden": {}}
    assert "ana@example.com" in world.state["pools"]["license_english_status"]["holders"]
    assert overtaken(done) == {"groups", "license_english_status"}


def test_person_who_came_back_by_a_later_file_stays(world: World) -> None:
    """
    Bo was made inactive and active again by later files: the held file does not send him away.
    """
    job = held_changes(world)
    world.send("unique_user_id,worker_status\nE2,inactive\n")
    world.send("unique_user_id,worker_status\nE2,active\n")

    world.run(world.approve(job))

    assert world.active == ["ana", "bo", "ed"]


def test_person_whom_a_later_file_created_is_as_that_file_says(world: World) -> None:
    """
    Both files bring Flo; the values that the later one gave her stay, others are filled.
    """
    world.set_feed(mode=Mode.CHANGES, is_paused=True)
    joining = world.send(
        "primary_email_address,unique_user_id,work_title,department_name\nflo@example.com,E6,Cook,Bar\n"
    )
    world.set_feed(is_paused=False)
    world.send("primary_email_address,unique_user_id,work_title\nflo@example.com,E6,Chef\n")

    done = world.run(world.approve(joining))

    person = next(one for one in world.state["learners"] if one.get("unique_user_id") == "E6")
    assert (person["work_title"], person["department_name"]) == ("Chef", "Bar")
    assert "overtaken" in codes(done)


def test_address_that_a_later_file_gave_stays(world: World) -> None:
    """
    The held file knows an older address; whoever counted on the one that it frees is refused, and nothing breaks.
    """
    world.set_feed(mode=Mode.CHANGES, is_paused=True)
    world.send(FIVE)
    world.run(world.approve(world.stored(UploadJob.objects.get(**world.mine))))
    job = world.send(
        "unique_user_id,primary_email_address\nE1,ana.old@example.com\nE6,ana@example.com\nE2,bo.new@example.com\n"
    )
    world.set_feed(is_paused=False)
    world.send("unique_user_id,new_unique_user_id,primary_email_address\nE1,,ana.new@example.com\n")

    done = world.run(world.approve(job))

    assert done.status == JobStatus.DONE
    assert sorted(world.active) == ["ana", "ana.new", "bo.new", "cy", "di", "ed"]
    assert statuses(done) == ["SKIPPED", "CREATED", "UPDATED"]


def test_files_before_it_and_other_feeds_overtake_nothing(world: World) -> None:
    """
    What an older file of the feed writes late, or another feed, is what the held file was to change.
    """
    world.set_feed(mode=Mode.CHANGES)
    world.send(FIVE)
    older = world.send(CUTS)
    other = Feed.objects.create(organization=world.organization, name="Contractors", rank=9)
    world.set_feed(is_paused=True)
    job = world.send("unique_user_id,work_title\nE1,Baker\nE5,Baker\n")
    world.set_feed(is_paused=False)
    world.run(world.upload("unique_user_id,work_title\nE5,Smith\n", feed=other, asked_mode=Mode.CHANGES))
    world.run(world.approve(older))

    done = world.run(world.approve(job))

    assert titles(world)["E1"] == "Baker"
    assert titles(world)["E5"] == "Baker"
    assert "overtaken" not in codes(done)


def test_only_files_are_superseded(world: World) -> None:
    """
    An undo or edits by hand that wait for a word are no older file.
    """
    job = held(world)
    UploadJob.objects.filter(**world.mine, id=job.pk).update(kind=JobKind.EDIT)

    world.send(FIVE.replace("Cook", "Chef"))

    assert world.stored(job).status == JobStatus.HELD
