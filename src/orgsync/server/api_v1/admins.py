"""Admins: who may come in and what they may do there. Nobody gives more than they have, by a token neither."""

from datetime import UTC, datetime
from typing import Any, Final, Literal

from ninja import Query
from pydantic import Field

from orgsync.server.admins import inviting, roles
from orgsync.server.admins.listing import AdminFilter, chosen_admins
from orgsync.server.api.authentication import ApiRequest
from orgsync.server.api.errors import resource_not_found
from orgsync.server.api_v1.calls import MakerRequest
from orgsync.server.api_v1.listing import newest_first
from orgsync.server.api_v1.operations import Resource
from orgsync.server.api_v1.paging import Listed, PageQuery
from orgsync.server.api_v1.refusals import existing
from orgsync.server.api_v1.shapes import Address, Body, Id, Line, Number, Shape, iso
from orgsync.server.orgs.access import Grants, Permission
from orgsync.server.orgs.models import Admin, Invitation, Role
from orgsync.server.orgs.rights import Right
from orgsync.server.tokens.scopes import Scope

resource = Resource("admins", "Who helps to administer, with roles and rights, and who is invited to.")
_SEE: Final[dict[str, Any]] = {"permission": Permission.MANAGE_ADMINS}
_GIVE: Final[dict[str, Any]] = {**_SEE, "also": [Scope.PERMISSIONS_WRITE]}
"""Whoever gives a role could make an owner of somebody."""
GrantsBody = dict[Right, list[Number] | None]


class AdminShape(Shape):
    """An admin."""

    id: int
    email: str
    role: str
    grants: dict[str, list[int] | None] = Field(
        description="Of a sub-admin: right → ids of the groups that it is limited to; null: for everybody."
    )
    learner: int | None
    is_by_file: bool = Field(description="The rights follow the permission columns of files.")
    last_sign_in_at: str | None
    deactivated_at: str | None


class AdminQuery(PageQuery):
    """Which admins are meant."""

    q: Line = Field("", description="A part of the address.")
    role: Literal[("", *Role.values)] = ""  # type: ignore[valid-type]  # the catalogue
    show: Literal["", "deactivated", "all"] = Field("", description="Empty: those who may come in.")


class RoleBody(Body):
    """A role with its rights."""

    role: Role
    grants: GrantsBody = Field({}, description="Of a sub-admin: right → ids of groups, or null for everybody.")


class InviteBody(RoleBody):
    """Whom to invite, as what."""

    email: Address


class LinkBody(Body):
    """Which learner an admin is."""

    email: str = Field(max_length=254, description="The learner's address; empty: none.")


class InvitationShape(Shape):
    """An open invitation. Its link is in the mail only."""

    id: int
    email: str
    role: str
    grants: dict[str, list[int] | None]
    invited_by: str | None
    created_at: str
    expires_at: str


class WithdrawnShape(Shape):
    """An invitation that opens nothing any more."""

    id: int


@resource.get("/admins", Scope.ADMIN, Listed[AdminShape], **_SEE)
def list_admins(request: MakerRequest, asked: Query[AdminQuery]) -> dict[str, Any]:
    """List the admins, the newest first."""
    found = chosen_admins(request.organization, AdminFilter(asked.q.strip(), asked.role, asked.show))
    return newest_first(found, asked, _admin_json)


@resource.get("/admins/{int:admin_id}", Scope.ADMIN, AdminShape, **_SEE)
def show_admin(request: MakerRequest, admin_id: Id) -> dict[str, Any]:
    """Show an admin."""
    return _admin_json(_admin_of(request, admin_id))


@resource.put("/admins/{int:admin_id}/role", Scope.ADMIN, AdminShape, **_GIVE)
def give_role(request: MakerRequest, admin_id: Id, body: RoleBody) -> dict[str, Any]:
    """Give an admin another role, or other rights: those that are not named end."""
    target = _admin_of(request, admin_id)
    roles.change_admin(target, body.role, _grants(body.grants), by=request.admin, now=datetime.now(UTC))
    return _admin_json(_admin_of(request, admin_id))


@resource.put("/admins/{int:admin_id}/learner", Scope.ADMIN, AdminShape, **_GIVE)
def link_admin(request: MakerRequest, admin_id: Id, body: LinkBody) -> dict[str, Any]:
    """Say which learner an admin is: no file lets them leave."""
    roles.link_learner(_admin_of(request, admin_id), body.email, by=request.admin, now=datetime.now(UTC))
    return _admin_json(_admin_of(request, admin_id))


@resource.post("/admins/{int:admin_id}/deactivate", Scope.ADMIN, AdminShape, **_GIVE)
def remove_admin(request: MakerRequest, admin_id: Id) -> dict[str, Any]:
    """End an admin's standing, with their sessions and invitations; their tokens work until they are revoked."""
    roles.deactivate_admin(_admin_of(request, admin_id), by=request.admin, now=datetime.now(UTC))
    return _admin_json(_admin_of(request, admin_id))


@resource.post("/admins/{int:admin_id}/reactivate", Scope.ADMIN, AdminShape, **_GIVE)
def bring_admin_back(request: MakerRequest, admin_id: Id) -> dict[str, Any]:
    """Let a deactivated admin in again, with the role and the rights that they had."""
    roles.reactivate_admin(_admin_of(request, admin_id), by=request.admin, now=datetime.now(UTC))
    return _admin_json(_admin_of(request, admin_id))


@resource.get("/admin-invitations", Scope.ADMIN, Listed[InvitationShape], **_SEE)
def list_admin_invitations(request: MakerRequest, page: Query[PageQuery]) -> dict[str, Any]:
    """List the open invitations, the newest first."""
    return newest_first(inviting.open_invitations(request.organization, datetime.now(UTC)), page, _invitation_json)


@resource.post("/admin-invitations", Scope.ADMIN, InvitationShape, status=201, **_GIVE)
def invite_admin(request: MakerRequest, body: InviteBody) -> dict[str, Any]:
    """Invite somebody by mail; a new invitation takes an open one's place."""
    grants = _grants(body.grants)
    made = inviting.invite(request.organization, body.email, body.role, grants, by=request.admin, now=datetime.now(UTC))
    return _invitation_json(made)


@resource.delete("/admin-invitations/{int:invitation_id}", Scope.ADMIN, WithdrawnShape, **_GIVE)
def withdraw_invitation(request: MakerRequest, invitation_id: Id) -> dict[str, Any]:
    """Take an open invitation back."""
    if not inviting.withdraw(request.organization, invitation_id, by=request.admin, now=datetime.now(UTC)):
        raise resource_not_found()
    return {"id": invitation_id}


def _admin_of(request: ApiRequest, admin_id: int) -> Admin:
    found = Admin.everyone.select_related("account", "organization").filter(organization=request.organization)
    return existing(found.filter(id=admin_id).first())


def _grants(given: GrantsBody) -> Grants:
    return {right: None if groups is None else frozenset(groups) for right, groups in given.items()}


def _admin_json(one: Admin) -> dict[str, Any]:
    return {
        "id": one.pk,
        "email": one.account.email,
        "role": one.role,
        "grants": one.grants,
        "learner": one.learner_id,
        "is_by_file": one.is_by_file,
        "last_sign_in_at": iso(one.account.last_login),
        "deactivated_at": iso(one.deactivated_at),
    }


def _invitation_json(one: Invitation) -> dict[str, Any]:
    return {
        "id": one.pk,
        "email": one.email,
        "role": one.role,
        "grants": one.grants,
        "invited_by": one.created_by.email if one.created_by else None,
        "created_at": iso(one.created_at),
        "expires_at": iso(one.expires_at),
    }
