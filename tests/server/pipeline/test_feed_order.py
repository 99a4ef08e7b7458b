"""Two feeds that disagree: the higher one's word counts, and nothing flips from night to night."""

from typing import Any

import pytest

from orgsync.core.model import JobStatus, Mode
from orgsync.server.directory.models import Feed
from orgsync.server.uploads.models import UploadJob
from tests.server.pipeline.pipeline_world import World, codes, statuses

HR = """
    unique_user_id,primary_email_address,department_name,work_title,manager_unique_user_id
    E1,ana@example.com,Sales,,
    E2,bo@example.com,Sales,Cook,E1
"""
OTHER = """
    unique_user_id,primary_email_address,department_name,work_title,job_level
    E1,ana@example.com,Marketing,Chef,Senior
"""


@pytest.fixture
def lower(world: World) -> Feed:
    """Return a feed that stands below the world's, which has named two people."""
    world.send(HR)
    return Feed.objects.create(organization=world.organization, name="Contractors", rank=5, mode=Mode.CHANGES)


def send(world: World, feed: Feed, text: str) -> UploadJob:
    return world.run(world.upload(text, feed=feed))


def person(world: World, email: str = "ana@example.com") -> dict[str, Any]:
    return next(one for one in world.state["learners"] if one["email"] == email)


def test_higher_feed_keeps_what_it_speaks_for(world: World, lower: Feed) -> None:
    """
    Its value stays; what it left empty, or never speaks of, the lower feed may give.
    """
    job = send(world, lower, OTHER)

    ana = person(world)
    assert (ana["department_name"], ana["work_title"], ana["job_level"]) == ("Sales", "Chef", "Senior")
    assert job.status == JobStatus.DONE
    warning = next(message for message in job.messages if message["code"] == "owned_by_other_feed")
    assert (warning["row"], warning["column"]) == (2, "department_name")
    assert "Nightly HR" in warning["message"]


def test_nothing_flips_from_night_to_night(world: World, lower: Feed) -> None:
    """
    After the first night neither file changes anything, in whatever order they come.
    """
    send(world, lower, OTHER)
    world.send(HR)
    before = world.state

    again = [send(world, lower, OTHER), world.send(HR), send(world, lower, OTHER)]

    assert [job.updated_count for job in again] == [0, 0, 0]
    assert world.state == before


def test_lower_feed_may_change_whom_the_higher_does_not_claim(world: World, lower: Feed) -> None:
    """
    The order of feeds matters only where both name the person.
    """
    send(world, lower, "unique_user_id,primary_email_address,department_name\nE9,zoe@example.com,Sales\n")

    job = send(world, lower, "unique_user_id,department_name\nE9,Marketing\n")

    assert statuses(job) == ["UPDATED"]
    assert person(world, "zoe@example.com")["department_name"] == "Marketing"


def test_lower_feed_makes_no_leaver_of_whom_the_higher_lists(world: World, lower: Feed) -> None:
    """
    The higher feed has no status column: that it names the person says enough.
    """
    job = send(world, lower, "unique_user_id,worker_status\nE1,inactive\n")

    assert world.active == ["ana", "bo"]
    assert codes(job) == ["owned_by_other_feed"]


def test_lower_feed_changes_no_address_and_no_manager(world: World, lower: Feed) -> None:
    """
    Keys and managers flip as attributes do, so they have an owner too.
    """
    job = send(
        world,
        lower,
        "unique_user_id,primary_email_address,manager_unique_user_id\nE2,bo@contractors.example.com,E2\nE1,ana@example.com,E2\n",
    )

    bo = person(world, "bo@example.com")
    assert bo["manager"] == "ana@example.com"
    assert "owned_by_other_feed" in codes(job)
    assert person(world)["email"] == "ana@example.com"


def test_higher_feed_takes_over_from_the_lower(world: World, lower: Feed) -> None:
    """
    What the lower feed gave first, the higher changes as soon as it speaks of it.
    """
    send(world, lower, OTHER)

    world.send(HR.replace("Sales,,", "Sales,Baker,"))

    assert person(world)["work_title"] == "Baker"


def test_of_two_feeds_of_one_rank_the_older_is_higher(world: World, lower: Feed) -> None:
    """
    Without a tie-break their values would change places every night.
    """
    Feed.objects.filter(organization_id=world.id, id=lower.pk).update(rank=0)

    send(world, lower, OTHER)

    assert person(world)["department_name"] == "Sales"
