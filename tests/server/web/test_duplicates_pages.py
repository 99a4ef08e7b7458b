"""People › Duplicates and spellings as an admin uses them: compared, merged by a plan, told apart, made one."""

from typing import Any

import pytest
from django.test import Client

from orgsync.core.model import JobStatus
from orgsync.server.directory.models import Learner
from orgsync.server.uploads.models import UploadJob
from orgsync.server.web.views.account import BACKEND
from tests.server.pipeline.pipeline_world import World, make_world

STAFF = """
    primary_email_address,unique_user_id,preferred_first_name,preferred_last_name,start_date,department_name,work_title,groups
    ana@example.com,E1,Ana,Silva,2024-02-01,Sales,Cook,Cooks
    ana.silva@example.com,E7,Ana,Silva,2024-02-01,sales,,Bakers
    bo@example.com,E2,Bo,Lee,2020-01-01,Sales,Waiter,
    cy@example.com,e-2,Cy,Roy,2021-01-01,Ops,Waiter,
"""
DUPLICATES, PAIR = "/admin/people/duplicates/", "/admin/people/duplicates/1/2/"


@pytest.fixture
def world(transactional_db: None) -> World:
    world = make_world()
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


def test_pairs_are_listed_by_what_they_are_alike_in(world: World, owner: Client) -> None:
    """All, those of one kind, and as a file; one marked as two people is gone."""

    def shown(**query: str) -> list[tuple[int, int]]:
        pairs = owner.get(DUPLICATES, query).context["pairs"]
        return [(pair.learner.id, pair.other.id) for pair, _words in pairs]

    assert shown() == [(1, 2), (3, 4)]
    assert (shown(kind="user_id"), shown(after="1-2"), shown(after="3-4")) == ([(3, 4)], [(3, 4)], [])
    lines = b"".join(owner.get(f"{DUPLICATES}download/").streaming_content).decode().splitlines()
    assert lines[1] == "ana@example.com,E1,ana.silva@example.com,E7,name_and_start"

    owner.post("/admin/people/duplicates/3/4/", {"do": "different"})

    assert shown() == [(1, 2)]
    assert "the same ID in two spellings" in text_of(owner, "/admin/people/duplicates/3/4/")


def test_merge_is_planned_first_and_can_be_undone(world: World, owner: Client) -> None:
    """The one that stays gets what was chosen, and what it lacks; nothing happens before the plan is approved."""
    page = text_of(owner, PAIR)
    assert "the same name and start date" in page
    assert 'name="from-department_name"' in page
    assert 'name="from-work_title"' not in page

    told = owner.post(PAIR, {"do": "merge", "stays": "other", "from-primary_email_address": "one", "memberships": "on"})
    job = newest(world)
    assert told["Location"] == f"/admin/people/sync-history/{job.public_id}/"
    assert (job.status, Learner.objects.filter(**world.mine).count()) == (JobStatus.HELD, 4)
    world.run(world.approve(job))

    kept = Learner.objects.get(**world.mine, id=2)
    assert not Learner.objects.filter(**world.mine, id=1).exists()
    values = (kept.primary_email_address, kept.unique_user_id, kept.department_name, kept.work_title)
    assert values == ("ana@example.com", "E7", "sales", "Cook")
    assert set(world.state["groups"]["Cooks"]) == set(world.state["groups"]["Bakers"]) == {"ana@example.com"}
    assert owner.get(PAIR).status_code == 404


def test_spellings_are_made_one_by_a_plan(world: World, owner: Client) -> None:
    """The usual one is offered; who has another gets it once the plan is approved."""
    found = owner.get("/admin/people/spellings/").context["found"]
    assert [one.values for one in found] == [[("Sales", 2), ("sales", 1)]]
    assert owner.get("/admin/people/spellings/", {"attribute": "work_title"}).context["found"] == []

    owner.post("/admin/people/spellings/", {"attribute": "department_name", "keep": "Marketing"})
    assert newest(world).kind == "file"
    owner.post("/admin/people/spellings/", {"attribute": "department_name", "keep": "Sales"})
    job = world.run(newest(world))
    assert job.status == JobStatus.HELD
    world.run(world.approve(job))

    assert Learner.objects.get(**world.mine, id=2).department_name == "Sales"
    assert owner.get("/admin/people/spellings/").context["found"] == []
