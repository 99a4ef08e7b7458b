"""A conversation as Okta holds it: look up, create, replace, push a group, deactivate, come back."""

from typing import Any

from orgsync.server.directory.models import Claim, LearnerChange, Membership, Reason
from orgsync.server.uploads.models import UploadJob
from tests.server.scim.scim_world import ENTERPRISE, GROUP, USER, Provider


def _replace(value: Any, **more: Any) -> dict[str, Any]:
    return {"op": "replace", "value": value, **more}


def _made(provider: Provider) -> dict[str, Any]:
    """Make Ana as Okta makes people, who is not there yet; return the user."""
    asked = provider.get("/Users", filter='userName eq "ana@example.com"', startIndex="1", count="100")
    made = provider.call(
        "POST",
        "/Users",
        {
            "schemas": [USER, ENTERPRISE],
            "userName": "ana@example.com",
            "name": {"givenName": "Ana", "familyName": "Silva"},
            "emails": [{"primary": True, "value": "ana@example.com", "type": "work"}],
            "displayName": "Ana Silva",
            "locale": "en-US",
            "externalId": "00ujl29u0le5T6Aj10h7",
            "groups": [],
            "password": "1mz050nq",
            "active": True,
            ENTERPRISE: {"employeeNumber": "E1", "department": "Research"},
        },
    )
    ana: dict[str, Any] = made.json()
    assert asked["totalResults"] == 0
    assert asked["Resources"] == []
    assert made.status_code == 201
    assert made["Location"].endswith(f"/scim/v2/Users/{ana['id']}")
    assert made["ETag"] == ana["meta"]["version"]
    assert "password" not in ana
    assert ana["externalId"] == "00ujl29u0le5T6Aj10h7"
    return ana


def _is_known(provider: Provider, ana: dict[str, Any]) -> None:
    """What was said of her stands, claimed by the token's feed, and she is found and not made twice."""
    person = provider.person("ana")
    assert (person.preferred_first_name, person.unique_user_id, person.department_name) == ("Ana", "E1", "Research")
    assert Claim.objects.filter(**provider.world.mine, learner_id=person.id, feed_id=provider.feed.pk).exists()
    found = provider.get("/Users", filter='userName eq "ANA@example.com"')
    assert [user["id"] for user in found["Resources"]] == [ana["id"]]
    again = provider.call("POST", "/Users", {"userName": "ana@example.com"})
    assert (again.status_code, again.json()["scimType"]) == (409, "uniqueness")


def _is_replaced(provider: Provider, ana: dict[str, Any]) -> None:
    """What a replacement names is changed, the rest stays."""
    changed = provider.call("PUT", f"/Users/{ana['id']}", ana | {"title": "Cook", "name": {"givenName": "Anna"}})
    assert changed.status_code == 200, changed.content
    person = provider.person("ana")
    assert str(person.id) == ana["id"]
    assert (person.work_title, person.preferred_first_name, person.preferred_last_name) == ("Cook", "Anna", "Silva")


def _is_in_a_pushed_group(provider: Provider, ana: dict[str, Any]) -> None:
    """A group is made empty and renamed; she is added, taken out, and named as the only member."""
    group = provider.call("POST", "/Groups", {"schemas": [GROUP], "displayName": "Cooks", "members": []}).json()
    member = {"value": ana["id"], "display": "ana@example.com"}
    path = f"/Groups/{group['id']}"
    pushed = provider.patch(path, _replace({"id": group["id"], "displayName": "Chefs"}))
    assert (pushed.status_code, pushed.json()["displayName"]) == (200, "Chefs")
    added = provider.patch(path, {"op": "add", "path": "members", "value": [member]})
    assert [one["value"] for one in added.json()["members"]] == [ana["id"]]
    assert Membership.objects.get(**provider.world.mine).reasons == Reason.SCIM
    taken = provider.patch(path, {"op": "remove", "path": f'members[value eq "{ana["id"]}"]'})
    assert "members" not in taken.json()
    whole = provider.patch(path, _replace([member], path="members"))
    assert [one["value"] for one in whole.json()["members"]] == [ana["id"]]


def _leaves_and_comes_back(provider: Provider, ana: dict[str, Any]) -> None:
    path = f"/Users/{ana['id']}"
    left = provider.patch(path, _replace({"active": False}))
    assert (left.status_code, left.json()["active"]) == (200, False)
    assert provider.get(path)["active"] is False
    back = provider.patch(path, _replace({"active": True}))
    assert back.json()["active"] is True
    assert LearnerChange.objects.filter(**provider.world.mine, attribute="status").count() == 2


def test_a_whole_life(provider: Provider) -> None:
    """
    Every write is a job that the list of jobs shows, of the token's feed, which claims whom it made.
    """
    ana = _made(provider)
    _is_known(provider, ana)
    _is_replaced(provider, ana)
    _is_in_a_pushed_group(provider, ana)
    _leaves_and_comes_back(provider, ana)

    jobs = UploadJob.objects.filter(**provider.world.mine)
    assert {job.status for job in jobs} == {"DONE"}
    assert provider.jobs[0] == ("SCIM: User made", "DONE")
