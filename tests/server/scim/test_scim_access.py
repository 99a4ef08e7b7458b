"""Who may do what by SCIM, to whom, and how refusals look."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from orgsync.server.scim.urls import urlpatterns
from tests.server.scim.scim_world import PATCH, USER, Provider

_ADDRESS = {"userName": "ana@example.com"}
_TITLE = {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "title", "value": "Cook"}]}
_NAMED = {"displayName": "Cooks"}
_BULK = {"Operations": []}
READS = "directory:read"
WRITES = "directory:write"
CALLS: list[tuple[str, str, Any, str]] = [
    ("GET", "/Users", None, READS),
    ("POST", "/Users", _ADDRESS, WRITES),
    ("POST", "/Users/.search", {}, READS),
    ("GET", "/Users/{user}", None, READS),
    ("PUT", "/Users/{user}", _ADDRESS, WRITES),
    ("PATCH", "/Users/{user}", _TITLE, WRITES),
    ("DELETE", "/Users/{user}", None, WRITES),
    ("GET", "/Groups", None, READS),
    ("POST", "/Groups", _NAMED, WRITES),
    ("POST", "/Groups/.search", {}, READS),
    ("GET", "/Groups/{group}", None, READS),
    ("PUT", "/Groups/{group}", _NAMED, WRITES),
    ("PATCH", "/Groups/{group}", {"Operations": [{"op": "replace", "path": "displayName", "value": "Chefs"}]}, WRITES),
    ("DELETE", "/Groups/{group}", None, WRITES),
    ("POST", "/.search", {}, READS),
    ("POST", "/Bulk", _BULK, WRITES),
    ("GET", "/ServiceProviderConfig", None, ""),
    ("GET", "/Schemas", None, ""),
    ("GET", f"/Schemas/{USER}", None, ""),
    ("GET", "/ResourceTypes", None, ""),
    ("GET", "/ResourceTypes/User", None, ""),
]
"""Every call, with the scope that it asks for; empty: any token."""
ROUTES = ("{user}", "<str:resource_id>"), ("{group}", "<str:resource_id>"), (USER, "<str:schema_id>")


def _route(path: str) -> str:
    route = path.removeprefix("/")
    for here, there in ROUTES:
        route = route.replace(here, there)
    return route.replace("ResourceTypes/User", "ResourceTypes/<str:name>")


def test_every_address_is_in_the_table() -> None:
    """
    But for those that answer "not found" to everything, and lists with a slash at the end.
    """
    known = {str(pattern.pattern) for pattern in urlpatterns} - {"", "<path:path>", "Users/", "Groups/"}

    assert {_route(path) for _, path, _, _ in CALLS} == known


def test_each_call_asks_for_its_scope(provider: Provider) -> None:
    """
    A token of all other scopes is refused, as SCIM refuses; without any token nothing is told.
    """
    ids = {"user": provider.user("bo")["id"], "group": provider.call("POST", "/Groups", {"displayName": "A"}).json()}
    ids["group"] = ids["group"]["id"]
    others = ["directory:read", "directory:write", "sync", "jobs:approve", "reports:read"]
    for method, path, body, scope in CALLS:
        lacking = Provider(provider.world, [name for name in others if name != scope], name=f"{method} {path}")
        refused = lacking.call(method, path.format(**ids), body)
        nobody = Client().generic(method, f"/scim/v2{path.format(**ids)}", "{}", "application/json")

        assert nobody.status_code == 401
        assert nobody.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
        assert (refused.status_code == 403) == bool(scope), (method, path, refused.content)
        if scope:
            assert refused.json()["status"] == "403"
            assert refused["Content-Type"] == "application/scim+json"


def test_other_organizations_are_not_found(provider: Provider, make: Callable[..., Any]) -> None:
    """
    Their users and groups can be neither read nor changed, nor named as managers or members.
    """
    other = Provider(make("Globex"))
    for number in range(3):
        user = other.user(f"person{number}")
        group = other.call("POST", "/Groups", {"displayName": f"Group {number}"}).json()
    mine = provider.user("ana")
    ids = {"user": user["id"], "group": group["id"]}
    for method, path, body, _ in CALLS:
        if "{" in path:
            answer = provider.call(method, path.format(**ids), body)
            assert (answer.status_code, answer.json()["status"]) == (404, "404"), (method, path)
    member = {"op": "add", "path": "members", "value": [{"value": user["id"]}]}
    cooks = provider.call("POST", "/Groups", {"displayName": "Cooks"}).json()
    boss = {"op": "add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"}

    assert provider.patch(f"/Groups/{cooks['id']}", member).status_code == 400
    assert provider.patch(f"/Users/{mine['id']}", boss | {"value": user["id"]}).status_code == 400
    assert [one["userName"] for one in provider.get("/Users")["Resources"]] == ["ana@example.com"]
    assert provider.get("/Groups", filter='displayName sw "Group"')["totalResults"] == 0


def test_permissions_need_their_own_scope(provider: Provider) -> None:
    """
    With it they are a change of rights, which an owner decides on.
    """
    ana = provider.user("ana")
    roles = {"op": "add", "path": "roles", "value": [{"value": "permission_curate_content"}]}
    mighty = Provider(provider.world, ["directory:read", "directory:write", "permissions:write"], name="Mighty")

    refused = provider.patch(f"/Users/{ana['id']}", roles)
    held = mighty.patch(f"/Users/{ana['id']}", roles)

    assert (refused.status_code, refused.json()["scimType"]) == (400, "mutability")
    assert (held.status_code, held.json()["scimType"]) == (503, "held")
    assert held["Retry-After"] == "3600"
    assert "roles" not in provider.get(f"/Users/{ana['id']}")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "kind"),
    [
        ("POST", "/Users", {}, 400, "invalidValue"),
        ("POST", "/Users", {"userName": "no-address"}, 400, "invalidValue"),
        ("POST", "/Users", {"userName": "a@b.example", "active": "maybe"}, 400, "invalidValue"),
        ("POST", "/Users", {"userName": "a@b.example", "title": ["x"]}, 400, "invalidValue"),
        ("POST", "/Users", [], 400, "invalidSyntax"),
        ("PATCH", "/Users/1", {"Operations": [{"op": "move", "path": "title"}]}, 400, "invalidSyntax"),
        ("PATCH", "/Users/1", {"Operations": [{"op": "replace", "path": "id", "value": "2"}]}, 400, "mutability"),
        ("PATCH", "/Users/1", {"Operations": [{"op": "remove"}]}, 400, "noTarget"),
        ("PATCH", "/Users/1", {"Operations": [{"op": "add", "path": "a..b", "value": 1}]}, 400, "invalidPath"),
        (
            "PATCH",
            "/Users/1",
            {"Operations": [{"op": "add", "path": "name[type pr].x", "value": 1}]},
            400,
            "invalidPath",
        ),
        ("GET", "/Users?filter=userName+is+1", None, 400, "invalidFilter"),
        ("GET", "/Users?filter=shoeSize+eq+1", None, 400, "invalidFilter"),
        ("GET", "/Users?sortBy=shoeSize", None, 400, "invalidValue"),
        ("GET", f"/Users?filter={'(' * 900}id+pr{')' * 900}", None, 400, "invalidFilter"),
        ("GET", "/Users?filter=title+eq+%22%00%22", None, 400, "invalidFilter"),
        ("POST", "/Users", {"userName": "a@b.example", "title": "\0"}, 400, "invalidSyntax"),
        ("POST", "/Users", {"userName": "a@b.example", "title": "\ud800"}, 400, "invalidSyntax"),
        ("GET", "/Nobody", None, 404, None),
        ("GET", "/Schemas?filter=id+pr", None, 403, None),
        ("DELETE", "/Users", None, 405, None),
    ],
)
def test_refusals_say_what_is_wrong(
    provider: Provider, method: str, path: str, body: Any, status: int, kind: str | None
) -> None:
    """
    In the standard's shape, with its scimType.
    """
    provider.user("ana")

    answer = provider.call(method, path, body)

    assert (answer.status_code, answer.json().get("scimType")) == (status, kind), answer.content
