"""What is written by SCIM is a job: guarded, held, gathered, approved, undone, in its turn."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from orgsync.core.model import JobStatus
from orgsync.server.directory.models import Claim, Feed, Learner, Membership
from orgsync.server.directory.revision import DirectoryBusy
from orgsync.server.notify.models import OutboxMail
from orgsync.server.uploads import atonce
from orgsync.server.uploads.decisions import approve_job
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.undoing import start_undo
from tests.server.scim.scim_world import USER, Provider

_OFF = {"op": "replace", "value": {"active": False}}


def _people(provider: Provider, count: int) -> list[str]:
    """Let a file of the provider's feed bring people; return their ids."""
    rows = "".join(f"p{number}@example.com,active\n" for number in range(count))
    now = timezone.now()
    job = provider.world.upload(f"primary_email_address,worker_status\n{rows}", feed=provider.feed)
    provider.world.run(job, now=now, clock=lambda: now)
    mine = Learner.objects.filter(**provider.world.mine).order_by("id")
    return [str(number) for number in mine.values_list("id", flat=True)]


def _held(provider: Provider) -> list[UploadJob]:
    related = ("organization", "feed", "source", "plan")
    return list(UploadJob.objects.select_related(*related).filter(**provider.world.mine, status=JobStatus.HELD))


def test_many_who_leave_are_held_in_one_job(provider: Provider) -> None:
    """
    One after the other, as providers ask: beyond what is usual they wait in one job, of which people hear once. Whom
    the provider wants to keep by now waits no longer.
    """
    ids = _people(provider, 4)
    answers = [provider.patch(f"/Users/{user_id}", _OFF) for user_id in ids]
    again = provider.patch(f"/Users/{ids[3]}", _OFF)

    assert [answer.status_code for answer in answers] == [200, 200, 503, 503]
    job = _held(provider)[0]
    assert len(_held(provider)) == 1
    refusal = answers[2].json()
    assert refusal["scimType"] == "held"
    assert f"job {job.public_id}" in refusal["detail"]
    assert again.json()["detail"].startswith(f"Held for approval as job {job.public_id}")
    assert (job.source.file_name, job.deleted_count) == ("SCIM: Held requests", 2)
    assert OutboxMail.objects.filter(organization=provider.world.organization, kind__startswith="held").count() == 1
    assert provider.patch(f"/Users/{ids[3]}", {"op": "replace", "path": "title", "value": "Cook"}).status_code == 200
    provider.patch(f"/Users/{ids[3]}", {"op": "replace", "value": {"active": True}})
    job = _held(provider)[0]
    assert job.deleted_count == 1

    now = timezone.now()
    approve_job(job, by=provider.world.owner, now=now)
    provider.world.run(provider.world.stored(job), now=now, clock=lambda: now)
    active = Learner.objects.filter(**provider.world.mine, is_active=True)
    assert [str(person.id) for person in active] == [ids[3]]


def test_a_group_that_loses_many_is_held(provider: Provider) -> None:
    """
    A replacement of the members that leaves few of them waits, and nobody has left; with all of them back it is over.
    """
    ids = _people(provider, 6)
    members = [{"value": user_id} for user_id in ids]
    group = provider.call("POST", "/Groups", {"displayName": "Cooks", "members": members}).json()
    path = f"/Groups/{group['id']}"

    answer = provider.patch(path, {"op": "replace", "path": "members", "value": members[:1]})

    assert (answer.status_code, answer.json()["scimType"]) == (503, "held")
    assert "group" in answer.json()["detail"].lower()
    assert len(provider.get(path)["members"]) == 6
    assert provider.jobs[-1] == ("SCIM: Members of Cooks", "HELD")
    provider.patch(path, {"op": "add", "path": "members", "value": members})
    assert provider.jobs[-1] == ("SCIM: Members of Cooks", "CANCELLED")


def test_a_job_is_undone(provider: Provider) -> None:
    """
    As any: who was deleted is back, claimed as before, and the feed waits for a person's word.
    """
    ana = provider.user("ana")
    provider.call("DELETE", f"/Users/{ana['id']}")
    assert not Claim.objects.filter(**provider.world.mine).exists()
    job = UploadJob.objects.select_related("organization", "feed", "source").filter(**provider.world.mine).last()
    assert job is not None
    now = timezone.now()
    undo = start_undo(job, by=provider.world.owner, now=now)
    provider.world.run(undo, now=now, clock=lambda: now)

    assert provider.get(f"/Users/{ana['id']}")["active"] is True
    assert Claim.objects.filter(**provider.world.mine, feed_id=provider.feed.pk).exists()
    waits = provider.patch(f"/Users/{ana['id']}", {"op": "replace", "path": "title", "value": "Cook"})
    assert "undone" in waits.json()["detail"]


