"""API applications: programs that fetch short-lived tokens themselves. A secret is shown once."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from ninja import Query
from pydantic import Field

from orgsync.server.api.authentication import ApiRequest
from orgsync.server.api_v1.accesstokens import MANAGE, Days, Name, Networks, Overlap, feed_named
from orgsync.server.api_v1.beyond import check_given
from orgsync.server.api_v1.calls import MakerRequest
from orgsync.server.api_v1.listing import newest_first
from orgsync.server.api_v1.operations import Resource
from orgsync.server.api_v1.paging import Listed, PageQuery
from orgsync.server.api_v1.refusals import conflict, existing
from orgsync.server.api_v1.shapes import Body, Id, Line, Number, Shape, iso
from orgsync.server.tokens.applicationlist import (
    ApplicationFilter,
    application_of,
    chosen_applications,
    is_application_named,
)
from orgsync.server.tokens.applications import Wanted, make_application, revoke_application, rotate_secret
from orgsync.server.tokens.models import Application
from orgsync.server.tokens.queries import Shown
from orgsync.server.tokens.scopes import Scope

resource = Resource("applications", "Programs that fetch short-lived access tokens with a client id and a secret.")


class ApplicationShape(Shape):
    """An API application, without its secret."""

    id: int
    name: str
    client_id: str
    secret_prefix: str = Field(description="The secret's readable beginning.")
    feed: int | None
    scopes: list[str]
    allowed_networks: list[str]
    created_by: str | None
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    former_ends_at: str | None = Field(description="Until when the secret before works too.")
    last_used_at: str | None
    last_used_from: str | None


class MadeApplication(ApplicationShape):
    """An application with a secret that has just been made."""

    secret: str = Field(description="The client secret. Nobody can learn it again.")


class ApplicationQuery(PageQuery):
    """Which applications are meant."""

    q: Line = Field("", description="The beginning of the name, or of the client id.")
    show: Literal["in_use", "revoked", "all"] = "in_use"


class ApplicationBody(Body):
    """What an application is to be."""

    name: str = Name
    feed: Number | None = Field(None, description="Whose files it sends; null: it sends none.")
    scopes: list[Scope] = Field(min_length=1, max_length=50)
    expires_in_days: int = Days
    allowed_networks: list[Line] = Networks


class SecretBody(Body):
    """How long both secrets work."""

    overlap_days: int = Overlap


@resource.get("/applications", Scope.ADMIN, Listed[ApplicationShape], **MANAGE)
def list_applications(request: MakerRequest, asked: Query[ApplicationQuery]) -> dict[str, Any]:
    """List the applications, the newest first."""
    chosen = ApplicationFilter(Shown(asked.show), asked.q.strip())
    return newest_first(chosen_applications(request.organization, chosen), asked, _application_json)


@resource.post("/applications", Scope.ADMIN, MadeApplication, status=201, **MANAGE)
def make_api_application(request: MakerRequest, body: ApplicationBody) -> dict[str, Any]:
    """Make an application, never with more than the calling token has itself, and show its secret, once."""
    feed = None if body.feed is None else feed_named(request, body.feed)
    scopes, now = [scope.value for scope in body.scopes], datetime.now(UTC)
    check_given(request, body.feed, scopes, body.allowed_networks)
    if is_application_named(request.organization, body.name):
        raise conflict("An application of this name is in use already.")
    wanted = Wanted(body.name, feed, scopes, now + timedelta(days=body.expires_in_days), body.allowed_networks)
    made, secret = make_application(request.organization, wanted, created_by=request.admin.account, now=now)
    return _application_json(made) | {"secret": secret}


@resource.get("/applications/{int:application_id}", Scope.ADMIN, ApplicationShape, **MANAGE)
def show_application(request: MakerRequest, application_id: Id) -> dict[str, Any]:
    """Show an application, without its secret."""
    return _application_json(_application_of(request, application_id))


@resource.post("/applications/{int:application_id}/secret", Scope.ADMIN, MadeApplication, status=201, **MANAGE)
def rotate_application_secret(
    request: MakerRequest,
    application_id: Id,
    body: SecretBody = SecretBody(),  # noqa: B008  it never changes
) -> dict[str, Any]:
    """Give an application another secret and show it, once; both work for a while."""
    found, now = _application_of(request, application_id), datetime.now(UTC)
    check_given(request, found.feed_id, found.scopes, found.allowed_networks)
    ends_at = now + timedelta(days=body.overlap_days)
    secret = rotate_secret(found, former_ends_at=ends_at, by=request.admin, now=now)
    return _application_json(_application_of(request, application_id)) | {"secret": secret}


@resource.post("/applications/{int:application_id}/revoke", Scope.ADMIN, ApplicationShape, **MANAGE)
def revoke_api_application(request: MakerRequest, application_id: Id) -> dict[str, Any]:
    """Revoke an application with every token that it has; one that was revoked before stays so."""
    found = _application_of(request, application_id)
    revoke_application(request.organization, found.pk, now=datetime.now(UTC))
    return _application_json(_application_of(request, application_id))


def _application_of(request: ApiRequest, application_id: int) -> Application:
    return existing(application_of(request.organization, application_id))


def _application_json(one: Application) -> dict[str, Any]:
    names = ("name", "client_id", "secret_prefix", "scopes", "allowed_networks", "last_used_from")
    times = ("created_at", "expires_at", "revoked_at", "former_ends_at", "last_used_at")
    return {
        "id": one.pk,
        **{name: getattr(one, name) for name in names},
        **{name: iso(getattr(one, name)) for name in times},
        "feed": one.feed_id,
        "created_by": one.created_by.email if one.created_by else None,
    }
