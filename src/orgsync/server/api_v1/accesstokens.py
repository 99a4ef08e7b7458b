"""Access tokens: made, listed, rotated, revoked. A token's text is in the answer that makes it, and nowhere else."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from ninja import Query
from pydantic import Field

from orgsync.server.api.authentication import ApiRequest
from orgsync.server.api_v1.beyond import check_given
from orgsync.server.api_v1.calls import MakerRequest
from orgsync.server.api_v1.listing import newest_first
from orgsync.server.api_v1.operations import Resource
from orgsync.server.api_v1.paging import Listed, PageQuery
from orgsync.server.api_v1.refusals import conflict, existing, impossible
from orgsync.server.api_v1.shapes import Address, Body, Flag, Id, Line, Number, Shape, iso
from orgsync.server.directory.models import Feed
from orgsync.server.directory.queries_feeds import feed_of
from orgsync.server.orgs.access import Permission
from orgsync.server.tokens.models import AccessToken
from orgsync.server.tokens.queries import Shown, TokenFilter, chosen_tokens, is_name_in_use, token_of
from orgsync.server.tokens.rotating import rotate_token
from orgsync.server.tokens.scopes import Scope
from orgsync.server.tokens.tokens import make_token, revoke_token

resource = Resource("tokens", "Access tokens that people and programs made. Texts are shown once and never again.")
MANAGE: Final[dict[str, Any]] = {"permission": Permission.MANAGE_TOKENS}
Name: Any = Field(min_length=1, max_length=100)
Networks: Any = Field([], max_length=100, description="Networks that may use it; empty: from anywhere.")
Days: Any = Field(365, ge=1, le=3_650, strict=True, description="For how many days it is good.")
Overlap: Any = Field(7, ge=0, le=90, strict=True, description="For how many days the old one still works.")


class TokenShape(Shape):
    """An access token, without its text."""

    id: int
    name: str
    prefix: str = Field(description="Its readable beginning.")
    feed: int | None
    scopes: list[str]
    allowed_networks: list[str]
    notify_addresses: list[str]
    emails_creator: bool
    mails_in_manual_mode: bool
    created_by: str | None
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None
    last_used_from: str | None
    replaces: int | None = Field(description="The token that it was rotated from.")


class MadeToken(TokenShape):
    """A token that has just been made."""

    text: str = Field(description="The token. Nobody can learn it again.")


class TokenQuery(PageQuery):
    """Which tokens are meant."""

    q: Line = Field("", description="The beginning of the name, or of the token.")
    feed: Id | None = None
    show: Literal["in_use", "revoked", "all"] = "in_use"


class TokenBody(Body):
    """What a token is to be."""

    name: str = Name
    feed: Number
    scopes: list[Scope] = Field(min_length=1, max_length=50)
    expires_in_days: int = Days
    allowed_networks: list[Line] = Networks
    notify_addresses: list[Address] = Field([], max_length=20, description="Who else gets the results.")
    emails_creator: Flag = Field(default=False, description="Mail the results to whoever made the calling token.")
    mails_in_manual_mode: Flag = False


class RotateBody(Body):
    """How long both tokens work, and the new one by itself."""

    overlap_days: int = Overlap
    expires_in_days: int = Days


@resource.get("/tokens", Scope.ADMIN, Listed[TokenShape], **MANAGE)
def list_tokens(request: MakerRequest, asked: Query[TokenQuery]) -> dict[str, Any]:
    """List the tokens, the newest first."""
    chosen = TokenFilter(Shown(asked.show), asked.feed, asked.q.strip())
    return newest_first(chosen_tokens(request.organization, chosen), asked, _token_json)


@resource.post("/tokens", Scope.ADMIN, MadeToken, status=201, **MANAGE)
def make_access_token(request: MakerRequest, body: TokenBody) -> dict[str, Any]:
    """Make a token, never with more than the calling token has itself, and show its text, once."""
    feed = feed_named(request, body.feed)
    scopes = [scope.value for scope in body.scopes]
    check_given(request, feed.pk, scopes, body.allowed_networks)
    if is_name_in_use(request.organization, body.name):
        raise conflict("A token of this name is in use already.")
    token, text = make_token(
        request.organization,
        feed,
        body.name,
        scopes=scopes,
        expires_at=datetime.now(UTC) + timedelta(days=body.expires_in_days),
        created_by=request.admin.account,
        notify_addresses=body.notify_addresses,
        emails_creator=body.emails_creator,
        mails_in_manual_mode=body.mails_in_manual_mode,
        allowed_networks=body.allowed_networks,
    )
    return _token_json(token) | {"text": text}


@resource.get("/tokens/{int:token_id}", Scope.ADMIN, TokenShape, **MANAGE)
def show_token(request: MakerRequest, token_id: Id) -> dict[str, Any]:
    """Show a token, without its text."""
    return _token_json(_token_of(request, token_id))


@resource.post("/tokens/{int:token_id}/rotate", Scope.ADMIN, MadeToken, status=201, **MANAGE)
def rotate_access_token(
    request: MakerRequest,
    token_id: Id,
    body: RotateBody = RotateBody(),  # noqa: B008  it never changes
) -> dict[str, Any]:
    """Make a token's successor with the same settings and show its text, once; both work for a while."""
    token, now = _token_of(request, token_id), datetime.now(UTC)
    check_given(request, token.feed_id, token.scopes, token.allowed_networks)
    ends_at, expires_at = (now + timedelta(days=days) for days in (body.overlap_days, body.expires_in_days))
    made, text = rotate_token(token, ends_at=ends_at, expires_at=expires_at, by=request.admin, now=now)
    return _token_json(made) | {"text": text}


@resource.post("/tokens/{int:token_id}/revoke", Scope.ADMIN, TokenShape, **MANAGE)
def revoke_access_token(request: MakerRequest, token_id: Id) -> dict[str, Any]:
    """Revoke a token, at once and for good; one that was revoked before stays so."""
    token = _token_of(request, token_id)
    revoke_token(request.organization, token.pk, now=datetime.now(UTC))
    return _token_json(_token_of(request, token_id))


def feed_named(request: ApiRequest, feed_id: int) -> Feed:
    """Return the feed that a body names; raise ApiError where there is none."""
    found = feed_of(request.organization, feed_id)
    if found is None:
        raise impossible("feed: There is no such feed.")
    return found


def _token_of(request: ApiRequest, token_id: int) -> AccessToken:
    return existing(token_of(request.organization, token_id))


def _token_json(one: AccessToken) -> dict[str, Any]:
    names = ("name", "prefix", "scopes", "allowed_networks", "notify_addresses", "emails_creator")
    times = ("created_at", "expires_at", "revoked_at", "last_used_at")
    return {
        "id": one.pk,
        **{name: getattr(one, name) for name in (*names, "mails_in_manual_mode", "last_used_from")},
        **{name: iso(getattr(one, name)) for name in times},
        "feed": one.feed_id,
        "created_by": one.created_by.email if one.created_by else None,
        "replaces": one.replaces_id,
    }