def test_a_higher_feed_decides(provider: Provider) -> None:
    """
    What the HR system says of a person stands; a deletion that changes nothing says so.
    """
    Feed.objects.filter(id=provider.feed.pk).update(rank=7)
    provider.world.send("primary_email_address,worker_status,work_title\nana@example.com,active,Cook\n")
    ana = provider.get("/Users")["Resources"][0]

    changed = provider.patch(f"/Users/{ana['id']}", {"op": "replace", "path": "title", "value": "Chef"})
    gone = provider.call("DELETE", f"/Users/{ana['id']}")

    assert (changed.status_code, changed.json()["title"]) == (200, "Cook")
    assert gone.status_code == 409
    assert provider.person("ana").is_active


def test_files_leave_groups_of_the_provider_alone(provider: Provider) -> None:
    """
    A list of groups in a file is what files give; a provider's memberships are its own.
    """
    ana = provider.user("ana")
    provider.call("POST", "/Groups", {"displayName": "Cooks", "members": [{"value": ana["id"]}]})

    provider.world.send("primary_email_address,groups\nana@example.com,Lisbon\n")

    assert Membership.objects.filter(**provider.world.mine).count() == 2


def test_another_write_is_waited_for_and_then_told(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    While a sync is being applied the provider is asked to come back.
    """
    ana = provider.user("ana")

    def busy(*_: Any, **__: Any) -> None:
        raise DirectoryBusy(provider.world.id, atonce.PAGE_PATIENCE)

    monkeypatch.setattr(atonce, "process", busy)
    answer = provider.patch(f"/Users/{ana['id']}", {"op": "replace", "path": "title", "value": "Cook"})

    assert (answer.status_code, answer.json()["scimType"], answer["Retry-After"]) == (503, "busy", "60")


def test_bulk(provider: Provider) -> None:
    """
    Later operations name what earlier ones made; after as many failures as allowed the rest is not tried.
    """
    operations: list[dict[str, Any]] = [
        {"method": "POST", "path": "/Users", "bulkId": "a", "data": {"userName": "ana@example.com"}},
        {
            "method": "POST",
            "path": "/Groups",
            "bulkId": "g",
            "data": {"displayName": "Cooks", "members": [{"value": "bulkId:a"}]},
        },
        {"method": "PATCH", "path": "/Users/bulkId:a", "data": {"Operations": [_OFF]}},
        {"method": "DELETE", "path": "/Users/99999"},
        {"method": "DELETE", "path": "/Users/99998"},
    ]

    done = provider.call("POST", "/Bulk", {"failOnErrors": 1, "Operations": operations}).json()
    many = provider.call("POST", "/Bulk", {"Operations": [operations[3]] * 101})

    assert [one["status"] for one in done["Operations"]] == ["201", "201", "200", "404"]
    assert done["Operations"][3]["response"]["status"] == "404"
    assert done["Operations"][0]["location"].endswith("/Users/1")
    assert Membership.objects.filter(**provider.world.mine).count() == 1
    assert not provider.person("ana").is_active
    assert many.status_code == 413


def test_versions(provider: Provider) -> None:
    """
    What is known need not be sent again, and what somebody has changed since is not overwritten.
    """
    ana = provider.user("ana")
    path, old = f"/Users/{ana['id']}", ana["meta"]["version"]
    title = {"Operations": [{"op": "replace", "path": "title", "value": "Cook"}]}

    known = provider.call("GET", path, If_None_Match=old)
    changed = provider.call("PATCH", path, title, If_Match=old)
    stale = provider.call("PUT", path, ana, If_Match=old)

    assert (known.status_code, changed.status_code, stale.status_code) == (304, 200, 412)
    assert changed["ETag"] != old


def test_pages_orders_and_attributes(provider: Provider) -> None:
    """
    Lists come in pages, in the order asked for, with what is asked for.
    """
    for name in ("cy", "ana", "bo"):
        provider.user(name, name={"familyName": name.title()}, title="Cook")

    page = provider.get("/Users", startIndex="2", count="1", sortBy="userName", attributes="userName,name.familyName")
    none = provider.get("/Users", count="0")
    for nobody in ('emails[type eq "home"]', "not (active pr)", 'id eq "x"', "not (userName pr)"):
        assert provider.get("/Users", filter=nobody)["totalResults"] == 0, nobody
    for core in ("", f"{USER}:"):
        cooks = provider.get(
            "/Users", filter=f'{core}title eq "cook" and {core}name.familyName sw "c"', sortBy=f"{core}id"
        )
        assert cooks["totalResults"] == 1
    found = provider.call("POST", "/.search", {"filter": 'title eq "COOK" and not (name.familyName sw "c")'}).json()

    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (3, 2, 1)
    assert page["Resources"][0].keys() == {"schemas", "id", "meta", "userName", "name"}
    assert page["Resources"][0]["userName"] == "bo@example.com"
    assert (none["totalResults"], none["Resources"]) == (3, [])
    assert {user["userName"] for user in found["Resources"]} == {"ana@example.com", "bo@example.com"}
    assert datetime.fromisoformat(found["Resources"][0]["meta"]["created"]) < datetime.now(UTC)
