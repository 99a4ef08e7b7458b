"""Single sign-on: the organization's own identity provider. The client secret is written, and never read."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field

from orgsync.core.normalize import fold_key
from orgsync.server.api_v1.calls import MakerRequest
from orgsync.server.api_v1.operations import Resource
from orgsync.server.api_v1.shapes import Body, Flag, Shape
from orgsync.server.orgs.access import Permission
from orgsync.server.orgs.models import Organization
from orgsync.server.signon.configuring import (
    MOST_DOMAINS,
    Wanted,
    callback_address,
    is_domain,
    new_public_id,
    save_sign_on,
    sign_on_of,
)
from orgsync.server.tokens.scopes import Scope

resource = Resource("single-sign-on", "How the organization's admins sign in at its own identity provider.")
_MANAGE: Final[dict[str, Any]] = {"permission": Permission.MANAGE_SIGN_IN, "also": [Scope.PERMISSIONS_WRITE]}
"""Whoever names the provider says who comes in."""
_PLAIN: Final = re.compile(r"[!-~]+")


def _domain(value: str) -> str:
    if not is_domain(value):
        raise ValueError("is no domain such as example.com")
    return fold_key(value)


def _plain(value: str) -> str:
    if not _PLAIN.fullmatch(value):
        raise ValueError("must be an address in plain ASCII, without blanks")
    return value


Domain = Annotated[str, Field(min_length=1, max_length=253), AfterValidator(_domain)]


class SignOnShape(Shape):
    """How admins sign in."""

    is_set_up: bool
    is_on: bool
    issuer: str
    client_id: str
    has_secret: bool
    domains: list[str]
    makes_admins: bool
    callback: str | None = Field(description="Where the provider sends people back to; there once it is set up.")


class SignOnBody(Body):
    """How admins are to sign in: set it up switched off, tell the provider the callback, then switch it on."""

    issuer: Annotated[str, Field(min_length=1, max_length=1_000), AfterValidator(_plain)]
    client_id: str = Field(min_length=1, max_length=500)
    secret: str = Field("", max_length=1_000, description="Empty: the one that is stored stays.")
    domains: list[Domain] = Field([], max_length=MOST_DOMAINS)
    makes_admins: Flag = Field(default=False, description="Who has an address of the domains becomes a read-only one.")
    is_on: Flag = False


@resource.get("/single-sign-on", Scope.ADMIN, SignOnShape, **_MANAGE)
def show_sign_on(request: MakerRequest) -> dict[str, Any]:
    """Show how admins sign in, without the client secret."""
    return _sign_on_json(request.organization)


@resource.put("/single-sign-on", Scope.ADMIN, SignOnShape, **_MANAGE)
def set_sign_on(request: MakerRequest, body: SignOnBody) -> dict[str, Any]:
    """Set up or change single sign-on; the provider is asked what it says of itself first."""
    known = sign_on_of(request.organization)
    wanted = Wanted(body.issuer, body.client_id, body.secret, body.domains, body.makes_admins, body.is_on)
    public_id = known.public_id if known else new_public_id()
    save_sign_on(request.organization, public_id, wanted, now=datetime.now(UTC))
    return _sign_on_json(request.organization)


def _sign_on_json(organization: Organization) -> dict[str, Any]:
    known = sign_on_of(organization)
    return {
        "is_set_up": known is not None,
        "is_on": known is not None and known.is_on,
        "issuer": known.issuer if known else "",
        "client_id": known.client_id if known else "",
        "has_secret": known is not None and bool(known.secret),
        "domains": known.domains if known else [],
        "makes_admins": known is not None and known.makes_admins,
        "callback": callback_address(known.public_id) if known else None,
    }
