"""What a token gives and sets over /api/v1: never more than it has, in its own name, and no secret twice."""

import json
from typing import Any

import pytest

from orgsync.server.audit.models import AuditEntry
from orgsync.server.directory.models import Group
from orgsync.server.orgs.models import Admin, Role
from orgsync.server.tokens.models import AccessToken
from tests.job_world import make_admin
from tests.server.api_v1.api_world import Caller, make_caller
from tests.server.api_v1.settings_world import BODIES_OF_SETTINGS
from tests.server.pipeline.pipeline_world import MONDAY, World

CONSOLE = [
    "admin",
    "permissions:write",
    "plans:read",
    "directory:read",
    "directory:write",
    "reports:read",
    "xapi:write",
]


@pytest.fixture
def caller(world: World) -> Caller:
    """Come as a program of the owner that sends no files, decides on nothing and erases nobody."""
    return make_caller(world.organization, world.owner, CONSOLE)


def last_entry(world: World) -> AuditEntry:
    return AuditEntry.objects.filter(organization_id=world.id).order_by("-number")[0]


def test_no_token_gives_more_than_it_has(world: World, caller: Caller) -> None:
    """Neither scopes nor networks nor, for who sends and decides, another feed; rotating is giving, too."""
    wanted: dict[str, Any] = {"name": "New", "feed": world.feed.pk, "scopes": ["plans:read"]}
    for scope in ("erase", "sync", "jobs:approve"):
        answer = caller.post("tokens", wanted | {"scopes": ["plans:read", scope]})
        assert (answer.status_code, answer.json()["code"]) == (403, "ACCESS_DENIED"), scope
        assert caller.post("applications", {"name": "New", "scopes": [scope]}).status_code == 403
    stronger = AccessToken.objects.get(organization_id=world.id, id=world.token.pk)
    AccessToken.objects.filter(organization_id=world.id, id=stronger.pk).update(scopes=["sync", "erase"])
    assert caller.post(f"tokens/{stronger.pk}/rotate").status_code == 403

    both = make_caller(world.organization, world.owner, ["admin", "sync", "jobs:approve"])
    elsewhere = {"name": "Other", "feed": world.feed.pk, "scopes": ["sync"]}
    assert both.post("tokens", elsewhere).status_code == 403
    assert both.post("tokens", elsewhere | {"feed": both.token.feed_id}).status_code == 201
    for method, path, name in (("PUT", "guards", "set_guards"), ("POST", "blackouts/remove", "take_blackout_back")):
        assert both.send(method, path, BODIES_OF_SETTINGS[name]).status_code == 403
    assert both.send("PATCH", "settings", {"values": {"needs_second_person": False}}).status_code == 403

    AccessToken.objects.filter(organization_id=world.id, id=caller.token.pk).update(allowed_networks=["127.0.0.0/8"])
    assert caller.post("tokens", wanted).status_code == 403
    assert caller.post("tokens", wanted | {"allowed_networks": ["10.0.0.0/8"]}).status_code == 403
    assert caller.post("tokens", wanted | {"allowed_networks": ["127.0.0.0/9"]}).status_code == 201


