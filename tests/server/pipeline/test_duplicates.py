"""Two records of one person: found, marked as different, or merged into one."""

import uuid
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from orgsync.core.model import JobStatus, Mode
from orgsync.server.directory.claims import count_overlaps, hand_over
from orgsync.server.directory.duplicates import Likeness, NotAPair, find_duplicates, mark_different
from orgsync.server.directory.integrity import find_faults
from orgsync.server.directory.models import Claim, Feed, Learner, PastClaim
from orgsync.server.learning.models import Activity, DaySum, Source, Verb
from orgsync.server.learning.recording import Deed, record
from orgsync.server.orgs.models import Admin, Organization
from orgsync.server.uploads.edits import EditRefused
from orgsync.server.uploads.merging import merge_people
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.undoing import start_undo
from tests.job_world import make_admin
from tests.server.pipeline.pipeline_world import MONDAY, World, codes, kinds

HR = """
    primary_email_address,unique_user_id,preferred_first_name,preferred_last_name,start_date,groups,license_english_status,manager_unique_user_id
    ana@example.com,E001,Ana,Silva,2024-02-01,Cooks,active,
    bo@example.com,E2,Bo,Lee,2024-02-01,Cooks,,E001
    cy@example.com,e-1,Cy,Roy,2020-01-01,,,
    ana.silva@example.com,E7,Ana,Silva,2024-02-01,Bakers,,
    ed@example.com,E9,Ed,Day,,,,E7
"""
_minutes = count(1)


def later() -> datetime:
    return MONDAY + timedelta(minutes=next(_minutes))


@pytest.fixture
def people(world: World) -> dict[str, Learner]:
    world.send(HR)
    found = Learner.objects.filter(organization_id=world.id)
    return {learner.primary_email_address.split("@")[0]: learner for learner in found}


def pairs(world: World, **page: Any) -> list[tuple[int, int, tuple[Likeness, ...]]]:
    return [(pair.learner.id, pair.other.id, pair.likenesses) for pair in find_duplicates(world.organization, **page)]


def merge(world: World, kept: Learner, other: Learner, **options: Any) -> UploadJob:
    at = later()
    return merge_people(world.organization, kept, other, world.owner, clock=lambda: at, **options)


def person(world: World, email: str) -> dict[str, Any]:
    return next(one for one in world.state["learners"] if one["email"] == email)


def test_records_that_are_alike_are_found_once(world: World, people: dict[str, Learner]) -> None:
    """
    By name and start date, by the id in another spelling; each pair with every likeness.
    """
    ana, cy, again = (people[name].id for name in ("ana", "cy", "ana.silva"))

    assert pairs(world) == [(ana, cy, (Likeness.USER_ID,)), (ana, again, (Likeness.NAME_AND_START,))]


def test_pages_follow_each_other(world: World, people: dict[str, Learner]) -> None:
    """
    The last pair of a page is where the next one begins.
    """
    first = pairs(world, limit=1)

    assert [*first, *pairs(world, after=first[0][:2])] == pairs(world)


def test_former_address_and_local_part_are_likenesses(world: World, people: dict[str, Learner]) -> None:
    """
    An address that went on to somebody of the same name; the same local part at another domain.
    """
    world.send(
        "unique_user_id,primary_email_address,preferred_first_name,preferred_last_name\n"
        "E2,bo.lee@example.com,Bo,Lee\nE77,bo@example.com,Robert,Lee\nE78,bo.lee@old.example.com,Bo,Lee\n",
        asked_mode=Mode.CHANGES,
    )

    found = {likenesses for _, _, likenesses in pairs(world)}

    assert {(Likeness.FORMER_ADDRESS,), (Likeness.LOCAL_PART,)} <= found


def test_records_marked_as_different_are_not_shown_again(world: World, people: dict[str, Learner]) -> None:
    """
    The mark holds in both directions, and is made once.
    """
    ana, cy = people["ana"], people["cy"]

    made = [mark_different(world.organization, *two, by=world.owner, now=MONDAY) for two in ((cy, ana), (ana, cy))]

    assert made == [True, False]
    assert len(pairs(world)) == 1
    with pytest.raises(NotAPair):
        mark_different(world.organization, ana, ana, by=world.owner, now=MONDAY)


def test_another_organization_sees_nothing(world: World, people: dict[str, Learner], make: Any) -> None:
    """
    Nothing joins across organizations.
    """
    other: World = make("Other")

    assert pairs(other) == []
    with pytest.raises(NotAPair):
        mark_different(other.organization, people["ana"], people["cy"], by=other.owner, now=MONDAY)


