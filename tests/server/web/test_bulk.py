"""Bulk actions: people are ticked or meant by a filter, the plan is shown, and a word applies it."""

from typing import Any

import polars as pl
import pytest
from django.test import Client
from django.utils import timezone

from orgsync.core.edits import Edit, check_edits, write_edits, write_same
from orgsync.core.model import JobStatus
from orgsync.server.directory.models import Claim, Feed, Learner, Override
from orgsync.server.orgs.models import Role
from orgsync.server.uploads.models import UploadJob
from orgsync.server.web.views.account import BACKEND
from tests.server.pipeline.conftest import db, make, world  # noqa: F401  the pipeline's own fixtures
from tests.server.pipeline.pipeline_world import FIVE, World
from tests.server.web.conftest import signed_in

CHANGE = "/admin/people/learners/change/"


@pytest.fixture
def owner(world: World) -> Client:  # noqa: F811
    world.send(FIVE)
    client = Client()
    client.force_login(world.owner, backend=BACKEND)
    return client


def text(response: Any) -> str:
    assert response.status_code == 200
    return str(response.content.decode())


def planned(world: World, answer: Any) -> UploadJob:  # noqa: F811
    """Let the worker plan what was asked for; return the job, which waits."""
    job = UploadJob.objects.filter(**world.mine).latest("id")
    assert answer["Location"] == f"/admin/people/sync-history/{job.public_id}/"
    return world.run(job, now=timezone.now(), clock=timezone.now)


def confirm(world: World, client: Client, job: UploadJob) -> UploadJob:  # noqa: F811
    assert job.status == JobStatus.HELD
    assert job.plan is not None
    given = {"decision": "approve", "plan": job.plan.public_id, "is_looked_at": "on"}
    client.post(f"/admin/people/sync-history/{job.public_id}/decide/", given)
    return world.run(world.stored(job), now=timezone.now(), clock=timezone.now)


def titles(world: World) -> dict[str, Any]:  # noqa: F811
    people = Learner.objects.filter(**world.mine).order_by("id")
    return dict(people.values_list("unique_user_id", "work_title"))


def test_everybody_whom_the_filter_finds_is_changed_after_a_look(world: World, owner: Client) -> None:  # noqa: F811
    """
    No form holds an id; the plan changes nothing before somebody confirms it; undoing is possible as of any job.
    """
    Learner.objects.filter(**world.mine, unique_user_id="E5").update(department_name="Bar")
    query = f"{CHANGE}?whom=all&attribute=department_name"
    page = text(owner.get(query))

    answer = owner.post(query, {"do": "set", "attribute": "work_title", "value": "Chef", "keeps": "on"})
    job = planned(world, answer)

    assert "Change 4 people" in page
    assert 'name="id"' not in page
    assert job.source.file_name == "Set an attribute: Work title = Chef"
    assert set(titles(world).values()) == {"Cook"}
    assert confirm(world, owner, job).status == JobStatus.DONE
    assert titles(world) == {"E1": "Chef", "E2": "Chef", "E3": "Chef", "E4": "Chef", "E5": "Cook"}
    assert Override.objects.filter(**world.mine, target="work_title").count() == 4

    job = confirm(world, owner, planned(world, owner.post(f"{CHANGE}?whom=all", {"do": "lift"})))

    assert (job.total_count, Override.objects.filter(**world.mine).count()) == (4, 0)


def test_ticked_people_are_changed(world: World, owner: Client) -> None:  # noqa: F811
    """
    Also a single one only after a look; each action takes its own fields.
    """
    two = "?whom=ticked&id=1&id=2&id=999"
    pool = world.organization.pool_set.get().pk
    asked = [
        {"do": "revoke", "pool": pool},
        {"do": "manager", "manager": "E3"},
        {"do": "protect"},
        {"do": "clear", "attribute": "work_title"},
    ]

    for given in asked:
        confirm(world, owner, planned(world, owner.post(f"{CHANGE}{two}", given)))
    alone = planned(world, owner.post(f"{CHANGE}?whom=ticked&id=3", {"do": "deactivate"}))

    people = Learner.objects.filter(**world.mine, manager_id=3, is_protected=True, work_title=None)
    assert list(people.order_by("id").values_list("id", flat=True)) == [1, 2]
    assert alone.status == JobStatus.HELD
    assert "Revoke a license" in text(owner.get("/admin/people/sync-history/"))


def test_people_are_handed_to_a_feed_by_a_second_word(world: World, owner: Client) -> None:  # noqa: F811
    """
    What it changes is counted first; others lose their claims only when that is asked for.
    """
    feed = Feed.objects.create(organization=world.organization, name="Contractors", rank=5)
    given = {"do": "hand", "feed": feed.pk, "is_alone": "on"}

    page = text(owner.post(f"{CHANGE}?whom=ticked&id=1&id=2", given))
    before = Claim.objects.filter(**world.mine, feed_id=feed.pk).count()
    told = text(owner.post(f"{CHANGE}?whom=ticked&id=1&id=2", given | {"is_sure": "on"}, follow=True))

    assert "2 people are claimed by the feed who were not before" in page
    assert "2 claims of other feeds end" in page
    assert before == 0
    assert "Contractors claims 2 more people" in told
    claims = Claim.objects.filter(**world.mine, learner_id__in=[1, 2]).values_list("learner_id", "feed_id")
    assert sorted(claims) == [(1, feed.pk), (2, feed.pk)]


def test_what_is_missing_or_unknown_is_said(world: World, owner: Client) -> None:  # noqa: F811
    """
    Nothing is planned; and who may only look is not even asked.
    """
    reader = signed_in(world.organization, "bulk.reader@example.com", Role.READ_ONLY)
    jobs = UploadJob.objects.filter(**world.mine).count()

    assert "Choose somebody first" in text(owner.get(f"{CHANGE}?whom=ticked", follow=True))
    assert "Choose somebody first" in text(owner.get(f"{CHANGE}?whom=all&q=nobody", follow=True))
    for given in ({"do": "set", "attribute": "work_title"}, {"do": "join", "group": "Nope"}, {"do": ""}, {"do": "x"}):
        assert "errorlist" in text(owner.post(f"{CHANGE}?whom=all", given))
    assert reader.get(f"{CHANGE}?whom=all").status_code == 403
    assert 'name="whom"' not in text(reader.get("/admin/people/learners/"))
    assert 'name="whom" value="all"' in text(owner.get("/admin/people/learners/"))
    assert UploadJob.objects.filter(**world.mine).count() == jobs


def test_same_edit_of_many_is_the_file_of_each() -> None:
    """
    Written as a set it says what the edits say one by one.
    """
    same = {
        "values": {"work_title": 'Chef, "first"', "department_name": None},
        "joins": ["A, B"],
        "keeps": ["work_title"],
    }
    edits = [Edit(number, f"p{number}@example.com", **same) for number in (3, 4)]
    people = pl.DataFrame({"learner_id": [3, 4], "address": ["p3@example.com", "p4@example.com"]})

    written = b"".join(write_same(Edit(0, "", **same), [people.head(1), people.tail(1)]))

    one_by_one, at_once = (check_edits(file, license_keys=[]) for file in (write_edits(edits), written))
    assert at_once.checked.rows.equals(one_by_one.checked.rows)
    assert at_once.checked.issues.is_empty()
