"""Whatever pages do by hand, over /api/v1: people, groups, licenses, duplicates, erasures; each a job with an undo."""

from typing import Any

import pytest
from django.http import HttpResponse

from orgsync.server.directory.models import Group, Learner, Pool
from orgsync.server.uploads.erasurerequests import carry_out
from tests.server.api_v1.api_world import Caller, make_caller
from tests.server.pipeline.pipeline_world import FIVE, MONDAY, World


@pytest.fixture
def caller(world: World) -> Caller:
    """Come as a program of the owner, to an organization of five people."""
    assert world.send(FIVE).status == "DONE"
    return make_caller(world.organization, world.owner)


def done(answer: HttpResponse) -> dict[str, Any]:
    assert answer.status_code == 202, answer.content
    job: dict[str, Any] = answer.json()
    assert job["status"] == "DONE", job
    return job


def ids(world: World) -> dict[str, int]:
    people = Learner.objects.filter(**world.mine).values_list("primary_email_address", "id")
    return {email.split("@")[0]: number for email, number in people}


def test_a_person_is_added_changed_and_brought_back(world: World, caller: Caller) -> None:
    """Each step is a job; the timeline tells of it, and an undo takes it back."""
    added = done(
        caller.post("learners", {"primary_email_address": "flo@example.com", "values": {"work_title": "Chef"}})
    )
    flo = ids(world)["flo"]
    changed = done(caller.send("PATCH", f"learners/{flo}", {"values": {"work_title": "Boss"}, "keeps": ["work_title"]}))
    done(caller.send("PATCH", f"learners/{flo}", {"manager": ids(world)["ana"], "is_protected": True}))
    shown = caller.get(f"learners/{flo}").json()

    assert shown["values"]["work_title"] == "Boss"
    assert (shown["created_by"], shown["origins"]["work_title"]["job"]) == (added["id"], changed["id"])
    assert shown["overrides"][0]["target"] == "work_title"
    assert (shown["manager"], shown["is_protected"]) == (ids(world)["ana"], True)
    done(caller.post(f"learners/{flo}/deactivate"))
    assert caller.get(f"learners/{flo}").json()["is_active"] is False
    assert [one["id"] for one in caller.walk("learners", status="inactive")] == [flo]
    done(caller.post(f"learners/{flo}/reactivate"))
    moments = caller.walk(f"learners/{flo}/timeline")
    facts = {(fact["name"], fact["after"]) for moment in moments for fact in moment["facts"]}
    assert {("work_title", "Boss"), ("is_active", "true")} <= facts or ("worker_status", "inactive") in facts
    undone = caller.post(f"jobs/{changed['id']}/undo", {"dryRun": True, "people": [flo]})
    assert (undone.status_code, undone.json()["dryRun"]) == (201, True)


def test_what_cannot_be_is_said(world: World, caller: Caller) -> None:
    """409 where the engine refuses, 422 where the request is no sense."""
    ana = ids(world)["ana"]

    assert caller.post("learners", {"primary_email_address": "ana@example.com"}).status_code == 409
    assert caller.post("learners", {"primary_email_address": "no address"}).status_code == 409
    assert caller.send("PATCH", f"learners/{ana}", {"primary_email_address": "bo@example.com"}).status_code == 409
    for body in ({}, {"values": {"nonsense": "x"}}, {"joins": [10**9]}, {"grants": [10**9]}, {"manager": 10**9}):
        assert caller.send("PATCH", f"learners/{ana}", body).status_code == 422, body
    assert caller.get("learners", attribute="nonsense").status_code == 422


def test_lists_are_narrowed_and_walked(world: World, caller: Caller) -> None:
    """By all that the page of learners knows; page by page everybody comes once."""
    pool = Pool.objects.get(**world.mine)

    assert [one["id"] for one in caller.walk("learners", limit=2)] == sorted(ids(world).values())
    assert [one["unique_user_id"] for one in caller.walk("learners", q="bo@")] == ["E2"]
    assert len(caller.walk("learners", pool=pool.pk, license="active", feed=world.feed.pk)) == 5
    assert caller.walk("learners", unclaimed=True) == []
    assert len(caller.walk("learners", attribute="work_title", value="Cook")) == 5
    assert len(caller.walk(f"pools/{pool.pk}/holders", limit=2)) == 5