def test_secrets_are_shown_once_and_the_token_is_who_acts(world: World, caller: Caller) -> None:
    """In the answer that makes them and in no other one, neither in the log; its entries name the calling token."""
    wanted = {"name": "New", "feed": world.feed.pk, "scopes": ["plans:read"]}
    made = caller.post("tokens", wanted, Idempotency_Key="a").json()
    assert (last_entry(world).action, last_entry(world).actor_id) == ("token_made", caller.token.pk)
    assert caller.post("tokens", wanted, Idempotency_Key="a").json() == made
    assert caller.post("tokens", wanted).status_code == 409
    new = Caller(made["text"], AccessToken.objects.get(organization_id=world.id, id=made["id"]))
    assert new.get("token").json()["scopes"] == ["plans:read"]
    rotated = caller.post(f"tokens/{made['id']}/rotate", {"overlap_days": 1}).json()
    assert (rotated["replaces"], rotated["name"]) == (made["id"], "New")
    program = caller.post("applications", {"name": "Console", "scopes": ["plans:read"]}).json()
    again = caller.post(f"applications/{program['id']}/secret", {"overlap_days": 0}).json()
    secrets = [made["text"], rotated["text"], program["secret"], again["secret"]]
    assert len(set(secrets)) == 4
    shown = [
        caller.get(path).content.decode()
        for path in ("tokens", f"tokens/{made['id']}", "applications", f"applications/{program['id']}", "audit")
    ]
    assert not any(secret in text for secret in secrets for text in shown)
    assert caller.post(f"tokens/{rotated['id']}/revoke").json()["revoked_at"]
    assert (last_entry(world).actor_kind, last_entry(world).actor_id) == ("token", caller.token.pk)
    entries = caller.walk("audit", actor="token", actor_id=caller.token.pk, action="token_made")
    assert len(entries) == 2
    assert caller.post("audit/verify").json()["holds"] is True
    assert caller.get("files/audit").headers["Content-Type"].startswith("text/csv")


def test_admins_are_invited_limited_and_removed(world: World, caller: Caller) -> None:
    """A limit names groups of the organization; the last owner stays, and the link is in the mail only."""
    helper = Admin.objects.get(
        organization_id=world.id, account=make_admin(world.organization, "helper@example.com", Role.ADMIN)
    )
    group = Group.objects.create(**world.mine, name="Crew", name_key="crew", created_at=MONDAY)
    path = f"admins/{helper.pk}"
    limited = {"role": "sub_admin", "grants": {"view_reports": [group.pk], "upload": None}}

    assert caller.send("PUT", f"{path}/role", limited).json()["grants"] == limited["grants"]
    assert caller.send("PUT", f"{path}/role", limited | {"grants": {"upload": [group.pk]}}).status_code == 409
    assert caller.send("PUT", f"{path}/role", limited | {"grants": {"view_reports": [10**9]}}).status_code == 409
    assert [one["id"] for one in caller.walk("admins", q="helper")] == [helper.pk]
    assert caller.post(f"{path}/deactivate").json()["deactivated_at"]
    assert caller.post(f"{path}/reactivate").json()["deactivated_at"] is None
    owner = Admin.objects.get(organization_id=world.id, account=world.owner)
    assert caller.post(f"admins/{owner.pk}/deactivate").status_code == 409
    invited = caller.post("admin-invitations", {"email": "eve@example.com", "role": "read_only"}).json()
    (mail,) = caller.walk("outbox", recipient="eve@")
    assert "key=" not in json.dumps(caller.get(f"outbox/{mail['id']}").json())
    assert caller.post("admin-invitations", {"email": "nobody", "role": "admin"}).status_code == 422
    assert caller.send("DELETE", f"admin-invitations/{invited['id']}").status_code == 200
    assert caller.walk("admin-invitations") == []


def test_settings_are_read_and_set(world: World, caller: Caller) -> None:
    """Each with its catalogue text; what is of another type or unknown is refused, and nothing is changed then."""
    names = {one["name"]: one for one in caller.get("settings").json()["items"]}
    assert (names["language"]["value"], names["language"]["label"]) == ("", "Language of dates and numbers")
    changed = caller.send("PATCH", "settings", {"values": {"language": "de", "leaves_by_status": False}})
    assert changed.status_code == 200
    for values in ({"language": ["de"]}, {"language": "xx"}, {"leaves_by_status": 1}, {"nonsense": 1}, {}):
        assert caller.send("PATCH", "settings", {"values": values}).status_code == 422, values
    held = caller.send("PUT", "guards", {"guards": {"leavers": {"number": 3}}}).json()["items"]
    assert next(one for one in held if one["code"] == "leavers")["own"] == {"number": 3}
    assert caller.send("PUT", "guards", {"guards": {"nonsense": {"number": 3}}}).status_code == 422
    assert caller.post("blackouts", BODIES_OF_SETTINGS["make_blackout"]).status_code == 201
    assert caller.post("blackouts/remove", {"first": "2026-12-24"}).json()["items"][0]["why"] == "Holidays"
    assert caller.post("blackouts/remove", {"first": "2026-12-24"}).status_code == 409
    owner = Admin.objects.get(organization_id=world.id, account=world.owner).pk
    assert caller.send("PATCH", "told", {"items": [{"admin": owner, "of": []}]}).status_code == 409
    assert caller.send("PUT", "branding/accent", {"accent": "#AABBCC"}).json()["accent"] == "#aabbcc"
    assert caller.send("PUT", "branding/logo", {"content": "bm8gcGljdHVyZQ=="}).status_code == 409
    assert caller.send("PUT", "branding/logo", {"content": "no Base64"}).status_code == 422
    assert caller.post("mail/test").json()["test"] == "waiting"
    assert caller.post("sandbox/reset", {"name": world.organization.name}).status_code == 409
    assert {one["name"] for one in caller.get("catalogues", of="guards").json()["items"]} >= {"leavers"}


