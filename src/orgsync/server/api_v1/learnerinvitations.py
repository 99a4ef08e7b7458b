"""Invitations of learners to their license: one of them, some, or all who have not activated it."""

from datetime import UTC, datetime
from typing import Any, Final

from pydantic import Field

from orgsync.server.api_v1.calls import MakerRequest
from orgsync.server.api_v1.learners import learner_of
from orgsync.server.api_v1.licenses import pool_of
from orgsync.server.api_v1.operations import Resource
from orgsync.server.api_v1.shapes import Body, Id, Number, Shape
from orgsync.server.directory.invitations import to_invite
from orgsync.server.directory.models import LicenseState
from orgsync.server.directory.queries_licenses import links_of
from orgsync.server.notify.invitations import invite_again
from orgsync.server.orgs.access import EVERYBODY, Permission
from orgsync.server.tokens.scopes import Scope

resource = Resource("invitations", "Mails that invite learners to their license.")
_MANAGE: Final[dict[str, Any]] = {"permission": Permission.MANAGE_LICENSES, "status": 202}


class InvitedShape(Shape):
    """How many are invited."""

    count: int = Field(description="Mails on their way: none for who has activated a license, or was invited today.")


class InvitedBody(Body):
    """Who is meant."""

    people: list[Number] = Field(
        default=[], max_length=10_000, description="Ids of learners; none: all who have not activated their license."
    )


@resource.post("/learners/{int:learner_id}/invite", Scope.DIRECTORY_WRITE, InvitedShape, **_MANAGE)
def invite_learner(request: MakerRequest, learner_id: Id) -> dict[str, Any]:
    """Invite a learner, or invite them again."""
    return _invited(request, [learner_of(request, learner_id).id])


@resource.post("/pools/{int:pool_id}/invite", Scope.DIRECTORY_WRITE, InvitedShape, **_MANAGE)
def invite_holders(
    request: MakerRequest,
    pool_id: Id,
    body: InvitedBody = InvitedBody(),  # noqa: B008  it never changes
) -> dict[str, Any]:
    """Invite holders of a pool's licenses, or all who have not activated theirs, as many as one job may."""
    pool, now = pool_of(request, pool_id), datetime.now(UTC)
    holders = links_of(pool, LicenseState.ACTIVE, now, EVERYBODY)
    if not body.people:
        return _invited(request, to_invite(holders, request.organization, now=now))
    named = holders.filter(learner_id__in=body.people)
    return _invited(request, list(named.values_list("learner_id", flat=True)))


def _invited(request: MakerRequest, people: list[int]) -> dict[str, Any]:
    return {"count": invite_again(request.organization, people, now=datetime.now(UTC))}