def test_groups_and_rules(world: World, caller: Caller) -> None:
    """One member at once, several after a word on the plan; a rule is tried, queued, and ended."""
    people = ids(world)
    made = caller.post("groups", {"name": "Crew"}).json()
    path = f"groups/{made['id']}"
    done(caller.post(f"{path}/members", {"joins": [people["ana"]]}))
    several = caller.post(f"{path}/members", {"joins": [people["bo"], people["cy"]]}).json()
    assert several["status"] == "HELD"
    assert caller.post(f"jobs/{several['id']}/approve", {"plan": "another"}).status_code == 412
    assert caller.post(f"jobs/{several['id']}/approve", {"plan": several["plan"]}).json()["status"] == "QUEUED"
    assert [one["reasons"] for one in caller.walk(f"{path}/members")] == [["hand"]]
    assert caller.get(f"{path}/members/{people['ana']}/why").json()["reasons"] == ["hand"]
    assert caller.send("PATCH", path, {"name": "Team"}).json()["name"] == "Team"
    assert caller.post("groups", {"name": "team"}).status_code == 409

    rule = {"attribute": "work_title", "is": "Cook"}
    tried = caller.post("groups/rules/preview", {"rule": rule}).json()
    assert (tried["count"], tried["joining"], len(tried["sample"])) == (5, 5, 5)
    assert caller.post("groups/rules", {"name": "Cooks", "rule": rule}).json()["status"] == "QUEUED"
    assert caller.post("groups/rules", {"name": "X", "rule": {"nonsense": 1}}).status_code == 409
    assert caller.send("PUT", f"{path}/rule", {"rule": rule}).status_code == 202
    assert caller.send("DELETE", f"{path}/rule").status_code == 409
    assert caller.send("DELETE", path).status_code == 202
    assert [one["name"] for one in caller.walk("groups", kind="hand")] == ["Team"]


def test_licenses_are_granted_and_revoked(world: World, caller: Caller) -> None:
    """And a pool is made, changed, and told of day by day."""
    people, pool = ids(world), Pool.objects.get(**world.mine)
    path = f"pools/{pool.pk}"
    done(caller.post(f"{path}/holders", {"revokes": [people["ana"]]}))
    assert caller.walk(f"{path}/holders", show="denied")[0]["learner"] == people["ana"]
    done(caller.post(f"{path}/holders", {"lifts": [people["ana"]]}))
    changed = caller.send("PATCH", path, {"seats": 3}).json()
    assert (changed["seats"], changed["job"]) == (3, None)
    assert caller.post("pools", {"header": "license_french_status", "name": "French"}).status_code == 201
    assert caller.post("pools", {"header": "french", "name": "French"}).status_code == 422
    assert {one["name"] for one in caller.get("pools").json()["items"]} == {"English", "French"}
    assert len(caller.get(f"{path}/history", days=7).json()["items"]) == 7


def test_duplicates_are_merged_or_dismissed(world: World, caller: Caller) -> None:
    """A merge waits for a word unless it is said not to; the other record is gone afterwards."""
    people = ids(world)
    for name in ("ana", "bo"):
        row = {"values": {"preferred_first_name": "Ana", "preferred_last_name": "Li", "start_date": "2020-01-01"}}
        done(caller.send("PATCH", f"learners/{people[name]}", row))
    (pair,) = caller.walk("duplicates")
    assert pair["alike_in"] == ["name_and_start"]
    body = {"kept": people["ana"], "gone": people["bo"]}
    assert caller.post("duplicates/merge", body).json()["status"] == "HELD"
    assert caller.post("duplicates/dismiss", {"one": people["ana"], "other": people["bo"]}).json()["is_new"]
    assert caller.walk("duplicates") == []
    done(caller.post("duplicates/merge", body | {"asks_first": False}))
    assert "bo" not in ids(world)


def test_a_person_is_erased(world: World, caller: Caller) -> None:
    """The request is queued; the receipt names nobody, and the tombstone is lifted."""
    asked = caller.post(f"learners/{ids(world)['ana']}/erase")
    assert (asked.status_code, asked.json()["status"]) == (202, "queued")
    carry_out(world.id, asked.json()["id"], now=MONDAY)

    assert caller.get(f"erasure-requests/{asked.json()['id']}").json()["status"] == "done"
    (receipt,) = caller.walk("erasures")
    assert receipt["rows"]["directory_learner"] == 1
    assert caller.post(f"erasures/{receipt['id']}/lift").json()["lifted_at"]
    assert caller.post(f"erasures/{receipt['id']}/lift").status_code == 409
    assert caller.post(f"erasure-requests/{asked.json()['id']}/approve").status_code == 409


def test_many_are_changed_after_a_word(world: World, caller: Caller) -> None:
    """The plan of a change of many waits, whoever is named and however."""
    people = ids(world)
    group = Group.objects.create(**world.mine, name="Crew", name_key="crew", created_at=MONDAY)

    one = caller.post("learners/bulk", {"people": [people["ana"], people["bo"]], "is_protected": True})
    assert (one.status_code, one.json()["status"]) == (202, "QUEUED")
    assert caller.post("learners/bulk", {"all_of_group": group.pk, "is_active": False}).status_code == 202
    assert caller.post("learners/bulk", {"people": [people["ana"]], "all_of_group": group.pk}).status_code == 422
    assert caller.post("learners/bulk", {"people": [people["ana"]], "lifts_all": True}).status_code == 202
