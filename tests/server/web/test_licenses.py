"""Licenses as an admin uses them: pools, seats, who holds and who waits, what is kept by hand, what came and went."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from orgsync.core.model import JobStatus
from orgsync.server.directory.models import Pool
from orgsync.server.directory.queries_licenses import history_of
from orgsync.server.uploads.models import UploadJob
from orgsync.server.web.views.account import BACKEND
from tests.server.pipeline.pipeline_world import World, make_world

STAFF = """
    primary_email_address,unique_user_id,preferred_first_name,license_english_status,license_french_status
    ana@example.com,E1,Ana,active,active
    bo@example.com,E2,Bo,active,active
    cy@example.com,E3,Cy,active,
"""
LICENSES = "/admin/licenses/"


@pytest.fixture
def world(transactional_db: None) -> World:
    """One seat for three who ask."""
    world = make_world()
    Pool.objects.filter(**world.mine).update(seats=1)
    world.send(STAFF)
    return world


@pytest.fixture
def owner(world: World) -> Client:
    client = Client()
    client.force_login(world.owner, backend=BACKEND)
    return client


def text_of(client: Client, path: str, **query: Any) -> str:
    return client.get(path, query).content.decode()


def newest(world: World) -> UploadJob:
    return world.stored(UploadJob.objects.filter(**world.mine).latest("id"))


def english(world: World) -> Pool:
    return Pool.objects.select_related("organization").get(**world.mine, key="license_english_status")


def holders(world: World) -> dict[str, Any]:
    return {
        email.split("@")[0]: one for email, one in world.state["pools"]["license_english_status"]["holders"].items()
    }


def test_column_without_a_pool_gets_one_by_a_click(world: World, owner: Client) -> None:
    """The page names it; the next file grants of it."""
    page = text_of(owner, LICENSES)
    assert "license_french_status" in page

    owner.post(LICENSES, {"header": "license_french_status", "name": "French"})
    world.send(STAFF.replace("Ana", "Anna"))

    assert "fit no pool" not in text_of(owner, LICENSES)
    assert len(world.state["pools"]["license_french_status"]["holders"]) == 2
    again = owner.post(LICENSES, {"header": "License French Status", "name": "Again"}).content.decode()
    assert "There is a pool of this column already" in again


def test_more_seats_serve_those_who_wait_in_their_order(world: World, owner: Client) -> None:
    """What it means is said first; then a job of its own grants, which can be undone."""
    pool = english(world)
    path = f"{LICENSES}{pool.pk}/"
    waiting = text_of(owner, path, show="waiting")
    assert waiting.index("bo@example.com") < waiting.index("cy@example.com")
    assert "No seat is free." in waiting

    asked = owner.post(path, {"name": "English", "seats": "2"})
    assert "1 of the 2 who wait" in asked.content.decode()
    assert english(world).seats == 1

    owner.post(path, {"name": "English", "seats": "2", "sure": "1"})
    job = world.run(newest(world))

    assert (job.status, job.source.file_name) == (JobStatus.DONE, "Seats of English: 1 → 2")
    states = {name: one["state"] if isinstance(one, dict) else one for name, one in holders(world).items()}
    assert {name: state.split()[0] for name, state in states.items()} == {
        "ana": "active",
        "bo": "active",
        "cy": "waiting",
    }


def test_fewer_seats_take_nobodys_license(world: World, owner: Client) -> None:
    """That is said before and after."""
    path = f"{LICENSES}{english(world).pk}/"

    asked = owner.post(path, {"name": "English", "seats": "0"}).content.decode()
    owner.post(path, {"name": "Englisch", "seats": "0", "sure": "1"})

    assert "Nobody loses theirs" in asked
    assert (english(world).name, english(world).seats) == ("Englisch", 0)
    assert "1 more are granted than there are seats" in text_of(owner, path)
    assert newest(world).kind == "file"


def test_license_by_hand_is_kept_until_that_is_lifted(world: World, owner: Client) -> None:
    """Revoked by hand it frees the seat; the list of what is kept by hand lets files decide again."""
    path = f"{LICENSES}{english(world).pk}/"

    owner.post(f"{path}people/", {"do": "revoke", "people": "E1"})
    world.send(STAFF.replace("Ana", "Anna"))
    kept = text_of(owner, path, show="by-hand")
    assert "ana@example.com" in kept
    assert "bo@example.com" not in kept
    assert "bo@example.com" in text_of(owner, path)

    owner.post(f"{path}people/", {"do": "lift", "who": ["1"]})

    assert "There is nobody in this view" in text_of(owner, path, show="by-hand")
    lines = b"".join(owner.get(f"{path}download/", {"show": "active"}).streaming_content).decode().splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["bo@example.com"]
    assert b"English,license_english_status,1,1" in b"".join(owner.get(f"{LICENSES}download/").streaming_content)


def test_history_counts_by_day_what_came_and_went(world: World, owner: Client) -> None:
    """A license that goes on, by hand after by file, has neither come nor gone."""
    path = f"{LICENSES}{english(world).pk}/"
    owner.post(f"{path}people/", {"do": "grant", "people": "ana@example.com"})
    owner.post(f"{path}people/", {"do": "revoke", "people": "ana@example.com"})
    today = timezone.now().date()
    granted_on = english(world)

    days = history_of(granted_on, today - timedelta(days=2), today, "UTC")

    assert [(day.granted, day.revoked) for day in days] == [(0, 0), (0, 0), (1, 1)]
    page = text_of(owner, path, show="history")
    assert "The last 90 days" in page
    assert "not recorded here yet" in text_of(owner, path, show="long")