def test_webhooks_and_sign_on_keep_their_secrets(world: World, caller: Caller) -> None:
    """A webhook is made for a public address only; who asks for single sign-on reads no secret."""
    webhook = caller.post("webhooks", {"url": "https://192.0.2.1/hook", "events": ["job.done"]})
    inside = caller.post("webhooks", {"url": "https://127.0.0.1/hook", "events": ["job.done"]})
    assert inside.status_code == 409
    assert webhook.status_code in {201, 409}
    shown = caller.get("single-sign-on").json()
    assert (shown["is_set_up"], shown["has_secret"], "secret" in shown) == (False, False, False)
    body = {"issuer": "https://127.0.0.1", "client_id": "orgsync", "secret": "hush"}
    refused = caller.send("PUT", "single-sign-on", body)
    assert (refused.status_code, "hush" in refused.content.decode()) == (409, False)


def test_reports_and_imports(world: World, caller: Caller) -> None:
    """A file is looked at before it counts, and the report tells of what it brought, down to the people."""
    assert (
        world.send("""
        primary_email_address,unique_user_id,department_name
        ana@example.com,E1,Kitchen
        bo@example.com,E2,Bar
    """).status
        == "DONE"
    )
    looked = caller.post("content-imports", {"csv": "key,title\nknives,Knives\n,Nothing\n"}).json()
    assert (looked["new"], looked["bad"], looked["bad_rows"][0]["row"]) == (1, 1, 3)
    assert caller.post(f"content-imports/{looked['id']}/apply").json() == {"count": 1}
    rows = "person,content,verb,at,minutes\nana@example.com,knives,completed,2026-03-02 10:00,60\nE9,knives,viewed,x,\n"
    sent = caller.post("activity-imports", {"csv": rows}).json()
    assert (sent["new"], sent["bad"]) == (1, 1)
    assert caller.post(f"activity-imports/{sent['id']}/apply").json() == {"count": 1}
    assert caller.get(f"activity-imports/{sent['id']}").status_code == 404
    asked = {"measure": "hours", "period": "chosen", "since": "2026-03-01", "until": "2026-03-03"}
    report = caller.get("reports", **asked).json()
    assert report["total"] == pytest.approx(1.0)
    assert caller.get("reports", slice="nonsense").status_code == 422
    assert caller.get("reports/story", period="chosen", until="0001-01-01").status_code == 200
    assert caller.get("reports/people", **asked, of="Kitchen", without=True).status_code == 422
    kept = caller.post("reports/kept", {"name": "Hours", **asked, "rhythm": "weekly"}).json()
    assert caller.get(f"reports/kept/{kept['id']}").json()["total"] == pytest.approx(1.0)
    assert [one["rhythm"] for one in caller.walk("reports/kept")] == ["weekly"]
    assert caller.send("DELETE", f"reports/kept/{kept['id']}").status_code == 200
    assert b"Kitchen" in b"".join(caller.get("files/report", **asked))
    assert caller.get("home").json()["active_people"] == 2
