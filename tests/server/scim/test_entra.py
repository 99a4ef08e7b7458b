"""A conversation as Entra ID holds it: capitals in operations, texts for booleans, paths with filters."""

from typing import Any

import pytest

from orgsync.server.directory.models import Learner, Membership
from tests.server.scim.scim_world import ENTERPRISE, GROUP, USER, Provider


def _op(op: str, path: str | None = None, value: Any = None) -> dict[str, Any]:
    found: dict[str, Any] = {"op": op}
    found |= {"path": path} if path is not None else {}
    return found | ({"value": value} if value is not None else {})


@pytest.fixture
def ana(provider: Provider) -> dict[str, Any]:
    """Made as Entra ID makes people: the userName is another one than the address."""
    body = {
        "schemas": [USER, ENTERPRISE],
        "externalId": "ana.silva",
        "userName": "Ana.Silva@corp.onmicrosoft.example",
        "active": True,
        "displayName": "Ana Silva",
        "emails": [{"primary": True, "type": "work", "value": "ana@example.com"}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": "Ana Silva", "familyName": "Silva", "givenName": "Ana"},
        "roles": [],
        "title": "Engineer",
        ENTERPRISE: {"department": "Research"},
    }
    answer = provider.call("POST", "/Users", body)
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def test_people_are_found_by_their_user_name(provider: Provider, ana: dict[str, Any]) -> None:
    """
    The probe for somebody who is not there finds nobody; the userName is kept beside the address.
    """
    probe = provider.get("/Users", filter='userName eq "3b0c7c9a-93a2-4f3c-9ef1-0f6a6d2f3d71"')
    found = provider.get("/Users", filter='userName eq "ana.silva@CORP.onmicrosoft.example"')
    by_id = provider.get("/Users", filter='externalId eq "ana.silva"')
    by_address = provider.get("/Users", filter='emails[type eq "work"].value eq "ana@example.com"')
    other = provider.get("/Users", filter='userName eq "ana@example.com"')

    assert (probe["totalResults"], other["totalResults"]) == (0, 0)
    assert [found["Resources"], by_id["Resources"], by_address["Resources"]] == [[ana]] * 3
    assert ana["userName"] == "Ana.Silva@corp.onmicrosoft.example"


def test_operations_as_they_are_sent(provider: Provider, ana: dict[str, Any]) -> None:
    """
    One request changes what it names, adds what was not there, and leaves the rest.
    """
    boss = provider.user("bo")
    answer = provider.patch(
        f"/Users/{ana['id']}",
        _op("Replace", "title", "Principal Engineer"),
        _op("Add", 'phoneNumbers[type eq "mobile"].value', "+351 555 0100"),
        _op("Replace", 'emails[type eq "work"].value', "ana.silva@example.com"),
        _op("Add", 'addresses[type eq "work"].country', "PT"),
        _op("Replace", f"{ENTERPRISE}:department", "Labs"),
        _op("Add", f"{ENTERPRISE}:manager", boss["id"]),
        _op("Replace", "name.familyName", "Sousa"),
        _op("Replace", None, {f"{ENTERPRISE}:employeeNumber": "E7", "displayName": "Ana Sousa"}),
        _op("Remove", "externalId"),
    )

    assert answer.status_code == 200, answer.content
    person = Learner.objects.get(**provider.world.mine, id=int(ana["id"]))
    assert person.primary_email_address == "ana.silva@example.com"
    assert (person.work_title, person.mobile_phone_number, person.country_code) == (
        *("Principal Engineer", "+351 555 0100", "PT"),
    )
    assert (person.department_name, person.unique_user_id, person.preferred_last_name) == ("Labs", "E7", "Sousa")
    assert person.manager_id == int(boss["id"])
    assert "externalId" not in answer.json()
    assert len(provider.jobs) == 3
    unchanged = provider.patch(f"/Users/{ana['id']}", _op("Replace", "title", "Principal Engineer"))
    assert (unchanged.status_code, len(provider.jobs)) == (200, 3)
    nobody = provider.patch(f"/Users/{ana['id']}", _op("Remove", f"{ENTERPRISE}:manager"))
    assert "manager" not in nobody.json()[ENTERPRISE]


def test_soft_and_hard_deletion(provider: Provider, ana: dict[str, Any]) -> None:
    """
    "False" deactivates and can be taken back; DELETE deactivates too, and then the user is not there any more.
    """
    path = f"/Users/{ana['id']}"

    left = provider.patch(path, _op("Replace", "active", "False"))
    back = provider.patch(path, _op("Replace", None, {"active": "True"}))
    gone = provider.call("DELETE", path)

    assert (left.json()["active"], back.json()["active"]) == (False, True)
    assert (gone.status_code, gone.content) == (204, b"")
    assert provider.call("GET", path).status_code == 404
    assert provider.get("/Users")["totalResults"] == 0
    kept = provider.person("ana")
    assert (kept.is_active, kept.preferred_first_name) == (False, "Ana")
    again = provider.call("POST", "/Users", {"userName": "ana@example.com", "name": {"givenName": "Anita"}})
    assert (again.status_code, again.json()["id"]) == (201, ana["id"])
    kept.refresh_from_db()
    assert (kept.is_active, kept.preferred_first_name) == (True, "Anita")


def test_groups(provider: Provider, ana: dict[str, Any]) -> None:
    """
    Members come one by one or in lists, and go by a filter or by a list of values; others stay.
    """
    bo, cy = provider.user("bo"), provider.user("cy")
    made = provider.call(
        "POST", "/Groups", {"schemas": [GROUP], "externalId": "0f8c", "displayName": "Labs", "meta": {}}
    ).json()
    path = f"/Groups/{made['id']}"

    assert provider.get("/Groups", filter='displayName eq "labs"', excludedAttributes="members")["Resources"] == [made]
    assert made["externalId"] == "0f8c"
    provider.patch(path, _op("Add", "members", [{"value": ana["id"]}, {"value": bo["id"]}]))
    provider.patch(path, _op("Add", "members", [{"value": cy["id"]}]))
    provider.patch(path, _op("Remove", f'members[value eq "{bo["id"]}"]'))
    provider.patch(path, _op("Remove", "members", [{"value": cy["id"]}]))
    shown = provider.get(path)
    assert [member["value"] for member in shown["members"]] == [ana["id"]]
    assert "members" not in provider.get(path, excludedAttributes="members")
    assert [one["display"] for one in provider.get(f"/Users/{ana['id']}")["groups"]] == ["Labs"]
    asked = provider.get("/Groups", filter=f'id eq "{made["id"]}" and members eq "{ana["id"]}"')
    assert asked["totalResults"] == 1
    assert provider.patch(path, _op("Add", "members", [{"value": "99999"}])).json()["scimType"] == "invalidValue"
    assert provider.call("DELETE", path).status_code == 204
    assert provider.call("GET", path).status_code == 404
    assert not Membership.objects.filter(**provider.world.mine).exists()