def test_merge_takes_over_what_is_chosen(world: World, people: dict[str, Learner]) -> None:
    """
    Keys, memberships, licenses, claims; whoever reported to the other record reports to the one that stays.
    """
    job = merge(world, people["ana.silva"], people["ana"], take=["unique_user_id", "memberships", "licenses", "claims"])

    assert job.status == JobStatus.DONE
    ana = person(world, "ana.silva@example.com")
    assert (ana["unique_user_id"], len(world.state["learners"])) == ("E001", 4)
    assert world.state["groups"] == {
        "Bakers": {"ana.silva@example.com": "file"},
        "Cooks": {"ana.silva@example.com": "file", "bo@example.com": "file"},
    }
    assert world.state["pools"]["license_english_status"]["holders"] == {"ana.silva@example.com": "active"}
    assert person(world, "bo@example.com")["manager"] == "ana.silva@example.com"
    assert "removed" in kinds(job)
    assert find_faults(world.id) == {}


def test_merge_takes_the_address_of_the_record_that_goes(world: World, people: dict[str, Learner]) -> None:
    """
    It is free because its holder goes in the same plan.
    """
    merge(world, people["ana.silva"], people["ana"], take=["primary_email_address"])

    assert person(world, "ana@example.com")["unique_user_id"] == "E7"
    assert "ana@example.com" not in world.state["groups"].get("Cooks", {})


def test_undo_brings_the_other_record_back(world: World, people: dict[str, Learner]) -> None:
    """
    With what it had, claims included, and the one that stayed as it was.
    """
    before = world.state
    job = merge(world, people["ana.silva"], people["ana"], take=["unique_user_id", "memberships", "licenses", "claims"])

    undo = world.run(start_undo(job, by=world.owner, now=later()), now=later())

    after = world.state
    again = world.run(start_undo(undo, by=world.owner, now=later()), now=later())

    assert (undo.status, again.status, again.reason) == (JobStatus.DONE, JobStatus.DONE, "")
    assert after == before
    assert len(world.state["learners"]) == 4
    assert find_faults(world.id) == {}


def test_admin_cannot_be_merged_away(world: World, people: dict[str, Learner]) -> None:
    """
    Their account hangs on the record.
    """
    clerk = make_admin(world.organization, "clerk@example.com")
    Admin.objects.filter(organization=world.organization, account=clerk).update(learner_id=people["ana"].id)

    job = merge(world, people["ana.silva"], people["ana"])

    assert job.status == JobStatus.FAILED
    assert "merge_refused" in codes(job)
    clerk.delete()


def test_record_is_not_merged_with_itself(world: World, people: dict[str, Learner]) -> None:
    """
    Neither with a stranger's, nor with something that no learner has.
    """
    with pytest.raises(EditRefused):
        merge(world, people["ana"], people["ana"])
    with pytest.raises(EditRefused, match="shoe_size"):
        merge(world, people["ana"], people["cy"], take=["shoe_size"])


def test_unclaimed_people_are_handed_to_a_feed(world: World, people: dict[str, Learner]) -> None:
    """
    Only those whom no feed claims, and who are there.
    """
    Claim.objects.filter(organization_id=world.id, learner_id__in=[people["bo"].id, people["cy"].id]).delete()
    Learner.objects.filter(organization_id=world.id, id=people["cy"].id).update(is_active=False)
    before = world.revision

    count = hand_over(world.organization, to=world.feed, source=None, now=MONDAY)

    assert (count, world.revision) == (1, before + 1)
    assert Claim.objects.filter(organization_id=world.id, feed_id=world.feed.pk).count() == 4


def test_people_go_from_feed_to_feed(world: World, people: dict[str, Learner]) -> None:
    """
    Whom both claimed keeps one claim; what ended is kept.
    """
    other = Feed.objects.create(organization=world.organization, name="Contractors", rank=1)
    Claim.objects.create(organization_id=world.id, learner_id=people["bo"].id, feed_id=other.pk)
    organization = Organization.objects.get(id=world.id)
    assert count_overlaps(organization) == [("Nightly HR", "Contractors", 1)]

    count = hand_over(organization, to=other, source=world.feed, now=MONDAY)

    assert count == 5
    assert set(Claim.objects.filter(organization_id=world.id).values_list("feed_id", flat=True)) == {other.pk}
    assert PastClaim.objects.filter(organization_id=world.id, feed_id=world.feed.pk).count() == 5
    assert count_overlaps(organization) == []


def test_what_people_did_goes_with_a_merge_and_comes_back_with_its_undo(
    world: World, people: dict[str, Learner]
) -> None:
    """
    The record that stays has done both; after the undo each has its own again, and the sums follow.
    """
    kept, other = people["ana"], people["ana.silva"]
    for learner in (kept, other):
        deed = Deed(learner.id, 7, Verb.COMPLETED, MONDAY, uuid.uuid4(), seconds=60)
        record(world.organization, [deed], source=Source.PAGE, now=MONDAY)

    job = merge(world, kept, other)
    sums = DaySum.objects.filter(organization_id=world.id)
    merged = list(sums.values_list("learner_id", "seconds", "completions"))
    world.run(start_undo(job, by=world.owner, now=later()))

    assert merged == [(kept.id, 120, 1)]
    assert set(sums.values_list("learner_id", "seconds")) == {(kept.id, 60), (other.id, 60)}
    moved = Activity.objects.filter(organization_id=world.id, former_learner_ids__isnull=False)
    assert not moved.exists()
