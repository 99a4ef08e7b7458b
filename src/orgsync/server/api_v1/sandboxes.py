"""Sandboxes: organizations for trying things out with a company that does not exist."""

from typing import Any, Final

from pydantic import Field

from orgsync.server.api.authentication import ApiRequest
from orgsync.server.api_v1.calls import MakerRequest
from orgsync.server.api_v1.operations import Resource
from orgsync.server.api_v1.refusals import conflict
from orgsync.server.api_v1.shapes import Body, Flag, Shape
from orgsync.server.orgs.access import Permission
from orgsync.server.orgs.models import Organization
from orgsync.server.sandbox import LEAST_PEOPLE, MOST_PEOPLE, PEOPLE, make_sandbox, reset_sandbox
from orgsync.server.tokens.scopes import Scope

resource = Resource("sandboxes", "Organizations for trying things out; nothing of one leaves the server.")
_MANAGE: Final[dict[str, Any]] = {"permission": Permission.MANAGE_SETTINGS}
_PEOPLE: Any = Field(PEOPLE, ge=LEAST_PEOPLE, le=MOST_PEOPLE, strict=True, description="Of the sample company.")


class OrganizationShape(Shape):
    """An organization."""

    id: int
    name: str
    is_sandbox: bool


class SandboxBody(Body):
    """A sandbox that is made."""

    name: str = Field(min_length=1, max_length=200)
    people: int = _PEOPLE


class ResetBody(Body):
    """The word that empties a sandbox."""

    name: str = Field(min_length=1, max_length=200, description="Its name, to be sure that it is this one.")
    refills: Flag = Field(default=True, description="Fill it with the sample company again.")
    people: int = _PEOPLE


@resource.get("/organization", None, OrganizationShape)
def show_organization(request: ApiRequest) -> dict[str, Any]:
    """Show which organization the token belongs to, and whether it is a sandbox."""
    return _organization_json(request.organization)


@resource.post("/sandboxes", Scope.ADMIN, OrganizationShape, status=201, **_MANAGE)
def make_sandbox_organization(request: MakerRequest, body: SandboxBody) -> dict[str, Any]:
    """Make a sandbox that whoever made the token owns; three nights of the sample company's files are sent."""
    return _organization_json(make_sandbox(body.name, request.admin.account, people=body.people))


@resource.post("/sandbox/reset", Scope.ADMIN, OrganizationShape, **_MANAGE)
def reset_sandbox_organization(request: MakerRequest, body: ResetBody) -> dict[str, Any]:
    """Remove what the token's sandbox holds, the token itself included, but admins, settings and the audit log."""
    if body.name.strip() != request.organization.name:
        raise conflict("That is not its name. Nothing was removed.")
    reset_sandbox(request.organization, request.admin.account, people=body.people if body.refills else None)
    return _organization_json(request.organization)


def _organization_json(one: Organization) -> dict[str, Any]:
    return {"id": one.pk, "name": one.name, "is_sandbox": one.is_sandbox}
