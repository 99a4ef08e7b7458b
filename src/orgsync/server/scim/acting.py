"""One call on one resource, the same whether it comes by itself or within a bulk."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.conf import settings
from django.http import JsonResponse

from orgsync.server.api.authentication import ApiRequest
from orgsync.server.directory.models import Group, Learner
from orgsync.server.scim import groups, users, userwrites
from orgsync.server.scim.asked import Asked
from orgsync.server.scim.errors import ScimError
from orgsync.server.scim.names import CONTENT_TYPE, EXTENSIONS
from orgsync.server.scim.patching import apply_operations

_ANY: Final = "*"
_LEAST: Final = Asked(excluded=frozenset({"members"}))
"""For whom the version is enough: the members of a group may be a hundred thousand."""
_SHAPED: Final = {name.lower(): name for name in EXTENSIONS}


@dataclass(frozen=True, slots=True)
class Answered:
    """What a call is answered with."""

    status: int
    body: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def response(self) -> JsonResponse:
        headers = {"Cache-Control": "no-store", **self.headers}
        response = JsonResponse(self.body or {}, status=self.status, headers=headers, content_type=CONTENT_TYPE)
        if self.body is None:
            response.content = b""
            del response["Content-Type"]
        return response


def show(resource: dict[str, Any], status: int = 200) -> Answered:
    meta = resource["meta"]
    headers = {"ETag": meta["version"], "Location": meta["location"]}
    return Answered(status, resource, headers)


class Users:
    """What can be done to users."""

    name: Final = "User"

    def find(self, request: ApiRequest, resource_id: str) -> Learner:
        return users.find_user(request.organization.pk, resource_id)

    def show(self, request: ApiRequest, person: Learner, asked: Asked | None = None) -> dict[str, Any]:  # noqa: ARG002
        return users.show_users(request.organization.pk, [person], settings.BASE_URL)[0]

    def create(self, request: ApiRequest, body: Mapping[str, Any]) -> Learner:
        return userwrites.create(request, body)

    def change(self, request: ApiRequest, person: Learner, before: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        silent = {name: value for name, value in before.items() if name != "active"}
        userwrites.change(request, person, before, _patched(before, body), said=_patched(silent, body))

    def replace(self, request: ApiRequest, person: Learner, before: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        userwrites.replace(request, person, before, body)

    def delete(self, request: ApiRequest, person: Learner) -> None:
        userwrites.delete(request, person)


class Groups:
    """What can be done to groups."""

    name: Final = "Group"

    def find(self, request: ApiRequest, resource_id: str) -> Group:
        return groups.find_group(request.organization.pk, resource_id)

    def show(self, request: ApiRequest, group: Group, asked: Asked | None = None) -> dict[str, Any]:
        members = asked is None or asked.wants("members")
        return groups.show_groups(request.organization.pk, [group], settings.BASE_URL, members=members)[0]

    def create(self, request: ApiRequest, body: Mapping[str, Any]) -> Group:
        return groups.create(request, body)

    def change(self, request: ApiRequest, group: Group, before: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        said = _patched({**before, "members": []}, body).get("members") or []
        groups.change(request, group, before, {"members": [], **_patched(before, body)}, said=said)

    def replace(self, request: ApiRequest, group: Group, before: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        kept = {"externalId": before.get("externalId"), "displayName": group.name}
        groups.change(request, group, before, {**kept, **body}, said=body.get("members") or [])

    def delete(self, request: ApiRequest, group: Group) -> None:
        groups.delete(request, group)


RESOURCES: Final[dict[str, Users | Groups]] = {"Users": Users(), "Groups": Groups()}


def act(
    request: ApiRequest,
    method: str,
    kind: str,
    resource_id: str,
    body: Mapping[str, Any],
    *,
    if_match: str = "",
    asked: Asked | None = None,
) -> Answered:
    """Carry out one call that writes; raise ScimError. The answer holds at least what is `asked`, by default all."""
    resources: Any = RESOURCES[kind]
    if method == "POST":
        made = resources.create(request, spelled(body))
        return show(resources.show(request, made, asked), 201)
    found = resources.find(request, resource_id)
    before = resources.show(request, found, _LEAST if method == "DELETE" else None)
    if if_match and not fits(if_match, before["meta"]["version"]):
        raise ScimError(412, "Somebody has changed it since; read it again.")
    if method == "DELETE":
        resources.delete(request, found)
        return Answered(204)
    if method == "PUT":
        resources.replace(request, found, before, spelled(body))
    else:
        resources.change(request, found, before, body)
    return show(resources.show(request, resources.find(request, resource_id), asked))


def _patched(before: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    after = dict(before)
    apply_operations(after, body)
    return after


def fits(tags: str, version: str) -> bool:
    """Say whether one of the tags of If-Match or If-None-Match is the version; weak ones are compared as strong."""
    given = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
    return _ANY in given or version.removeprefix("W/") in given


def spelled(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body with the addresses of extensions as the standard writes them."""
    return {_SHAPED.get(name.lower(), name): value for name, value in body.items()}
